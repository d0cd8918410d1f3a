"""Who is deactivated at the identity provider is out here, whatever else is said; and can come back."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.people.scim.dialects import deactivates, standard
from shared.access import Standing
from tests.services.people.house import House
from tests.services.people.identity_provider import ADA, BEN, ENTERPRISE, OFF, ON, USER, Provider
from tests.services.people.usecases.test_take_told_person import take, told

TAKEN = {"op": "replace", "path": 'emails[type eq "work"].value', "value": "old@example.com"}


@pytest.mark.parametrize(
    ("refused", "status"),
    [
        ((TAKEN, OFF), 409),
        ((OFF, TAKEN), 409),
        (({"op": "replace", "value": {"active": "False", "emails": [{"value": "old@example.com"}]}},), 409),
        (({"op": "Replace", "path": "active", "value": [{"value": "False"}]}, TAKEN), 409),
        (({"op": "replace", "path": "userName", "value": "old@example.com"}, OFF), 409),
        (({"op": "add", "path": f"{ENTERPRISE}:manager", "value": "person_x"}, OFF), 400),
        (({"op": "replace", "path": "emails", "value": "nowhere"}, OFF), 400),
        (({"op": "replace", "path": "name.nothing[", "value": 1}, OFF), 400),
        (({"op": "change", "path": "title"}, OFF), 400),
    ],
    ids=str,
)
async def test_access_closes_also_if_the_rest_is_refused(
    scim_house: House, idp: Provider, refused: tuple[dict[str, Any], ...], status: int
) -> None:
    await scim_house.hire("Old Hand", email="old@example.com")
    user = await idp.create(ADA)
    answer = await idp.patch(user["id"], *refused)
    assert answer.status_code == status, answer.text
    assert "access was closed" in answer.json()["detail"]
    person = await scim_house.person(user["id"])
    assert (person["status"], person["email"]) == ("left", "ada@example.com")
    assert (await scim_house.said(user["id"]))[-1] == "person_left"


async def test_a_put_that_is_refused_closes_too(scim_house: House, idp: Provider) -> None:
    await scim_house.hire("Old Hand", email="old@example.com")
    user = await idp.create(ADA)
    whole = {**ADA, "active": False, "emails": [{"value": "old@example.com"}]}
    answer = await idp.send("PUT", f"/Users/{user['id']}", whole)
    assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness")
    assert "access was closed" in answer.json()["detail"]
    assert (await scim_house.person(user["id"]))["status"] == "left"


async def test_what_is_refused_closes_nothing_unless_it_was_to(scim_house: House, idp: Provider) -> None:
    await scim_house.hire("Old Hand", email="old@example.com")
    user = await idp.create(ADA)
    stale = user["meta"]["version"]
    assert (await idp.patch(user["id"], TAKEN)).status_code == 409
    assert (await idp.patch(user["id"], OFF, TAKEN, ON)).status_code == 409
    await idp.patch(user["id"], {"op": "replace", "path": "title", "value": "Lead"})
    answer = await idp.patch(user["id"], OFF, If_Match=stale)
    assert (answer.status_code, "closed" in answer.json()["detail"]) == (412, False)
    assert (await scim_house.person(user["id"]))["status"] == "active"
    assert (await Provider(scim_house, "x" * 40).patch(user["id"], OFF, TAKEN)).status_code == 401
    assert (await scim_house.person(user["id"]))["status"] == "active"
    assert (await idp.patch("person_x", OFF)).status_code == 404


async def test_a_deletion_needs_nothing_else_to_be_right(scim_house: House, idp: Provider) -> None:
    ben = await idp.create({**BEN, "emails": [{"value": "other@example.com"}]})
    double = await scim_house.hire("Dou Ble", email="ben@example.com")
    assert (await idp.send("DELETE", f"/Users/{double}")).status_code == 204
    assert (await scim_house.person(double))["status"] == "left"
    assert (await idp.sees(ben["id"]), await idp.sees(double)) == (True, False)


async def test_who_hr_takes_back_after_they_were_deleted_is_a_user_again(
    scim_house: House, idp: Provider
) -> None:
    user = await idp.create(ADA)
    await idp.send("DELETE", f"/Users/{user['id']}")
    assert await idp.sees(user["id"]) is False
    await scim_house.admin.patch(f"/people/{user['id']}", {"location": "Bern"})
    assert await idp.sees(user["id"]) is False, "who is changed and not taken back stays deleted"
    await scim_house.admin.post(f"/people/{user['id']}/return", {"joined_on": "2026-12-01"})
    again = (await idp.send("GET", f"/Users/{user['id']}")).json()
    assert (again["active"], again["userName"]) == (True, "Ada@Example.com")
    assert await idp.found('userName eq "ada@example.com"') == [user["id"]]
    taken = await idp.send("POST", "/Users", {**USER, **ADA})
    assert (taken.status_code, taken.json()["scimType"]) == (409, "uniqueness")


async def suspended(house: House, idp: Provider, how: str) -> str:
    """Ada, whom the provider has deactivated or deleted; of late, or after HR had let her go."""
    user_id = (await idp.create(ADA))["id"]
    if how == "after HR":
        await house.admin.does(f"/people/{user_id}/departure", {"left_on": f"{datetime.now(UTC):%Y-%m-%d}"})
    if how == "deleted":
        assert (await idp.send("DELETE", f"/Users/{user_id}")).status_code == 204
    else:
        assert (await idp.patch(user_id, OFF)).status_code == 200
    return user_id


ROWS = {
    "active": "employee_number,name,status,location\nE1,Ada Top,active,Bern\n",
    "joined later": "employee_number,name,joined_on,location\nE1,Ada Top,2099-01-01,Bern\n",
    "both": "employee_number,name,status,joined_on,location\nE1,Ada Top,active,2099-01-01,Bern\n",
}
HOWS = ("deactivated", "deleted", "after HR")


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("how", HOWS)
async def test_an_import_does_not_open_what_the_provider_has_closed(
    scim_house: House, idp: Provider, how: str, row: str
) -> None:
    user_id = await suspended(scim_house, idp, how)
    for expected in ("changed", "unchanged"):
        report = await scim_house.imported(ROWS[row])
        assert (report["state"], report[expected], report["refused"]) == ("done", 1, 0), report
        assert any("closed the person's access" in each["reason"] for each in report["problems"])
        person = await scim_house.person(user_id)
        assert (person["status"], person["access_closed"], person["location"]) == ("left", True, "Bern")
    assert "person_left" in await scim_house.said(user_id)
    assert (await scim_house.said(user_id)).count("person_joined") == 1


@pytest.mark.parametrize("said", [{"status": "active"}, {"joined_on": "2099-01-01"}])
@pytest.mark.parametrize("how", HOWS)
async def test_what_the_hr_system_tells_does_not_open_it_either(
    scim_house: House, idp: Provider, how: str, said: dict[str, Any]
) -> None:
    user_id = await suspended(scim_house, idp, how)
    snapshot = {"employee_number": "E1", "location": "Bern", **said}
    assert await take(scim_house, told(snapshot)) == ["applied"]
    person = await scim_house.person(user_id)
    assert (person["status"], person["access_closed"], person["location"]) == ("left", True, "Bern")


@pytest.mark.parametrize("how", ["deactivated", "after HR"])
async def test_the_provider_opens_it_and_then_hr_has_its_word_again(
    scim_house: House, idp: Provider, how: str
) -> None:
    user_id = await suspended(scim_house, idp, how)
    assert (await idp.patch(user_id, ON)).status_code == 200
    person = await scim_house.person(user_id)
    assert (person["status"], person["access_closed"]) == ("active", False)
    await scim_house.imported("employee_number,name,status\nE1,Ada Top,left\n")
    assert (await scim_house.person(user_id))["status"] == "left"
    await scim_house.imported(ROWS["active"])
    assert (await scim_house.person(user_id))["status"] == "active"


@pytest.mark.parametrize("say", ["whole", "patch", "after another patch"])
async def test_whom_hr_let_go_the_provider_does_not_take_back_by_repeating_that_they_are_active(
    scim_house: House, idp: Provider, say: str
) -> None:
    user_id = (await idp.create(ADA))["id"]
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    await scim_house.admin.does(f"/people/{user_id}/departure", {"left_on": today})
    if say == "after another patch":
        await idp.patch(user_id, {"op": "replace", "path": "title", "value": "Emerita"})
    if say == "patch":
        answer = await idp.patch(user_id, ON)
    else:
        answer = await idp.send("PUT", f"/Users/{user_id}", {**ADA, "title": "Lead"})
    assert (answer.status_code, answer.json()["active"]) == (200, False), answer.text
    person = await scim_house.person(user_id)
    assert (person["status"], person["left_on"], person["access_closed"]) == ("left", today, False)
    assert person["job_title"] == ("Chief" if say == "patch" else "Lead"), "the rest is taken"
    assert (await scim_house.said(user_id)).count("person_joined") == 1


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("say", ["put", "put null", "remove"])
async def test_who_is_written_without_a_word_on_active_stays_as_they_are(
    scim_house: House, idp: Provider, say: str, closed: bool
) -> None:
    user_id = (await idp.create(ADA))["id"]
    if closed:
        await idp.patch(user_id, OFF)
    if say == "remove":
        answer = await idp.patch(user_id, {"op": "remove", "path": "active"})
    else:
        unsaid = {name: value for name, value in ADA.items() if name != "active"}
        null = {"active": None} if say == "put null" else {}
        answer = await idp.send("PUT", f"/Users/{user_id}", {**unsaid, **null, "title": "Lead"})
    assert (answer.status_code, answer.json()["active"]) == (200, not closed), answer.text
    person = await scim_house.person(user_id)
    assert (person["status"], person["access_closed"]) == ("left" if closed else "active", closed)


async def test_who_is_created_without_a_word_on_active_is_active(scim_house: House, idp: Provider) -> None:
    ben = await idp.create(BEN)
    assert "active" not in BEN
    assert ben["active"] is True
    await idp.send("DELETE", f"/Users/{ben['id']}")
    assert (await idp.create(BEN))["id"] == ben["id"]
    assert (await scim_house.person(ben["id"]))["status"] == "active"


@pytest.mark.parametrize("how", HOWS)
async def test_hr_opens_it_by_taking_the_person_back_on_purpose(
    scim_house: House, idp: Provider, how: str
) -> None:
    user_id = await suspended(scim_house, idp, how)
    await scim_house.admin.does(f"/people/{user_id}/return", {})
    person = await scim_house.person(user_id)
    assert (person["status"], person["access_closed"]) == ("active", False)
    assert await idp.sees(user_id)


async def test_whom_hr_hired_and_the_provider_deleted_and_creates_again_is_who_they_were(
    scim_house: House, idp: Provider
) -> None:
    hired = await scim_house.hire("Ada Top", email="ada@example.com")
    assert (await idp.send("DELETE", f"/Users/{hired}")).status_code == 204
    assert (await idp.create(ADA))["id"] == hired
    assert (await scim_house.person(hired))["status"] == "active"


async def test_a_deleted_user_is_in_no_list(scim_house: House, idp: Provider) -> None:
    ada, ben = await idp.create(ADA), await idp.create(BEN)
    await idp.send("DELETE", f"/Users/{ada['id']}")
    listed = (await idp.send("GET", "/Users?count=10")).json()
    assert (listed["totalResults"], [each["id"] for each in listed["Resources"]]) == (1, [ben["id"]])
    assert await idp.found('externalId eq "idp-1"') == []
    assert await idp.found("active eq false") == []
    assert (await idp.patch(ada["id"], ON)).status_code == 404


async def test_a_token_that_is_still_valid_opens_nothing_once_its_person_is_deactivated(
    scim_house: House, idp: Provider
) -> None:
    user = await idp.create(ADA)
    await scim_house.settle()
    scim_house.app.state.standing = Standing(scim_house.db, seconds=0)
    assert (await scim_house.as_(user["id"]).get("/people")).status_code == 200
    assert (await scim_house.as_(user["id"], "hr_admin").get(f"/people/{user['id']}")).status_code == 200
    await idp.patch(user["id"], OFF)
    await scim_house.settle()
    refused = await scim_house.as_(user["id"], "hr_admin").get(f"/people/{user['id']}")
    assert refused.status_code in {403, 404}


@pytest.mark.parametrize(
    ("body", "off"),
    [
        (b'{"active": "False"}', True),
        (b'{"ACTIVE": [{"value": "false"}]}', True),
        (b'{"active": true}', False),
        (b'{"title": "x"}', False),
        (b'{"Operations": [{"op": "Replace", "path": "active", "value": "False"}]}', True),
        (b'{"operations": [{"OP": "replace", "Value": {"Active": "False"}}]}', True),
        (b'{"Operations": [{"op": "remove", "path": "active"}]}', False),
        (b'{"Operations": [{"op": "replace", "path": "title", "value": {"active": false}}]}', False),
        (b'{"Operations": ["x", {"op": "replace", "value": {"active": 0}}]}', False),
        (b"no json", False),
        (b"[]", False),
    ],
)
def test_a_body_deactivates_if_that_is_its_last_word(body: bytes, off: bool) -> None:
    assert deactivates(standard(body)) is off
