"""What becomes of an agreed goal: it is measured, checked in on and closed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.services.asker import rule_of
from tests.services.goals.house import NOW, REACH, GoalsHouse

KEEP = {"key_result_id": "keep", "title": "Kept", "type": "stay_above", "target": 90}


async def measure(house: GoalsHouse, goal_id: str, value: float, *, of: str = "reach", **more: Any) -> Any:
    path = f"/goals/{goal_id}/key-results/{of}/measurements"
    return await house.as_("anna").post(path, {"value": value, **more})


async def test_a_measurement_is_kept_and_moves_the_goal(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[REACH, KEEP])
    answer = await measure(house, goal_id, 4, note="After the fair")
    made = answer.json()
    assert answer.status_code == 201
    assert (made["value"], made["source"], made["by_person_id"], made["goal_progress"]) == (
        4,
        "person",
        "anna",
        0.4,
    )
    assert await house.as_("anna").read(answer.headers["Location"]) == made
    goal = await house.goal(goal_id)
    assert [(part["current"], part["progress"]) for part in goal["key_results"]] == [(4, 0.4), (None, None)]
    event = await house.last(goal_id)
    assert (event["said"], event["value"], event["goal_progress"]) == ("key_result_measured", 4, 0.4)
    assert (await house.state(goal_id))["progress"] == 0.4


async def test_all_measurements_stay_and_the_newest_counts(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[REACH, KEEP])
    for value, days in ((2, 0), (6, 2), (4, 1)):
        at = (NOW - timedelta(days=7 - days)).isoformat()
        assert (await measure(house, goal_id, value, measured_at=at)).status_code == 201
    await measure(house, goal_id, 95, of="keep")
    path = f"/goals/{goal_id}/measurements"
    assert [row["value"] for row in await house.as_("manager").listed(path, limit=2)] == [95, 6, 4, 2]
    of_one = await house.as_("manager").listed(path, key_result_id="reach", limit=2)
    assert [row["value"] for row in of_one] == [6, 4, 2]
    assert (await house.goal(goal_id))["key_results"][0]["current"] == 6


async def test_a_machine_measures_and_is_told_no_word_of_the_goal(house: GoalsHouse) -> None:
    goal_id = await house.agreed(visibility="private", title="Canary")
    path = f"/goals/{goal_id}/key-results/reach/measurements"
    answer = await house.as_("warehouse", "measuring_system").post(path, {"value": 3})
    assert (answer.status_code, answer.json()["source"], answer.json()["by_person_id"]) == (
        201,
        "machine",
        None,
    )
    assert "anary" not in answer.text
    assert (await house.as_("warehouse", "measuring_system").get(f"/goals/{goal_id}")).status_code == 404


async def test_measurements_lie_in_the_past_give_or_take_a_clock(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    soon, later = (NOW + timedelta(minutes=minutes) for minutes in (4, 6))
    assert (await measure(house, goal_id, 1, measured_at=soon.isoformat())).status_code == 201
    refused = await measure(house, goal_id, 1, measured_at=later.isoformat())
    assert (refused.status_code, rule_of(refused)) == (422, "measured-in-future")
    for held, status in (("2024-12-31T12:00:00Z", 201), ("1970-01-01T00:00:00Z", 422)):
        answer = await measure(house, goal_id, 1, measured_at=held)
        assert answer.status_code == status, held
    assert rule_of(answer) == "measured-long-before"
    assert "begins on 2026-01-01" in answer.text
    naive = await measure(house, goal_id, 1, measured_at="2026-01-10T09:00:00")
    assert naive.status_code == 422


async def test_times_are_kept_to_the_millisecond_that_is_answered(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    answer = await measure(house, goal_id, 1, measured_at="2026-01-10T09:00:00.123456+02:00")
    assert answer.json()["measured_at"] == "2026-01-10T07:00:00.123000Z"
    assert await house.as_("anna").read(answer.headers["Location"]) == answer.json()


@pytest.mark.parametrize("stage", ["drafted", "proposed", "closed"])
async def test_only_agreed_goals_are_followed(house: GoalsHouse, stage: str) -> None:
    goal_id = await getattr(house, stage)()
    assert rule_of(await measure(house, goal_id, 1)) == "goal-not-in-stage"
    answer = await house.as_("anna").post(f"/goals/{goal_id}/check-ins", {"confidence": 0.5})
    assert rule_of(answer) == "goal-not-in-stage"


async def test_an_unknown_key_result_is_not_found(house: GoalsHouse) -> None:
    assert (await measure(house, await house.agreed(), 1, of="other")).status_code == 404


async def test_check_ins_are_kept_newest_first_with_what_blocks(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await measure(house, goal_id, 4)
    blockers = [
        {"kind": "person", "description": "Nobody sells in the north."},
        {"kind": "process", "description": "Contracts take weeks."},
        {"kind": "person", "description": "Nor in the south."},
    ]
    path = f"/goals/{goal_id}/check-ins"
    first = await house.as_("anna").post(path, {"confidence": 0.3, "blockers": blockers, "comment": "Hm."})
    assert first.status_code == 201
    assert await house.as_("anna").read(first.headers["Location"]) == first.json()
    event = await house.last(goal_id)
    assert (event["confidence"], event["blocker_kinds"]) == (0.3, ["person", "process"])
    assert "Hm." not in str(event)
    later = house.as_("manager").at(NOW + timedelta(days=1))
    await later.does(path, {"confidence": 0.8})
    rows = await house.as_("anna").listed(path, limit=1)
    assert [(row["by_person_id"], row["confidence"], row["progress"]) for row in rows] == [
        ("manager", 0.8, 0.4),
        ("anna", 0.3, 0.4),
    ]
    assert (await house.goal(goal_id))["confidence"] == 0.8


async def test_a_check_in_before_any_measurement_tells_no_progress(house: GoalsHouse) -> None:
    goal_id = await house.agreed(kind="kpi", key_results=[KEEP])
    made = await house.as_("anna").does(f"/goals/{goal_id}/check-ins", {"confidence": 0.5})
    assert made["progress"] is None
    assert (await house.last(goal_id))["goal_progress"] is None


@pytest.mark.parametrize("confidence", [-0.1, 1.1, None])
async def test_confidence_is_a_share(house: GoalsHouse, confidence: Any) -> None:
    goal_id = await house.agreed()
    answer = await house.as_("anna").post(f"/goals/{goal_id}/check-ins", {"confidence": confidence})
    assert answer.status_code == 422


@pytest.mark.parametrize("outcome", ["achieved", "partly_achieved", "missed", "cancelled"])
async def test_a_goal_is_closed_as_it_ended(house: GoalsHouse, outcome: str) -> None:
    goal_id = await house.agreed()
    await measure(house, goal_id, 5)
    at = datetime(2026, 3, 30, 9, tzinfo=UTC)
    body = {"outcome": outcome, "comment": "We learned a lot."}
    goal = await house.as_("manager").at(at).does(f"/goals/{goal_id}/closure", body)
    assert (goal["status"], goal["outcome"], goal["closing_comment"]) == (
        "closed",
        outcome,
        "We learned a lot.",
    )
    assert (goal["closed_at"], goal["closed_by"]) == ("2026-03-30T09:00:00Z", "manager")
    event = await house.last(goal_id)
    assert (event["said"], event["outcome"], event["progress"]) == ("goal_closed", outcome, 0.5)
    assert (await house.state(goal_id))["outcome"] == outcome


@pytest.mark.parametrize("stage", ["drafted", "proposed"])
async def test_what_was_never_agreed_is_only_cancelled(house: GoalsHouse, stage: str) -> None:
    goal_id = await getattr(house, stage)()
    anna = house.as_("anna")
    refused = await anna.post(f"/goals/{goal_id}/closure", {"outcome": "achieved"})
    assert (refused.status_code, rule_of(refused)) == (409, "goal-not-in-stage")
    assert (await anna.does(f"/goals/{goal_id}/closure", {"outcome": "cancelled"}))["asked_id"] is None


async def test_a_goal_is_closed_once(house: GoalsHouse) -> None:
    goal_id = await house.closed()
    again = await house.as_("anna").post(f"/goals/{goal_id}/closure", {"outcome": "missed"})
    assert (again.status_code, (await house.goal(goal_id))["outcome"]) == (409, "achieved")
