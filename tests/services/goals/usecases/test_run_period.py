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
    closed = await house.as_("admin", "hr_admin").does(
        f"/periods/{period_id}/closure", {"reason": "We merge."}
    )
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
    await house.as_("admin", "hr_admin").does(f"/periods/{second}/closure", {"reason": "We merge."})
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


@pytest.mark.parametrize("name", ["Q1", "q1 "])
async def test_two_periods_of_one_name_and_the_same_dates_are_refused(house: GoalsHouse, name: str) -> None:
    period_id, admin = await opened(house), house.as_("admin", "hr_admin")
    again = await admin.post("/periods", {**Q1, "name": name})
    assert (again.status_code, rule_of(again)) == (409, "period-exists")
    assert again.json()["period_id"] == period_id
    await opened(house, {**Q1, "name": "Q1 of the factory"})
    second = await opened(house, Q2)
    said = {"name": "Q1", "starts_on": "2026-01-01", "ends_on": "2026-03-31", "reason": "It is that one."}
    assert rule_of(await admin.patch(f"/periods/{second}", said)) == "period-exists"


async def test_a_period_that_runs_is_closed_early_with_a_reason(house: GoalsHouse) -> None:
    period_id, admin = await opened(house), house.as_("admin", "hr_admin")
    for body in (None, {}, {"reason": "  "}):
        refused = await admin.post(f"/periods/{period_id}/closure", body)
        assert (refused.status_code, rule_of(refused)) == (422, "reason-missing")
    closed = await admin.does(f"/periods/{period_id}/closure", {"reason": "We merge."})
    [change] = closed["changes"]
    assert (closed["status"], change["what"], change["reason"]) == ("closed", "closed", "We merge.")
    assert change["by_person_id"] == "admin"
    assert "We merge." not in str(await house.published(subject=period_id))


async def test_hr_corrects_a_period_and_it_is_kept_what_it_said_before(house: GoalsHouse) -> None:
    period_id, admin = await opened(house), house.as_("admin", "hr_admin")
    said = {"name": "Quarter 1", "grace_days": 20, "check_in_days": 14, "reason": "As agreed with the board."}
    corrected = await admin.does(f"/periods/{period_id}", said, method="PATCH")
    assert (corrected["name"], corrected["closes_on"]) == ("Quarter 1", "2026-04-20")
    [change] = corrected["changes"]
    before = {name: value for name, value in change["before"].items() if value is not None}
    assert before == {"name": "Q1", "grace_days": 10}
    event = await house.last(period_id)
    assert (event["said"], event["changed"]) == ("period_corrected", ["grace_days", "name"])
    again = await admin.does(f"/periods/{period_id}", said, method="PATCH")
    assert again["version"] == corrected["version"]
    await turn(house, datetime(2026, 4, 15, tzinfo=UTC))
    assert (await admin.read(f"/periods/{period_id}"))["status"] == "closing"
    await turn(house, datetime(2026, 4, 22, tzinfo=UTC))
    assert (await admin.read(f"/periods/{period_id}"))["status"] == "closed"


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"ends_on": "2026-03-01"}, "invalid"),
        ({"starts_on": "2026-04-01"}, "invalid"),
        ({"grace_days": 91}, "invalid"),
        ({"name": None}, "invalid"),
        ({"ends_on": "2026-03-29"}, "goals-outside"),
        ({"starts_on": "2026-01-03"}, "goals-outside"),
    ],
    ids=str,
)
async def test_what_a_period_cannot_say_is_refused_and_changes_nothing(
    house: GoalsHouse, said: dict[str, Any], rule: str
) -> None:
    period_id, admin = await opened(house), house.as_("admin", "hr_admin")
    await house.drafted(period_id=period_id, due_on="2026-03-31")
    await house.drafted(period_id=period_id, starts_on="2026-01-01", due_on="2026-01-02")
    refused = await admin.patch(f"/periods/{period_id}", {**said, "reason": "So it is."})
    assert rule_of(refused) == rule
    assert (await admin.read(f"/periods/{period_id}"))["version"] == 1
    assert (await admin.patch(f"/periods/{period_id}", said)).status_code == 422
    assert (await house.as_("manager").patch(f"/periods/{period_id}", {"reason": "x"})).status_code == 403


async def test_a_last_day_that_is_put_off_lets_it_be_planned_in_again(house: GoalsHouse) -> None:
    custom = {**Q1, "kind": "custom"}
    period_id, admin = await opened(house, custom), house.as_("admin", "hr_admin")
    await turn(house, CLOSING)
    assert (await admin.read(f"/periods/{period_id}"))["status"] == "closing"
    later = {"ends_on": "2026-04-30", "reason": "The audit runs on."}
    put_off = await admin.at(CLOSING).does(f"/periods/{period_id}", later, method="PATCH")
    assert put_off["status"] == "open"
    turned = await house.last(period_id)
    assert (turned["from_status"], turned["to_status"], turned["by_person_id"]) == (
        "closing",
        "open",
        "admin",
    )
    await house.drafted(period_id=period_id, due_on="2026-04-20")
    await turn(house, datetime(2026, 5, 2, tzinfo=UTC))
    assert (await admin.read(f"/periods/{period_id}"))["status"] == "closing"


async def test_a_closed_period_is_reopened_for_a_time_and_closes_again(house: GoalsHouse) -> None:
    period_id, admin = await opened(house), house.as_("admin", "hr_admin")
    goal_id = await house.agreed(period_id=period_id)
    asked = {"closes_on": "2026-04-20", "reason": "Sales reports came late."}
    path = f"/periods/{period_id}/reopening"
    assert rule_of(await admin.post(path, asked)) == "period-not-closed"
    await turn(house, CLOSED)
    corrected = await admin.patch(f"/periods/{period_id}", {"name": "Q", "reason": "Shorter."})
    assert rule_of(corrected) == "period-closed"
    admin = admin.at(CLOSED)
    for day in ("2026-04-10", "2026-03-01"):
        assert rule_of(await admin.post(path, {**asked, "closes_on": day})) == "invalid"
    assert (await admin.post(path, {**asked, "closes_on": "9999-12-31"})).status_code == 422
    assert (await admin.post(path, {"closes_on": "2026-04-20"})).status_code == 422
    assert (await house.as_("manager").post(path, asked)).status_code == 403
    reopened = await admin.does(path, asked)
    assert (reopened["status"], reopened["closes_on"]) == ("closing", "2026-04-20")
    assert [each["what"] for each in reopened["changes"]] == ["reopened"]
    assert (await house.last(period_id))["to_status"] == "closing"
    await house.as_("anna").does(f"/goals/{goal_id}/key-results/reach/measurements", {"value": 4})
    await turn(house, datetime(2026, 4, 22, tzinfo=UTC))
    late = await house.as_("anna").post(f"/goals/{goal_id}/key-results/reach/measurements", {"value": 5})
    assert rule_of(late) == "period-closed"


async def test_the_time_of_grace_is_given_back_to_a_period_that_was_reopened(house: GoalsHouse) -> None:
    period_id, admin = await opened(house), house.as_("admin", "hr_admin")
    before = await admin.read(f"/periods/{period_id}")
    await admin.does(f"/periods/{period_id}/closure", {"reason": "The company is sold."})
    again = {"closes_on": "2026-12-31", "reason": "It is not."}
    assert (await admin.does(f"/periods/{period_id}/reopening", again))["closes_on"] == "2026-12-31"
    same = {"grace_days": before["grace_days"], "reason": "As it was."}
    found = await admin.does(f"/periods/{period_id}", same, method="PATCH")
    assert (found["closes_on"], found["grace_days"]) == (before["closes_on"], before["grace_days"])
    assert (await admin.does(f"/periods/{period_id}", same, method="PATCH"))["version"] == found["version"]


async def test_of_a_goal_that_hr_may_not_read_no_day_is_told(house: GoalsHouse) -> None:
    period_id, admin = await opened(house), house.as_("admin", "hr_admin")
    await house.drafted(period_id=period_id, due_on="2026-03-31", visibility="private")
    said = {"ends_on": "2026-03-29", "reason": "So it is."}
    refused = await admin.patch(f"/periods/{period_id}", said)
    assert (rule_of(refused), "2026-03-31" in refused.text) == ("goals-outside", False)
    await house.drafted(period_id=period_id, due_on="2026-03-30")
    refused = await admin.patch(f"/periods/{period_id}", said)
    assert (rule_of(refused), refused.json()["due_on"]) == ("goals-outside", "2026-03-30")
