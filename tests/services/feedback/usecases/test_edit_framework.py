"""HR admins write the organisation's lists; what is said afterwards follows them."""

from typing import Any

LIST = {"terms": [{"key": "be-kind", "name": "Be kind", "description": "Also on Mondays."}]}


async def test_an_hr_admin_replaces_the_values_knowing_what_is_replaced(house: Any) -> None:
    admin = house.as_("admin", "hr_admin")
    first = await admin.get("/values")
    assert first.headers["ETag"] == '"v0"'
    assert (await admin.send("PUT", "/values", LIST)).status_code == 428
    edited = await admin.send("PUT", "/values", LIST, If_Match=first.headers["ETag"])
    assert edited.status_code == 200, edited.text
    assert edited.json() == (await house.as_("anna").get("/values")).json()
    assert (await admin.send("PUT", "/values", LIST, If_Match=first.headers["ETag"])).status_code == 412
    body = {"receiver_ids": ["ben"], "value": "be kind", "text": "You listened."}
    assert (await house.as_("anna").post("/recognitions", body)).json()["value"] == "be-kind"
    assert (
        await house.as_("anna").post("/recognitions", {**body, "value": "stay-curious"})
    ).status_code == 422


async def test_values_and_competencies_are_lists_of_their_own(house: Any) -> None:
    admin = house.as_("admin", "hr_admin")
    assert (await admin.send("PUT", "/competencies", LIST, If_Match='"v0"')).status_code == 200
    body = {"receiver_id": "ben", "kind": "praise", "text": "You listened.", "competency": "be-kind"}
    assert (await house.as_("anna").post("/feedback", body)).status_code == 201
    assert (await house.as_("anna").get("/values")).json()["version"] == 0


async def test_nobody_else_writes_them_and_everybody_reads_them(house: Any) -> None:
    for person_id, role in (
        ("anna", ""),
        ("partner", "hr_partner"),
        ("auditor", "auditor"),
        ("chief", "executive"),
    ):
        person = house.as_(person_id, role)
        assert (await person.send("PUT", "/values", LIST, If_Match='"v0"')).status_code == 403
        assert (await person.get("/competencies")).status_code == 200


async def test_what_was_said_keeps_a_key_that_is_no_longer_listed(house: Any) -> None:
    body = {"receiver_ids": ["ben"], "value": "stay-curious", "text": "You asked."}
    path = (await house.as_("anna").post("/recognitions", body)).headers["Location"]
    await house.as_("admin", "hr_admin").send("PUT", "/values", LIST, If_Match='"v0"')
    assert (await house.as_("ben").get(path)).json()["value"] == "stay-curious"
