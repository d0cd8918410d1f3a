"""Acknowledging feedback, and taking it back until then."""

from typing import Any

import pytest

from tests.services.asker import rule_of

WORDS = {"receiver_id": "ben", "kind": "suggestion", "text": "Start with the figures."}


@pytest.fixture
async def given(house: Any) -> dict[str, Any]:
    answer = await house.as_("anna").post("/feedback", WORDS)
    return {**answer.json(), "etag": answer.headers["ETag"], "path": answer.headers["Location"]}


async def test_the_receiver_acknowledges_once(house: Any, given: dict[str, Any]) -> None:
    ben = house.as_("ben")
    answer = await ben.post(f"{given['path']}/acknowledgement", If_Match=given["etag"])
    assert answer.status_code == 200, answer.text
    assert answer.json()["acknowledged_at"] is not None
    again = await ben.post(f"{given['path']}/acknowledgement")
    assert (again.status_code, rule_of(again)) == (409, "already-acknowledged")
    assert await house.said(subject=given["feedback_id"]) == ["feedback_given", "feedback_acknowledged"]
    states = await house.published(subject=given["feedback_id"], topic="state")
    assert states[-1]["acknowledged"]


async def test_a_stale_version_is_refused(house: Any, given: dict[str, Any]) -> None:
    answer = await house.as_("ben").post(f"{given['path']}/acknowledgement", If_Match='"v9"')
    assert answer.status_code == 412
    assert await house.said(subject=given["feedback_id"]) == ["feedback_given"]


async def test_what_is_taken_back_is_gone_and_its_state_is_a_null(house: Any, given: dict[str, Any]) -> None:
    answer = await house.as_("anna").send("DELETE", given["path"], If_Match=given["etag"])
    assert (answer.status_code, answer.content) == (204, b"")
    for person_id in ("anna", "ben"):
        assert (await house.as_(person_id).get(given["path"])).status_code == 404
        assert await house.as_(person_id).listed("/feedback") == []
    assert await house.said(subject=given["feedback_id"]) == ["feedback_given", "feedback_withdrawn"]
    states = await house.published(subject=given["feedback_id"], topic="state")
    assert states[-1] == {"gone": True, "said": "feedback_state"}
    assert await house.db["feedback"].count_documents({}) == 0


async def test_what_was_acknowledged_is_not_taken_back(house: Any, given: dict[str, Any]) -> None:
    await house.as_("ben").post(f"{given['path']}/acknowledgement")
    answer = await house.as_("anna").send("DELETE", given["path"])
    assert (answer.status_code, rule_of(answer)) == (409, "already-acknowledged")
    assert (await house.as_("ben").get(given["path"])).status_code == 200
