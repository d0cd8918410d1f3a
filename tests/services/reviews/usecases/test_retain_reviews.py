"""Reviews go when they are old, with what they rest on and nothing that another review rests on."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.services.reviews.house import House, feedback_given, goal_life
from tests.services.reviews.usecases.test_forget_person import reviewed

DAYS = 1000
LAST_DAY = datetime(2026, 4, 30, 23, 59, tzinfo=UTC)
"""Of the cycle; its reviews are shared before."""
DUE = LAST_DAY + timedelta(days=DAYS)
LATER = DUE + timedelta(minutes=1)
LONG_AFTER = datetime(2046, 1, 1, tzinfo=UTC)
OF_A_REVIEW = ("reviews", "assessments", "shared_evidence", "evidence_goals", "evidence_feedback")
IN_PERIOD = datetime(2026, 3, 30, 9, tzinfo=UTC)


async def of_anna(house: House) -> dict[str, int]:
    """What is left that is of anna's review; of assessments and what was shared all are."""
    wanted = {
        name: {} if name in {"assessments", "shared_evidence"} else {"person_id": "anna"}
        for name in OF_A_REVIEW
    }
    return {name: await house.db[name].count_documents(which) for name, which in wanted.items()}


async def test_a_shared_review_goes_at_its_age_and_not_before_with_all_that_it_rests_on(house: House) -> None:
    house.told_at = IN_PERIOD
    review_id = await reviewed(house)
    before = await of_anna(house)
    assert all(before.values()), before
    others = await house.db["reviews"].count_documents({"person_id": {"$ne": "anna"}})
    assert await house.retain("review", days=DAYS, at=DUE) == 0
    assert await of_anna(house) == before
    assert await house.retain("review", days=DAYS, at=LATER) == 1
    assert await of_anna(house) == dict.fromkeys(OF_A_REVIEW, 0)
    assert "gone" in await house.state(review_id)
    assert await house.db["reviews"].count_documents({}) == others > 0, "they are open"
    [known] = await house.db["participants"].find({"_id": "anna"}).to_list(None)
    assert known["review_ids"] == []
    assert await house.db["evidence_feedback"].distinct("person_id") == ["ben"]


async def test_what_ended_lately_waits_for_its_own_days_whatever_the_cycle(house: House) -> None:
    review_id = await house.assessed()
    house.now = LAST_DAY + timedelta(days=10)
    await house.as_("manager").does(f"/reviews/{review_id}/sharing", {})
    assert await house.retain("review", days=DAYS, at=DUE + timedelta(days=10)) == 0
    assert await house.retain("review", days=DAYS, at=LATER + timedelta(days=10)) == 1


async def test_what_is_not_shared_never_goes_and_what_was_cancelled_does(house: House) -> None:
    await house.launch()
    await house.let_go("ben", at=house.now)
    before = await house.db["reviews"].count_documents({})
    assert await house.retain("review", days=1, at=LONG_AFTER) == 1
    assert await house.db["reviews"].count_documents({}) == before - 1
    assert await house.db["reviews"].distinct("_id", {"person_id": "ben"}) == []


@pytest.mark.parametrize("held", ["anna", "manager"])
async def test_a_hold_on_the_person_or_the_reviewer_keeps_it(house: House, held: str) -> None:
    await reviewed(house)
    before = await of_anna(house)
    assert await house.retain("review", days=DAYS, at=LATER, held={held}) == 0
    assert await of_anna(house) == before
    assert await house.retain("review", days=DAYS, at=LATER) == 1


async def test_a_hold_on_a_giver_keeps_that_there_was_feedback(house: House) -> None:
    house.told_at = IN_PERIOD
    await reviewed(house)
    assert await house.retain("review", days=DAYS, at=LATER, held={"peer"}) == 1
    assert (await of_anna(house))["evidence_feedback"] == 1


async def test_evidence_of_a_review_that_stays_is_kept(house: House) -> None:
    house.told_at = IN_PERIOD
    await reviewed(house)
    await house.publish(*goal_life("g2"), feedback_given("f3"))
    await house.launch(name="Half", period={"starts_on": "2026-03-01", "ends_on": "2026-06-30"})
    assert await house.retain("review", days=DAYS, at=LATER) == 1
    found = await of_anna(house)
    assert (found["reviews"], found["evidence_goals"], found["evidence_feedback"]) == (1, 2, 2)
