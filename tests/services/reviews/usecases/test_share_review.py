"""What a shared review rests on stays as it was, and private goals stay with who manages the person."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts.feedback import FeedbackWithdrawn
from shared.contracts.goals import KeyResultMeasured, Visibility
from shared.ids import FeedbackId, GoalId, KeyResultId, PersonId
from tests.services.reviews.house import IN_PERIOD, House, feedback_given, goal_life

AFTERWARDS = datetime(2026, 5, 20, 9, tzinfo=UTC)
OPEN = slice(3)
"""The part of a goal's life until it is agreed and has a measurement yet to come."""


def measured(goal_id: str, value: float, visibility: Visibility) -> KeyResultMeasured:
    return KeyResultMeasured(
        goal_id=GoalId(goal_id),
        owner_id=PersonId("anna"),
        visibility=visibility,
        key_result_id=KeyResultId("k1"),
        value=value,
        measured_at=IN_PERIOD + timedelta(days=value),
        key_result_progress=value / 10,
        goal_progress=value / 10,
    )


async def evidence(house: House, review_id: str, *caller: str) -> tuple[dict[str, Any], list[str]]:
    """The newest value of each goal, and the feedback, as somebody sees them."""
    told = await house.as_(*caller).read(f"/reviews/{review_id}/evidence")
    values = {goal["goal_id"]: [m["value"] for m in goal["measurements"]] for goal in told["goals"]}
    return values, [each["feedback_id"] for each in told["feedback"]]


async def shared_review(house: House) -> str:
    """A review that is shared after an open and a private goal were measured."""
    both: Sequence[tuple[str, Visibility]] = (("open", "line"), ("own", "private"))
    for goal_id, visibility in both:
        begun = goal_life(goal_id, visibility=visibility)[OPEN]
        await house.publish(*begun, measured(goal_id, 1, visibility), at=IN_PERIOD)
    await house.publish(feedback_given("f1"), feedback_given("f2"), at=IN_PERIOD)
    review_id = await house.assessed("anna")
    await house.as_("manager").does(f"/reviews/{review_id}/sharing")
    return review_id


async def more_happens(house: House) -> None:
    more = goal_life("late")[OPEN]
    await house.publish(measured("open", 9, "line"), measured("own", 9, "private"), *more, at=IN_PERIOD)
    await house.publish(feedback_given("f3"), at=IN_PERIOD)


async def test_what_a_shared_review_rests_on_does_not_change(house: House) -> None:
    review_id = await shared_review(house)
    before = await evidence(house, review_id, "anna")
    assert before == ({"open": [1], "own": [1]}, ["f1", "f2"])
    await more_happens(house)
    for caller in (("anna",), ("manager",)):
        assert await evidence(house, review_id, *caller) == before
    await house.as_("anna").does(f"/reviews/{review_id}/acknowledgement", {})
    assert await evidence(house, review_id, "anna") == before
    assert await evidence(house, review_id, "auditor", "auditor") == ({"open": [1]}, ["f1", "f2"])


async def test_before_it_is_shared_a_review_rests_on_all_there_is_by_now(house: House) -> None:
    await house.publish(*goal_life("open")[OPEN], measured("open", 1, "line"), at=IN_PERIOD)
    review_id = await house.assessed("anna")
    await more_happens(house)
    values, given = await evidence(house, review_id, "manager")
    assert (values["open"], given) == ([9], ["f3"])


async def test_feedback_that_is_taken_back_later_is_gone_from_what_was_shared(house: House) -> None:
    review_id = await shared_review(house)
    parties = {"giver_id": PersonId("peer"), "receiver_id": PersonId("anna")}
    await house.publish(FeedbackWithdrawn(feedback_id=FeedbackId("f1"), **parties), at=AFTERWARDS)
    assert (await evidence(house, review_id, "anna"))[1] == ["f2"]


async def test_private_goals_are_not_for_who_managed_the_person_once(house: House) -> None:
    review_id = await shared_review(house)
    assert (await evidence(house, review_id, "manager"))[0] == {"open": [1], "own": [1]}
    await house.move("anna", to="other_manager")
    await more_happens(house)
    assert (await evidence(house, review_id, "manager"))[0] == {"open": [1]}
    assert (await evidence(house, review_id, "anna"))[0] == {"open": [1], "own": [1]}


async def test_until_it_is_shared_who_assesses_sees_what_they_assess(house: House) -> None:
    """From `ready_to_share` on a review keeps its reviewer, even if the person has another manager."""
    await house.publish(*goal_life("own", visibility="private"), at=IN_PERIOD)
    review_id = await house.assessed("anna")
    await house.move("anna", to="other_manager")
    assert list((await evidence(house, review_id, "manager"))[0]) == ["own"]
