"""Who changes something, and who reads what is confidential, stands in the audit; words do not."""

from typing import Any

import pytest

from shared.audit.rows import AUDIT
from tests.services.feedback.house import House

WORDS = "canary-4711"


@pytest.fixture
async def house(house: House) -> House:
    """In which nothing waits to be noted from before."""
    await house.runtime.reads.flush()
    await house.db[AUDIT].delete_many({})
    return house


async def rows(house: House, kind: str) -> list[dict[str, Any]]:
    await house.runtime.reads.flush()
    return await house.db[AUDIT].find({"kind": kind}).sort("_id", 1).to_list(None)


async def given(house: House, **headers: str) -> str:
    body = {"receiver_id": "anna", "kind": "praise", "text": WORDS, "visibility": "receiver_and_manager"}
    return (await house.as_("ben").does("/feedback", body, **headers))["feedback_id"]


async def test_a_change_says_who_did_what_to_what_and_from_where(house: House) -> None:
    feedback_id = await given(house, X_Correlation_Id="corr-1")
    [row] = await rows(house, "change")
    assert (row["by"], row["person_id"], row["deed"]) == ("ben", "ben", "give_feedback")
    assert row["about"] == [f"feedback/{feedback_id}"]
    assert row["events"] == ["cairn.feedback.feedback_given.v1"]
    assert (row["correlation_id"], row["sealed"], row["reasoned"]) == ("corr-1", False, False)
    assert row["address"]
    assert WORDS not in await house.text_of(AUDIT)


async def test_what_was_refused_or_came_again_has_changed_nothing(house: House) -> None:
    refused = await house.as_("ben").post(
        "/feedback", {"receiver_id": "nobody", "kind": "praise", "text": "x"}
    )
    assert refused.status_code >= 400
    assert await rows(house, "change") == []
    for _ in range(2):
        await given(house, Idempotency_Key="once")
    assert len(await rows(house, "change")) == 1


async def test_a_read_of_what_is_confidential_says_who_was_shown_what(house: House) -> None:
    feedback_id = await given(house)
    manager = house.as_("manager")
    await manager.read(f"/feedback/{feedback_id}")
    await manager.read("/feedback", receiver_id="anna")
    assert (await house.as_("peer").get(f"/feedback/{feedback_id}")).status_code == 404
    one, many = await rows(house, "read")
    assert (one["by"], one["deed"], one["about"]) == (
        "manager",
        "GET /feedback/{feedback_id}",
        [f"feedback/{feedback_id}"],
    )
    assert (many["deed"], many["asked"]) == ("GET /feedback", {"receiver_id": "anna"})
    assert many["about"] == [f"feedback/{feedback_id}"]


async def test_a_list_that_shows_nothing_says_what_was_asked_for(house: House) -> None:
    await house.as_("peer").read("/feedback", receiver_id="anna")
    [row] = await rows(house, "read")
    assert (row["about"], row["asked"]) == ([], {"receiver_id": "anna"})


@pytest.mark.parametrize("path", ["/recognitions", "/frameworks"])
async def test_what_everybody_reads_is_not_noted(house: House, path: str) -> None:
    await house.as_("anna").get(path)
    assert await rows(house, "read") == []
