"""A tree of goals goes on in another period, whichever of them goes first."""

from typing import Any

import pytest

from tests.services.asker import rule_of
from tests.services.goals.house import REACH, GoalsHouse
from tests.services.goals.usecases.test_fold_goals import below, fold
from tests.services.goals.usecases.test_run_period import Q2, opened


async def carry(house: GoalsHouse, goal_id: str, period_id: str, *, by: str) -> str:
    """The id of what it goes on as, once what serves it has followed."""
    new = await house.as_(by).does(f"/goals/{goal_id}/carry-over", {"period_id": period_id})
    await house.expand()
    return new["goal_id"]


async def parent_of(house: GoalsHouse, goal_id: str) -> Any:
    return (await house.goal(goal_id))["parent_id"]


@pytest.mark.parametrize("first", ["above", "below"])
async def test_what_served_a_goal_serves_what_it_goes_on_as(house: GoalsHouse, first: str) -> None:
    q1, q2 = await opened(house), await opened(house, Q2)
    above = await house.agreed("manager", by="chief", period_id=q1, visibility="everyone")
    below = await house.agreed(period_id=q1, parent_id=above)
    if first == "above":
        new_above = await carry(house, above, q2, by="manager")
        new_below = await carry(house, below, q2, by="anna")
    else:
        new_below = await carry(house, below, q2, by="anna")
        assert await parent_of(house, new_below) == above
        new_above = await carry(house, above, q2, by="manager")
    assert await parent_of(house, new_below) == new_above
    assert await parent_of(house, below) == above


async def test_what_is_planned_for_the_new_period_follows_at_each_stage_and_nothing_else(
    house: GoalsHouse,
) -> None:
    q1, q2 = await opened(house), await opened(house, Q2)
    above = await house.agreed("manager", by="chief", period_id=q1, visibility="everyone")
    dates = {"starts_on": "2026-04-01", "due_on": "2026-06-30", "period_id": q2, "parent_id": above}
    follow = [await each(**dates) for each in (house.drafted, house.proposed, house.agreed)]
    stay = [await house.agreed(period_id=q1, parent_id=above), await house.closed(**dates)]
    ended = (await house.goal(stay[1]))["version"]
    new = await carry(house, above, q2, by="manager")
    assert {await parent_of(house, each) for each in follow} == {new}
    assert {await parent_of(house, each) for each in stay} == {above}
    assert (await house.goal(stay[1]))["version"] == ended
    assert (await house.last(follow[0]))["to_parent_id"] == new
    [edition] = await house.as_("manager").listed(f"/goals/{follow[2]}/editions")
    assert (edition["wording"]["parent_id"], edition["by_person_id"]) == (above, None)
    assert (await house.goal(follow[1]))["status"] == "proposed"


async def test_what_has_followed_is_in_the_new_sum_and_no_more_in_the_old_one(house: GoalsHouse) -> None:
    q1, q2 = await opened(house), await opened(house, Q2)
    above = await house.agreed("manager", by="chief", period_id=q1, visibility="everyone")
    dates = {"starts_on": "2026-04-01", "due_on": "2026-06-30", "period_id": q2, "visibility": "everyone"}
    await house.agreed(**dates, parent_id=above)
    await fold(house)
    new = await carry(house, above, q2, by="manager")
    await fold(house)
    sums = [await below(house, each) or {} for each in (above, new)]
    assert [each.get("below") for each in sums] == [0, 1]


async def test_what_served_an_ended_goal_goes_on_by_itself(house: GoalsHouse) -> None:
    q1, q2 = await opened(house), await opened(house, Q2)
    above = await house.agreed("manager", by="chief", period_id=q1, visibility="everyone")
    below = await house.agreed(period_id=q1, parent_id=above)
    await house.as_("manager").does(f"/goals/{above}/closure", {"outcome": "achieved"})
    assert await parent_of(house, await carry(house, below, q2, by="anna")) is None


async def test_a_goal_goes_on_in_a_period_that_ends_later_and_in_no_other(house: GoalsHouse) -> None:
    q1, q2 = await opened(house), await opened(house, Q2)
    year = {"name": "2026", "kind": "year", "starts_on": "2026-01-01", "ends_on": "2026-12-31"}
    anna, whole = house.as_("anna"), await opened(house, year)
    dates = {"starts_on": "2026-04-01", "due_on": "2026-06-30"}
    late = await house.agreed(period_id=q2, **dates)
    for goal_id, period_id in (
        (late, q2),
        (late, q1),
        (await house.agreed(period_id=q1), q1),
        (await house.agreed(), q1),
        (await house.agreed(**dates), q1),
    ):
        before = await house.goal(goal_id)
        refused = await anna.post(f"/goals/{goal_id}/carry-over", {"period_id": period_id})
        assert (refused.status_code, rule_of(refused)) == (422, "period-not-later")
        assert "carry the goal over to one that ends after" in refused.json()["detail"]
        assert await house.goal(goal_id) == before
    for goal_id, period_id in ((late, whole), (await house.agreed(), q2)):
        new = await anna.does(f"/goals/{goal_id}/carry-over", {"period_id": period_id})
        assert new["period_id"] == period_id


async def test_a_baseline_that_was_measured_is_reached_and_does_not_go_on(house: GoalsHouse) -> None:
    q1, q2 = await opened(house), await opened(house, Q2)
    known = {"key_result_id": "known", "title": "Known", "type": "baseline", "unit": "days", "target": 1}
    anna, carrying = house.as_("anna"), {"period_id": q2}
    measured, open_ = [
        await house.agreed(period_id=q1, key_results=[known, REACH], visibility="line") for _ in range(2)
    ]
    await anna.does(f"/goals/{measured}/key-results/known/measurements", {"value": 4})
    for goal_id, goes_on in ((measured, ["reach"]), (open_, ["known", "reach"])):
        new = await anna.does(f"/goals/{goal_id}/carry-over", carrying)
        assert [part["key_result_id"] for part in new["key_results"]] == goes_on
    done = await house.agreed(period_id=q1, key_results=[known])
    await anna.does(f"/goals/{done}/key-results/known/measurements", {"value": 4})
    refused = await anna.post(f"/goals/{done}/carry-over", carrying)
    assert (refused.status_code, "close it as achieved" in refused.json()["detail"]) == (409, True)


async def test_nothing_goes_on_for_who_has_left(house: GoalsHouse) -> None:
    q1, q2 = await opened(house), await opened(house, Q2)
    goal_id = await house.agreed(period_id=q1)
    await house.let_go("anna")
    refused = await house.as_("manager").post(f"/goals/{goal_id}/carry-over", {"period_id": q2})
    assert (refused.status_code, rule_of(refused)) == (409, "owner-has-left")
    assert (await house.goal(goal_id))["status"] == "agreed"
