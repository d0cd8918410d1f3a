"""Periods are opened by HR, close by the clock, and hold what is planned in them to their stage."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from services.goals.store import PERIOD_TURNS
from services.goals.usecases.run_period import turn_period
from shared.due import DueWorker
from tests.services.asker import rule_of
from tests.services.goals.house import NOW, GoalsHouse, clock_at, wording

Q1 = {"name": "Q1", "kind": "quarter", "starts_on": "2026-01-01", "ends_on": "2026-03-31", "grace_days": 10}
Q2 = {"name": "Q2", "kind": "quarter", "starts_on": "2026-04-01", "ends_on": "2026-06-30"}
CLOSING, CLOSED = datetime(2026, 4, 1, 12, tzinfo=UTC), datetime(2026, 4, 11, 12, tzinfo=UTC)


async def opened(house: GoalsHouse, said: dict[str, Any] = Q1) -> str:
    return (await house.as_("admin", "hr_admin").does("/periods", said))["period_id"]


async def turn(house: GoalsHouse, at: datetime) -> None:
    with clock_at(house.work, at):
        await DueWorker(house.work, PERIOD_TURNS, turn_period).turn()


async def test_everybody_reads_periods_and_hr_opens_and_closes_them(house: GoalsHouse) -> None:
    period_id = await opened(house)
    [listed] = (await house.as_("anna").read("/periods"))["items"]
    assert (listed["period_id"], listed["status"], listed["closes_on"]) == (period_id, "open", "2026-04-10")
    assert await house.said(period_id) == ["period_opened"]
    for caller in (house.as_("anna"), house.as_("manager"), house.as_("chief", "executive")):
        assert (await caller.post("/periods", Q2)).status_code == 403
        assert (await caller.post(f"/periods/{period_id}/closure")).status_code == 403
    assert (await house.as_("stranger").get(f"/periods/{period_id}")).status_code == 404
    closed = await house.as_("admin", "hr_admin").does(f"/periods/{period_id}/closure")
    assert closed["status"] == "closed"
    assert (await house.last(period_id))["by_person_id"] == "admin"
    assert await house.db[PERIOD_TURNS].count_documents({"due_at": {"$exists": True}}) == 0


@pytest.mark.parametrize("times", [(NOW, CLOSING, CLOSING, CLOSED, CLOSED), (NOW, CLOSED, CLOSED)], ids=len)
async def test_the_clock_lets_it_close_and_then_be_closed_once_each_however_late(
    house: GoalsHouse, times: Sequence[datetime]
) -> None:
    period_id = await opened(house)
    for at in times:
        await turn(house, at)
    turned = [each for each in await house.published(subject=period_id) if each["said"] == "period_turned"]
    assert [(each["from_status"], each["to_status"], each["by_person_id"]) for each in turned] == [
        ("open", "closing", None),
        ("closing", "closed", None),
    ]


async def test_goals_are_planned_in_it_within_its_dates(house: GoalsHouse) -> None:
    period_id = await opened(house)
    goal_id = await house.agreed(period_id=period_id)
    assert (await house.state(goal_id))["period_id"] == period_id
    listed = await house.as_("anna").read("/goals", period_id=period_id)
    assert [each["goal_id"] for each in listed["items"]] == [goal_id]
    outside = await house.as_("anna").post("/goals", wording(period_id=period_id, due_on="2026-05-01"))
    assert (outside.status_code, rule_of(outside)) == (422, "outside-period")
    nowhere = await house.as_("anna").post("/goals", wording(period_id="none"))
    assert (nowhere.status_code, rule_of(nowhere)) == (422, "no-such-period")
    many = {"wording": wording(period_id="none"), "population": {"person_ids": ["anna"]}}
    assigned = await house.as_("admin", "hr_admin").post("/goal-assignments", many)
    assert rule_of(assigned) == "no-such-period"


async def test_while_it_closes_what_was_agreed_goes_on_and_nothing_new_begins(house: GoalsHouse) -> None:
    period_id = await opened(house)
    agreed = await house.agreed(period_id=period_id)
    drafted, proposed = await house.drafted(period_id=period_id), await house.proposed(period_id=period_id)
    await turn(house, CLOSING)
    anna = house.as_("anna")
    await anna.does(f"/goals/{agreed}/key-results/reach/measurements", {"value": 4})
    await anna.does(f"/goals/{agreed}/check-ins", {"confidence": 0.5})
    refused = [
        await anna.post("/goals", wording(period_id=period_id)),
        await anna.put(f"/goals/{drafted}", wording(period_id=period_id), If_Match="*"),
        await anna.post(f"/goals/{drafted}/proposal"),
        await house.as_("manager").post(f"/goals/{proposed}/agreement"),
    ]
    assert [(each.status_code, rule_of(each)) for each in refused] == [(409, "period-closing")] * 4
    await anna.does(f"/goals/{agreed}/closure", {"outcome": "achieved"})


async def test_once_closed_its_goals_are_only_read_and_settled(house: GoalsHouse) -> None:
    period_id = await opened(house)
    goal_id, amended = await house.agreed(period_id=period_id), await house.agreed(period_id=period_id)
    change, drafted = {"weight": 5, "reason": "More."}, await house.drafted(period_id=period_id)
    await house.as_("anna").does(f"/goals/{amended}/amendment", change)
    await turn(house, CLOSED)
    anna = house.as_("anna")
    refused = [
        await anna.post(f"/goals/{goal_id}/key-results/reach/measurements", {"value": 4}),
        await anna.post(f"/goals/{goal_id}/check-ins", {"confidence": 0.5}),
        await anna.put(f"/goals/{drafted}", wording(), If_Match="*"),
        await anna.post(f"/goals/{goal_id}/amendment", change),
        await house.as_("manager").post(f"/goals/{amended}/amendment/agreement"),
        await anna.put(f"/goals/{goal_id}/parent", {"parent_id": None, "contribution": 2}),
    ]
    assert [(each.status_code, rule_of(each)) for each in refused] == [(409, "period-closed")] * 6
    assert (await anna.get(f"/goals/{goal_id}")).status_code == 200
    assert (await anna.does(f"/goals/{goal_id}/closure", {"outcome": "achieved"}))["status"] == "closed"
    assert (await anna.does(f"/goals/{drafted}/closure", {"outcome": "cancelled"}))["status"] == "closed"


@pytest.mark.parametrize("at", [NOW, CLOSING, CLOSED])
async def test_a_goal_is_carried_over_from_where_it_stands_and_knows_its_origin(
    house: GoalsHouse, at: datetime
) -> None:
    first, second = await opened(house), await opened(house, Q2)
    goal_id = await house.agreed(period_id=first)
    await house.as_("anna").does(f"/goals/{goal_id}/key-results/reach/measurements", {"value": 4})
    await turn(house, at)
    new = await house.as_("anna").does(f"/goals/{goal_id}/carry-over", {"period_id": second})
    assert (new["status"], new["origin_id"], new["period_id"]) == ("draft", goal_id, second)
    assert (new["starts_on"], new["due_on"]) == ("2026-04-01", "2026-06-30")
    [part] = new["key_results"]
    assert (part["start"], part["target"], part["current"], part["key_result_id"]) == (4, 10, None, "reach")
    old = await house.goal(goal_id)
    assert (old["status"], old["outcome"]) == ("closed", "carried_over")
    assert (await house.last(goal_id))["outcome"] == "carried_over"
    assert (await house.last(new["goal_id"]))["origin_id"] == goal_id
    again = await house.as_("anna").post(f"/goals/{goal_id}/carry-over", {"period_id": second})
    assert again.status_code == 409


async def test_what_cannot_be_carried_over_says_why(house: GoalsHouse) -> None:
    first, second = await opened(house), await opened(house, Q2)
    reached = await house.agreed(period_id=first)
    anna = house.as_("anna")
    await anna.does(f"/goals/{reached}/key-results/reach/measurements", {"value": 10})
    done = await anna.post(f"/goals/{reached}/carry-over", {"period_id": second})
    assert (done.status_code, "close it as achieved" in done.json()["detail"]) == (409, True)
    goal_id = await house.agreed(period_id=first)
    late = await anna.post(f"/goals/{goal_id}/carry-over", {"period_id": second, "due_on": "2026-08-01"})
    assert rule_of(late) == "outside-period"
    assert rule_of(await anna.post(f"/goals/{goal_id}/carry-over", {"period_id": "x"})) == "no-such-period"
    await house.as_("admin", "hr_admin").does(f"/periods/{second}/closure")
    closed = await anna.post(f"/goals/{goal_id}/carry-over", {"period_id": second})
    assert rule_of(closed) == "period-closed"
    assert (
        await house.as_("ben").post(f"/goals/{goal_id}/carry-over", {"period_id": first})
    ).status_code == 404
    assert (await house.goal(goal_id))["status"] == "agreed"


async def test_a_period_says_how_often_its_goals_are_checked_in_on(house: GoalsHouse) -> None:
    period_id = await opened(house, {**Q1, "check_in_days": 7})
    goal_id = await house.agreed(period_id=period_id)
    await house.look(NOW)
    found = await house.as_("anna").read(f"/goals/{goal_id}/outlook")
    assert found["next_check_in_on"] == "2026-01-19"
