"""How a goal stands is seen when something is reported and when a day begins; what turns is told once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.goals.domain.forecast import MOST
from services.goals.domain.outlook import Look, look
from services.goals.history_store import MEASUREMENTS
from services.goals.store import LOOKS
from services.goals.usecases import look_at_goal as usecase
from shared.contracts.people import PersonState
from shared.due import DueWorker
from tests.services.goals.house import NOW, REACH, GoalsHouse, clock_at, wording

JANUARY = datetime(2026, 1, 1, 12, tzinfo=UTC)
TURNS = {
    "goal_pace_changed",
    "goal_forecast_turned",
    "goal_fell_overdue",
    "goal_went_silent",
    "goal_neglected",
}


async def measured(house: GoalsHouse, goal_id: str, *values: tuple[int, float]) -> None:
    """Values of so many days after the first of January, each reported on its day."""
    for day, value in values:
        at = JANUARY + timedelta(days=day)
        path = f"/goals/{goal_id}/key-results/reach/measurements"
        await house.as_("anna").at(at).does(path, {"value": value, "measured_at": at.isoformat()})


async def turned(house: GoalsHouse, goal_id: str) -> list[str]:
    return [said for said in await house.said(goal_id) if said in TURNS]


async def outlook(house: GoalsHouse, goal_id: str) -> dict[str, Any]:
    return await house.as_("anna").read(f"/goals/{goal_id}/outlook")


async def test_before_it_is_agreed_to_nobody_looks(house: GoalsHouse) -> None:
    goal_id = await house.proposed()
    await house.look(NOW + timedelta(days=60))
    assert (await house.as_("anna").get(f"/goals/{goal_id}/outlook")).status_code == 404
    assert await turned(house, goal_id) == []


async def test_an_agreed_goal_is_looked_at_at_once_and_says_why_it_stands_so(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await house.look(NOW)
    found = await outlook(house, goal_id)
    assert found["pace"] == "on_track"
    assert found["reason"].startswith("Progress is 0% where 13% was to be expected by 12 January 2026")
    assert found["next_check_in_on"] == "2026-01-26"
    assert (found["heading"], found["predicted_progress"], found["key_results"]) == (None, None, [])
    assert await turned(house, goal_id) == ["goal_pace_changed"]


async def test_a_forecast_that_turns_to_a_miss_is_told_once_and_its_recovery_once(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await measured(house, goal_id, (12, 1.0), (20, 1.4), (28, 1.8))
    await house.look(JANUARY + timedelta(days=28))
    missing = await house.last(goal_id)
    assert (missing["said"], missing["from_heading"], missing["to_heading"]) == (
        "goal_forecast_turned",
        None,
        "miss",
    )
    assert 0.4 < missing["predicted_progress"] < 0.7
    found = await outlook(house, goal_id)
    assert found["heading"] == "miss"
    [part] = found["key_results"]
    assert part["low"] <= part["value"] <= part["high"]
    assert part["reaches_on"] > "2026-04-01"
    await house.look(JANUARY + timedelta(days=29))
    await measured(house, goal_id, (30, 5.0), (31, 6.0), (32, 7.0), (33, 8.0))
    await house.look(JANUARY + timedelta(days=33))
    await house.look(JANUARY + timedelta(days=34))
    forecasts = [each for each in await house.published(subject=goal_id) if "to_heading" in each]
    assert [(each["from_heading"], each["to_heading"]) for each in forecasts] == [
        (None, "miss"),
        ("miss", "reach"),
    ]
    assert (await house.state(goal_id))["heading"] == "reach"


async def test_what_has_no_forecast_any_more_heads_nowhere(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await measured(house, goal_id, (12, 1.0), (20, 1.4), (28, 1.8))
    await house.look(JANUARY + timedelta(days=28))
    assert (await house.state(goal_id))["heading"] == "miss"
    later = house.as_("anna").at(JANUARY + timedelta(days=29))
    for wrong in await later.listed(f"/goals/{goal_id}/measurements"):
        path = f"/goals/{goal_id}/measurements/{wrong['measurement_id']}/correction"
        await later.does(path, {"reason": "Other books."})
    told = await turned(house, goal_id)
    await house.look(JANUARY + timedelta(days=29))
    found = await outlook(house, goal_id)
    assert (found["heading"], found["predicted_progress"]) == (None, None)
    assert await later.listed("/goals", heading="miss") == []
    assert "goal_forecast_turned" not in (await turned(house, goal_id))[len(told) :]
    await measured(house, goal_id, (30, 1.0))
    assert (await house.state(goal_id))["heading"] is None


async def test_how_often_something_is_measured_does_not_decide_its_forecast(house: GoalsHouse) -> None:
    """A steep way and then hardly any more, once a day and each five minutes."""
    told: list[tuple[float, float, float]] = []
    for minutes in (24 * 60, 5):
        goal_id = await house.agreed()
        await _fill(house, goal_id, minutes=minutes)
        await house.look(JANUARY + timedelta(days=60))
        [part] = (await outlook(house, goal_id))["key_results"]
        told.append((part["value"], part["low"], part["high"]))
    assert told[0] == pytest.approx(told[1], abs=0.001)
    assert told[0][0] == pytest.approx(8 + 0.02 * 50, abs=0.05)


async def test_of_many_values_a_day_few_are_read_and_these_from_an_index(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await _fill(house, goal_id, minutes=5)
    await house.db.command("profile", 2)
    await house.look(JANUARY + timedelta(days=60))
    await house.db.command("profile", 0)
    asked = {"ns": f"{house.db.name}.{MEASUREMENTS}", "command.find": MEASUREMENTS}
    reads = await house.db["system.profile"].find(asked).to_list(None)
    await house.db.drop_collection("system.profile")
    assert 59 <= len(reads) <= 61
    assert sum(read["docsExamined"] for read in reads) <= 60 * 2 * MOST
    assert not [read for read in reads if read.get("hasSortStage")]


async def _fill(house: GoalsHouse, goal_id: str, *, minutes: int) -> None:
    """Measured so often from the first evening on for 59 days: 8 by the fortieth day, then 0.02 a day."""
    await measured(house, goal_id, (12, 0.0))
    one = await house.db[MEASUREMENTS].find_one_and_delete({"goal_id": goal_id})
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    rows: list[dict[str, Any]] = []
    for minute in range(24 * 60 - 5, 59 * 24 * 60, minutes):
        day, at = minute / (24 * 60), begin + timedelta(minutes=minute)
        value = min(day, 40) * 8 / 40 + max(0.0, day - 40) * 0.02
        rows.append(one | {"_id": f"{goal_id}-{minute}", "measured_at": at, "taken_at": at, "value": value})
    await house.db[MEASUREMENTS].insert_many(rows)


async def test_of_what_held_at_one_time_the_forecast_takes_what_was_reported_last(
    house: GoalsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the ids are ordered, and wherever a page of values ends between some of one time."""
    goal_id = await house.agreed()
    await measured(house, goal_id, (12, 0.0))
    one = await house.db[MEASUREMENTS].find_one_and_delete({"goal_id": goal_id})
    rows: list[dict[str, Any]] = []
    for day in range(12, 76):
        at = JANUARY + timedelta(days=day)
        for n in range(7):
            said = {"taken_at": at + timedelta(hours=n), "value": day / 10 if n == 6 else 9.0}
            id_ = f"{goal_id}-{day}-{9 - n if day % 3 == 1 else n}"
            rows.append(one | said | {"_id": id_, "measured_at": at})
    await house.db[MEASUREMENTS].insert_many(rows)
    taken: list[Look] = []

    def seeing(goal: Any, seen: Look) -> Any:
        taken.append(seen)
        return look(goal, seen)

    monkeypatch.setattr(usecase, "look", seeing)
    await house.look(JANUARY + timedelta(days=76))
    [points] = taken[0].points.values()
    assert [point.value for point in points] == [day / 10 for day in range(75, 75 - MOST, -1)]


async def test_a_goal_falls_overdue_when_its_last_day_ends_where_the_owner_lives(house: GoalsHouse) -> None:
    await house.hire("anna", manager_id="manager", time_zone="Pacific/Auckland", unit_id="unit_sales")
    goal_id = await house.agreed()
    await measured(house, goal_id, (80, 10))
    await house.look(datetime(2026, 3, 31, 10, 59, tzinfo=UTC))
    assert "goal_fell_overdue" not in await turned(house, goal_id)
    await house.look(datetime(2026, 3, 31, 11, 0, tzinfo=UTC))
    assert (await turned(house, goal_id)).count("goal_fell_overdue") == 1
    await house.look(datetime(2026, 4, 5, tzinfo=UTC))
    assert (await turned(house, goal_id)).count("goal_fell_overdue") == 1
    assert (await house.state(goal_id))["overdue"] is True
    assert [each["goal_id"] for each in await house.as_("anna").listed("/goals", overdue=True)] == [goal_id]
    await house.as_("anna").does(f"/goals/{goal_id}/closure", {"outcome": "missed"})
    assert await house.as_("anna").listed("/goals", overdue=True) == []
    state = await house.state(goal_id)
    assert (state["overdue"], state["pace"], state["heading"]) == (False, None, None)


async def test_silence_is_told_after_two_missed_check_ins_and_ends_with_one(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await house.look(NOW + timedelta(days=15))
    assert (await outlook(house, goal_id))["missed_check_ins"] == 1
    assert "goal_went_silent" not in await turned(house, goal_id)
    await house.look(NOW + timedelta(days=29))
    silent = next(
        each for each in await house.published(subject=goal_id) if each["said"] == "goal_went_silent"
    )
    assert (silent["last_on"], silent["missed"]) == (None, 2)
    heard = NOW + timedelta(days=30)
    await house.as_("anna").at(heard).does(f"/goals/{goal_id}/check-ins", {"confidence": 0.8})
    await house.look(heard)
    found = await outlook(house, goal_id)
    assert (found["silent"], found["missed_check_ins"]) == (False, 0)
    assert found["next_check_in_on"] == (heard + timedelta(days=14)).date().isoformat()
    await house.look(heard + timedelta(days=29))
    assert (await turned(house, goal_id)).count("goal_went_silent") == 2


async def test_what_nobody_has_touched_for_a_third_of_its_time_is_neglected(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await house.look(datetime(2026, 1, 29, tzinfo=UTC))
    assert "goal_neglected" not in await turned(house, goal_id)
    await house.look(datetime(2026, 1, 31, tzinfo=UTC))
    neglected = next(
        each for each in await house.published(subject=goal_id) if each["said"] == "goal_neglected"
    )
    assert neglected["because"] == "never_touched"


async def test_a_goal_whose_owner_leaves_is_neglected_from_that_moment(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await house.look(NOW)
    await house.let_go("anna")
    await house.look(NOW + timedelta(seconds=1))
    assert (await house.last(goal_id))["because"] == "owner_left"


async def test_that_the_owner_leaves_is_told_of_what_nobody_has_touched_too(house: GoalsHouse) -> None:
    goal_id, late = await house.agreed(), datetime(2026, 2, 15, tzinfo=UTC)
    await house.look(late)
    await house.let_go("anna")
    await house.look(late + timedelta(seconds=1))
    over = {"owner_id": "manager", "reason": "I do it myself."}
    await house.as_("manager").at(late).does(f"/goals/{goal_id}/amendment", over)
    await house.look(late + timedelta(seconds=2))
    told = [each for each in await house.published(subject=goal_id) if each["said"] == "goal_neglected"]
    assert [each["because"] for each in told] == ["never_touched", "owner_left"]


async def test_a_closed_goal_is_left_in_peace(house: GoalsHouse) -> None:
    goal_id = await house.closed()
    await house.look(NOW + timedelta(days=200))
    assert await turned(house, goal_id) == []
    assert await house.db[LOOKS].count_documents({"due_at": {"$exists": True}}) == 0


async def test_where_requests_say_what_time_it_is_only_what_they_report_is_looked_at(
    house: GoalsHouse,
) -> None:
    goal_id = await house.agreed()
    await measured(house, goal_id, (12, 1.0))
    later = NOW + timedelta(days=300)
    await house.look(later, timers=False)
    assert (await outlook(house, goal_id))["on"] == "2026-01-13"
    await house.look(later, timers=False)
    assert "goal_fell_overdue" not in await turned(house, goal_id)


async def test_a_look_that_fails_keeps_no_other_goal_from_its_turn(
    house: GoalsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = await house.agreed(), await house.agreed()
    real = usecase.look

    def failing(goal: Any, seen: Any) -> Any:
        if goal.goal_id == bad:
            raise ArithmeticError("broken")
        return real(goal, seen)

    monkeypatch.setattr(usecase, "look", failing)
    await house.look(NOW)
    assert (await outlook(house, good))["pace"] == "on_track"
    monkeypatch.setattr(usecase, "look", real)
    await house.look(NOW + timedelta(seconds=30))
    assert (await house.as_("anna").get(f"/goals/{bad}/outlook")).status_code == 404
    await house.look(NOW + timedelta(seconds=90))
    assert (await outlook(house, bad))["pace"] == "on_track"


async def test_two_processes_that_look_at_once_tell_it_once(house: GoalsHouse) -> None:
    goal_id = await house.agreed(key_results=[REACH])
    async with house.twin() as twin:
        with clock_at(house.work, NOW), clock_at(twin.work, NOW):
            turns = [
                DueWorker(each.work, LOOKS, usecase.look_at_goal).turn()
                for each in (house, twin, house, twin)
            ]
            await asyncio.gather(*turns)
    assert await turned(house, goal_id) == ["goal_pace_changed"]


async def test_the_words_of_a_private_goal_are_not_in_its_outlook(house: GoalsHouse) -> None:
    goal_id = await house.agreed(**wording(title="canary-4711", visibility="private"))
    await house.look(NOW)
    assert "canary" not in await house.text_of("outlooks")
    assert (await house.as_("ben").get(f"/goals/{goal_id}/outlook")).status_code == 404


async def test_who_is_erased_leaves_no_outlook_and_a_last_word_above_all_others(house: GoalsHouse) -> None:
    goal_id = await house.agreed()
    await house.look(NOW)
    await house.erase(PersonState, "anna")
    assert await house.db["outlooks"].count_documents({}) == 0
    states = await house.db["outbox"].find({"topic": "cairn.goals.state", "key": goal_id}).to_list(None)
    assert max(states, key=lambda row: row["sequence"])["value"] is None
