"""Recognition before everyone, for values that the organisation has chosen."""

from typing import Any

import pytest

from tests.services.asker import rule_of


def thanks(**other: Any) -> dict[str, Any]:
    return {"receiver_ids": ["ben", "peer"], "value": "stay-curious", "text": "You read the source.", **other}


async def test_recognition_is_for_everyone_to_read(house: Any) -> None:
    answer = await house.as_("anna").post("/recognitions", thanks(value="Stay curious"))
    assert answer.status_code == 201, answer.text
    given = answer.json()
    assert (given["receiver_ids"], given["value"]) == (["ben", "peer"], "stay-curious")
    for reader in ("chief", "admin", "peer"):
        assert (await house.as_(reader).get(answer.headers["Location"])).json() == given
    (event,) = await house.published(subject=given["recognition_id"])
    assert (event["said"], event["receiver_ids"]) == ("recognition_given", ["ben", "peer"])
    assert "text" not in event


@pytest.mark.parametrize(
    ("body", "status", "rule"),
    [
        (thanks(receiver_ids=["anna", "ben"]), 422, "recognition-of-self"),
        (thanks(receiver_ids=["ben", "ben"]), 422, "invalid"),
        (thanks(receiver_ids=["ben", "nobody"]), 404, "not-found"),
        (thanks(value="obedience"), 422, "unknown-term"),
        (thanks(receiver_ids=[]), 422, None),
        (thanks(text=""), 422, None),
    ],
)
async def test_what_makes_no_sense_is_refused(
    house: Any, body: dict[str, Any], status: int, rule: str | None
) -> None:
    answer = await house.as_("anna").post("/recognitions", body)
    assert answer.status_code == status, answer.text
    if rule:
        assert answer.json()["type"].endswith(rule)
    assert await house.said() == []


async def test_an_unknown_value_is_refused_with_the_list(house: Any) -> None:
    answer = await house.as_("anna").post("/recognitions", thanks(value="obedience"))
    listed = [term["key"] for term in (await house.as_("anna").get("/values")).json()["terms"]]
    assert answer.json()["known"] == listed


async def test_nobody_recognises_those_who_have_left(house: Any) -> None:
    await house.let_go("peer", said={"state"})
    answer = await house.as_("anna").post("/recognitions", thanks())
    assert (answer.status_code, rule_of(answer)) == (409, "person-has-left")


async def test_each_receiver_acknowledges_for_themselves(house: Any) -> None:
    path = (await house.as_("anna").post("/recognitions", thanks())).headers["Location"]
    for receiver in ("ben", "peer"):
        answer = await house.as_(receiver).post(f"{path}/acknowledgement")
        assert answer.status_code == 200, answer.text
    assert answer.json()["acknowledged_by"] == ["ben", "peer"]
    assert (await house.as_("ben").post(f"{path}/acknowledgement")).status_code == 409
    assert (await house.as_("anna").post(f"{path}/acknowledgement")).status_code == 403
    assert await house.said() == ["recognition_given", *["recognition_acknowledged"] * 2]
