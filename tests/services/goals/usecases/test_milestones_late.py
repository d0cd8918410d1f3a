"""Milestones that are told of late, or were said in error: what was reached when is told anew."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.goals import milestone_history
from services.goals.domain import milestones
from tests.services.asker import rule_of
from tests.services.goals.house import NOW, REACH, STEPS, GoalsHouse

THREE = {
    **STEPS,
    "milestones": [
        {"milestone_id": "plan", "title": "The plan is agreed"},
        {"milestone_id": "open", "title": "The office is open", "weight": 3},
        {"milestone_id": "fair", "title": "The fair is held", "weight": 6},
    ],
}
PATH = "/key-results/steps/milestones"


def day(days: float) -> datetime:
    return NOW + timedelta(days=days)


async def say(
    house: GoalsHouse, goal_id: str, milestone: str, *, on: float, at: float | None = None, **said: Any
) -> Any:
    """Tell on a day of a milestone, and since when it is so."""
    body = said if at is None else {**said, "at": day(at).isoformat()}
    return await house.as_("anna").at(day(on)).put(f"/goals/{goal_id}{PATH}/{milestone}", body)


async def correct(house: GoalsHouse, goal_id: str, told: Any, *, on: float, **said: Any) -> Any:
    path = f"/goals/{goal_id}/measurements/{told.json()['measurement_id']}/correction"
    return await house.as_("anna").at(day(on)).post(path, {"reason": "A slip.", **said})


async def then(house: GoalsHouse, goal_id: str, at: float) -> tuple[set[str], float]:
    """What was reached, and the share of the way, as was known on a day."""
    goal = await house.as_("anna").read(f"/goals/{goal_id}/as-of", at=day(at).isoformat())
    [part] = goal["key_results"]
    return set(part["reached"]), part["progress"]


async def now(house: GoalsHouse, goal_id: str) -> tuple[set[str], float | None, str | None]:
    [part] = (await house.goal(goal_id))["key_results"]
    return set(part["reached"]), part["current"], part["measured_at"]


async def test_a_milestone_told_of_late_counts_from_its_time_and_later_ones_are_told_anew(
    house: GoalsHouse,
) -> None:
    goal_id = await house.agreed(key_results=[THREE])
    await say(house, goal_id, "plan", on=4)
    late = await say(house, goal_id, "open", on=6, at=2)
    assert (late.status_code, late.json()["value"], late.json()["goal_progress"]) == (200, 3, 0.4)
    assert await now(house, goal_id) == ({"plan", "open"}, 4, day(4).isoformat().replace("+00:00", "Z"))
    assert await then(house, goal_id, 5) == ({"plan"}, 0.1)
    assert await then(house, goal_id, 7) == ({"plan", "open"}, 0.4)
    event = await house.last(goal_id)
    assert (event["said"], event["value"], event["goal_progress"]) == ("key_result_measured", 3, 0.4)
    rows = await house.as_("anna").listed(f"/goals/{goal_id}/measurements")
    assert sorted((row["value"], row["correction"] is None) for row in rows) == [
        (1, False),
        (3, True),
        (4, True),
    ]
    again = next(row for row in rows if row["value"] == 4)
    assert (again["by_person_id"], again["measured_at"]) == (
        "anna",
        day(4).isoformat().replace("+00:00", "Z"),
    )
    await say(house, goal_id, "fair", on=8)
    assert (await house.goal(goal_id))["progress"] == 1


async def test_what_was_said_in_error_is_withdrawn_and_stays_in_the_history(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[THREE])
    wrong = await say(house, goal_id, "plan", on=1)
    await say(house, goal_id, "open", on=2)
    withdrawn = await correct(house, goal_id, wrong, on=3)
    assert (withdrawn.status_code, withdrawn.json()["correction"]["reason"]) == (200, "A slip.")
    assert await now(house, goal_id) == ({"open"}, 3, day(2).isoformat().replace("+00:00", "Z"))
    assert await then(house, goal_id, 2.5) == ({"plan", "open"}, 0.4)
    assert await then(house, goal_id, 4) == ({"open"}, 0.3)
    event = await house.last(goal_id)
    assert (event["said"], event["to_value"], event["current"]) == ("measurement_corrected", None, 3)
    assert rule_of(await correct(house, goal_id, wrong, on=4)) == "corrected-already"
    await say(house, goal_id, "plan", on=5)
    assert (await now(house, goal_id))[0] == {"plan", "open"}


async def test_the_only_one_withdrawn_leaves_nothing_measured(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[THREE])
    await correct(house, goal_id, await say(house, goal_id, "plan", on=1), on=2)
    assert await now(house, goal_id) == (set(), None, None)


async def test_what_held_at_another_time_is_moved_there(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[THREE])
    await say(house, goal_id, "plan", on=2)
    told = await say(house, goal_id, "open", on=6)
    refused = await say(house, goal_id, "open", on=7, at=1)
    assert (refused.status_code, refused.json()["measurement_id"]) == (422, told.json()["measurement_id"])
    moved = await correct(house, goal_id, told, on=7, measured_at=day(1).isoformat())
    assert (moved.json()["value"], moved.json()["note"]) == (3, "A slip.")
    assert await now(house, goal_id) == ({"plan", "open"}, 4, day(2).isoformat().replace("+00:00", "Z"))
    assert (await house.last(goal_id))["to_value"] == 3
    assert await then(house, goal_id, 6.5) == ({"plan", "open"}, 0.4)
    await correct(house, goal_id, moved, on=8)
    assert await now(house, goal_id) == ({"plan"}, 1, day(2).isoformat().replace("+00:00", "Z"))


async def test_two_that_were_reached_at_one_time_both_count(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[THREE])
    await say(house, goal_id, "fair", on=5)
    await say(house, goal_id, "plan", on=6, at=1)
    first = await say(house, goal_id, "open", on=7, at=1)
    assert first.json()["value"] == 4
    assert (await now(house, goal_id))[:2] == ({"plan", "open", "fair"}, 10)
    await correct(house, goal_id, first, on=8)
    assert (await now(house, goal_id))[:2] == ({"plan", "fair"}, 7)


async def test_one_that_was_taken_back_is_not_reached_again_by_what_is_told_late(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[THREE])
    await say(house, goal_id, "plan", on=1)
    await say(house, goal_id, "plan", on=4, reached=False)
    await say(house, goal_id, "open", on=6, at=2)
    assert (await now(house, goal_id))[:2] == ({"open"}, 3)
    assert (await say(house, goal_id, "plan", on=7, at=3)).status_code == 422


async def test_of_what_was_said_of_one_time_the_last_is_the_newest(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[THREE])
    said = [
        await say(house, goal_id, "plan", on=1 + turn / 100, at=1, reached=turn % 2 == 0) for turn in range(7)
    ]
    again = await say(house, goal_id, "plan", on=2)
    assert again.json()["measurement_id"] == said[-1].json()["measurement_id"]


async def test_what_was_reached_before_all_that_is_told_anew_stays_reached(
    house: GoalsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (milestones, milestone_history):
        monkeypatch.setattr(module, "MOST", 3)
    goal_id = await house.agreed(key_results=[THREE])
    await say(house, goal_id, "plan", on=1)
    for turn in range(5):
        await say(house, goal_id, "open", on=2 + turn, reached=turn % 2 == 0)
    late = await say(house, goal_id, "fair", on=8, at=5.5)
    assert (late.status_code, late.json()["value"]) == (200, 7)
    assert await now(house, goal_id) == (
        {"plan", "open", "fair"},
        10,
        day(6).isoformat().replace("+00:00", "Z"),
    )
    assert await then(house, goal_id, 9) == ({"plan", "open", "fair"}, 1)
    assert (await say(house, goal_id, "plan", on=9, at=0.5, reached=False)).status_code == 422
    await correct(house, goal_id, late, on=10)
    assert (await now(house, goal_id))[:2] == ({"plan", "open"}, 4)


@pytest.mark.parametrize("said", [{"value": 3}, {"value": 3, "measured_at": NOW.isoformat()}])
async def test_milestones_have_no_values_of_their_own(house: GoalsHouse, said: dict[str, Any]) -> None:
    goal_id = await house.agreed(key_results=[THREE])
    refused = await correct(house, goal_id, await say(house, goal_id, "plan", on=1), on=2, **said)
    assert (refused.status_code, "milestones" in refused.json()["detail"]) == (422, True)
    future = await say(house, goal_id, "open", on=1, at=3)
    assert rule_of(future) == "measured-in-future"


async def test_what_a_machine_told_of_stays_the_machines_when_it_is_told_anew(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[THREE])
    machine = house.as_("warehouse", "measuring_system").at(day(4))
    await machine.does(f"/goals/{goal_id}{PATH}/plan", {}, method="PUT")
    await say(house, goal_id, "open", on=6, at=2)
    rows = await house.as_("anna").listed(f"/goals/{goal_id}/measurements")
    again = next(row for row in rows if row["value"] == 4)
    path = f"/goals/{goal_id}/measurements/{again['measurement_id']}/correction"
    assert (again["source"], again["system"]) == ("machine", "warehouse")
    assert rule_of(await house.as_("anna").post(path, {"reason": "No."})) == "not-yours-to-correct"


async def test_a_machine_that_withdraws_is_named_where_others_are_told_anew_too(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[THREE])
    machine = house.as_("warehouse", "measuring_system")
    path = f"/goals/{goal_id}{PATH}"
    wrong = await machine.at(day(1)).put(f"{path}/plan", {})
    await machine.at(day(2)).put(f"{path}/open", {})
    correction = f"/goals/{goal_id}/measurements/{wrong.json()['measurement_id']}/correction"
    answer = await machine.at(day(3)).post(correction, {"reason": "A slip."})
    assert answer.status_code == 200, answer.text
    rows = await house.as_("anna").listed(f"/goals/{goal_id}/measurements")
    named = [each["correction"] for each in rows if each["correction"]]
    assert [(each["system"], each["by_person_id"]) for each in named] == [("warehouse", None)] * 2


async def test_a_machine_learns_that_a_milestone_is_reached_and_not_who_said_what(house: GoalsHouse) -> None:
    goal_id = await house.agreed(visibility="private", key_results=[THREE])
    told = await say(house, goal_id, "plan", on=1, note="Between us: the chairman wavered.")
    assert (told.json()["note"], told.json()["by_person_id"]) != ("", None)
    again = (
        await house.as_("warehouse", "measuring_system").at(day(2)).put(f"/goals/{goal_id}{PATH}/plan", {})
    )
    assert again.json() == {**told.json(), "note": "", "by_person_id": None}


@pytest.mark.parametrize(("part", "reached"), [("steps", True), ("steps", False), ("reach", False)])
async def test_what_is_no_milestone_is_not_found_whatever_is_said_of_it(
    house: GoalsHouse, part: str, reached: bool
) -> None:
    goal_id = await house.agreed(key_results=[THREE, REACH])
    measured = f"/goals/{goal_id}/key-results/reach/measurements"
    await house.as_("anna").does(measured, {"value": 4, "note": "Between us."})
    path = f"/goals/{goal_id}/key-results/{part}/milestones/nonsense"
    assert (await house.as_("anna").put(path, {"reached": reached})).status_code == 404
