"""What an initiative is, how far it is and what it takes: exact, one currency, no way back."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from services.goals.domain.goal import Goal
from services.goals.domain.initiative import (
    CurrencySettled,
    Initiative,
    InitiativeEnded,
    InitiativePlan,
    Progress,
)
from services.goals.domain.wording import Wording
from shared.currencies import PLACES
from shared.errors import Invalid
from shared.ids import GoalId, InitiativeId, PersonId
from shared.money import Amount, Days, in_currency

AT = datetime(2026, 2, 1, tzinfo=UTC)
ANNA, BEN = PersonId("anna"), PersonId("ben")
GOAL = Goal.draft(
    Wording(title="Grow", starts_on=date(2026, 1, 1), due_on=date(2026, 3, 31)),
    goal_id=GoalId("g"),
    owner_id=ANNA,
)[0]


def plan(**said: Any) -> InitiativePlan:
    usual = {"title": "Call", "owner_id": "ben", "starts_on": "2026-01-10", "due_on": "2026-02-10"}
    return InitiativePlan.model_validate(usual | said)


def planned(**said: Any) -> Initiative:
    return Initiative.plan(plan(**said), GOAL, initiative_id=InitiativeId("i"), by=ANNA)[0]


def told(**said: Any) -> Progress:
    return Progress.model_validate(said)


@pytest.mark.parametrize(
    ("amount", "currency", "kept"),
    [("1250", "EUR", "1250.00"), ("0.1", "EUR", "0.10"), ("1e3", "JPY", "1000"), ("1.234", "KWD", "1.234")],
)
def test_an_amount_has_the_places_of_its_currency(amount: str, currency: str, kept: str) -> None:
    initiative = planned(planned_cost=amount, currency=currency)
    assert initiative.model_dump()["planned_cost"] == kept
    assert initiative.model_dump(mode="json")["planned_cost"] == kept


@pytest.mark.parametrize(
    "said",
    [
        {"planned_cost": "1.5", "currency": "JPY"},
        {"planned_cost": "1.005", "currency": "EUR"},
        {"planned_cost": "1"},
        {"due_on": "2026-01-09"},
    ],
)
def test_what_makes_no_sense_is_not_planned(said: Any) -> None:
    with pytest.raises(Invalid):
        planned(**said)


@pytest.mark.parametrize("code", ["EURO", "eur", "XYZ", ""])
def test_a_currency_is_one_of_iso_4217(code: str) -> None:
    with pytest.raises(ValidationError):
        plan(currency=code)
    assert (len(PLACES) > 160, PLACES["EUR"], PLACES["JPY"], PLACES["TND"]) == (True, 2, 0, 3)


@pytest.mark.parametrize("wrong", ["-1", "NaN", "Infinity", "1e300", "0.00001", "ten", None])
def test_an_amount_is_a_number_that_can_be_counted(wrong: Any) -> None:
    for kind in (Amount, Days):
        with pytest.raises(ValidationError):
            TypeAdapter[Any](kind).validate_python(wrong)


@pytest.mark.parametrize("zero", ["0E-999999999", "0E999999999", "-0", "0.00000000", 0, -0.0])
def test_a_nothing_of_whatever_length_is_written_short(zero: Any) -> None:
    for kind, longest in ((Amount, "0.0000"), (Days, "0.00")):
        read = TypeAdapter[Any](kind)
        assert longest.startswith(read.dump_python(read.validate_python(zero)))


def test_amounts_are_added_up_without_a_rounding_of_floats() -> None:
    assert sum((in_currency(Decimal("0.1"), "EUR") for _ in range(3)), Decimal(0)) == Decimal("0.30")


def test_dates_beyond_the_goals_are_told_and_not_refused() -> None:
    assert planned().beyond(GOAL) == ()
    assert planned(starts_on="2025-12-01").beyond(GOAL) == ("starts_before_goal",)
    early_and_late = planned(starts_on="2025-12-01", due_on="2026-05-01")
    assert early_and_late.beyond(GOAL) == ("starts_before_goal", "ends_after_goal")


def test_a_report_begins_it_and_what_it_leaves_out_stays() -> None:
    begun, event = planned(currency="EUR").report(told(share_done=0.3, effort_days="2.5", cost="10"), by=BEN)
    assert (begun.status, begun.share_done, begun.actual_cost) == ("under_way", 0.3, Decimal("10.00"))
    assert (event.status, event.by_person_id) == ("under_way", BEN)
    corrected, _ = begun.report(told(effort_days="2"), by=BEN)
    assert (corrected.share_done, corrected.actual_effort_days) == (0.3, Decimal(2))
    assert corrected.actual_cost == Decimal("10.00")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"note": "Nobody answers yet."}, "planned"),
        ({"share_done": 0, "effort_days": 0, "cost": 0}, "planned"),
        ({"share_done": 0.01}, "under_way"),
        ({"effort_days": "0.5"}, "under_way"),
        ({"cost": "1"}, "under_way"),
    ],
)
def test_it_is_under_way_once_some_is_done_or_taken(said: Any, status: str) -> None:
    assert planned(currency="EUR").report(told(**said), by=BEN)[0].status == status


@pytest.mark.parametrize(("share", "outcome"), [(1, "done"), (0.99, "dropped"), (0, "dropped")])
def test_with_its_goal_it_ends_as_done_if_all_of_it_is(share: float, outcome: str) -> None:
    reported, _ = planned().report(told(share_done=share), by=BEN)
    ended, event = reported.end_with_goal(at=AT)
    assert (ended.status, ended.share_done, event.outcome, event.by_person_id) == (
        outcome,
        share,
        outcome,
        None,
    )


def test_a_report_says_something_and_in_the_currency_that_counts() -> None:
    with pytest.raises(Invalid):
        planned().report(told(), by=BEN)
    with pytest.raises(Invalid):
        planned().report(told(cost="1"), by=BEN)
    counted, _ = planned().report(told(cost="1", currency="CHF"), by=BEN)
    assert (counted.currency, counted.actual_cost) == ("CHF", Decimal("1.00"))
    with pytest.raises(CurrencySettled):
        counted.report(told(cost="1", currency="EUR"), by=BEN)
    with pytest.raises(CurrencySettled):
        counted.change(plan(currency="EUR"), by=ANNA)


def test_what_is_done_is_wholly_done_and_only_its_cost_is_corrected() -> None:
    done, event = planned().close("done", by=BEN, reason="", at=AT)
    assert (done.status, done.share_done, done.closed_at, event.outcome) == ("done", 1.0, AT, "done")
    late, _ = done.report(told(cost="99", currency="EUR"), by=BEN)
    assert (late.status, late.share_done, late.actual_cost) == ("done", 1.0, Decimal("99.00"))
    with pytest.raises(InitiativeEnded):
        done.report(told(share_done=0.5), by=BEN)
    with pytest.raises(InitiativeEnded):
        done.change(plan(title="More"), by=ANNA)
    with pytest.raises(InitiativeEnded):
        done.close("dropped", by=ANNA, reason="No", at=AT)


def test_what_is_dropped_says_why_unless_its_goal_was_closed() -> None:
    with pytest.raises(Invalid):
        planned().close("dropped", by=ANNA, reason="", at=AT)
    dropped, _ = planned().close("dropped", by=ANNA, reason="Too dear", at=AT)
    assert (dropped.status, dropped.share_done, dropped.reason) == ("dropped", 0.0, "Too dear")
    ended, event = planned().close("dropped", by=None, reason="", at=AT)
    assert (ended.status, event.by_person_id) == ("dropped", None)


def test_given_to_somebody_else_it_is_worked_on_again() -> None:
    alone, _ = planned().left_alone()
    same, event = alone.change(plan(title="Write"), by=ANNA)
    assert event is not None
    assert (same.owner_left, event.changes, event.from_owner_id) == (True, ("title",), None)
    given, event = alone.change(plan(owner_id="cleo"), by=ANNA)
    assert event is not None
    assert (given.owner_left, event.changes, event.from_owner_id) == (False, ("owner_id",), BEN)
    assert planned().change(plan(), by=ANNA)[1] is None
