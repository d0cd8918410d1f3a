"""Periods: what each stage allows, and when a day has ended everywhere."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.goals.domain.period import (
    OutsidePeriod,
    Period,
    PeriodClosed,
    PeriodClosing,
    PeriodCorrection,
    PeriodWording,
    ended,
)
from shared.ids import PeriodId, PersonId

Q1: dict[str, Any] = {
    "name": "Q1 2026",
    "kind": "quarter",
    "starts_on": "2026-01-01",
    "ends_on": "2026-03-31",
    "grace_days": 10,
}


def opened(**changes: Any) -> Period:
    return Period.open(PeriodWording.model_validate({**Q1, **changes}), period_id=PeriodId("p"))[0]


def test_a_day_ends_when_it_has_ended_everywhere() -> None:
    assert ended(date(2026, 3, 31)) == datetime(2026, 4, 1, 12, tzinfo=UTC)


def test_a_period_opens_closes_and_is_closed_in_its_time() -> None:
    period = opened()
    assert period.next_turn() == datetime(2026, 4, 1, 12, tzinfo=UTC)
    same, nothing = period.turn(at=datetime(2026, 4, 1, 11, 59, tzinfo=UTC))
    assert (same, nothing) == (period, [])
    closing, [event] = period.turn(at=datetime(2026, 4, 1, 12, tzinfo=UTC))
    assert (event.from_status, event.to_status) == ("open", "closing")
    assert closing.next_turn() == datetime(2026, 4, 11, 12, tzinfo=UTC)
    closed, _ = closing.turn(at=datetime(2026, 4, 11, 12, tzinfo=UTC))
    assert (closed.status, closed.next_turn()) == ("closed", None)


def test_a_clock_that_slept_takes_every_step_and_one_that_goes_back_opens_nothing() -> None:
    closed, events = opened().turn(at=datetime(2027, 1, 1, tzinfo=UTC))
    steps = [(event.from_status, event.to_status) for event in events]
    assert steps == [("open", "closing"), ("closing", "closed")]
    assert closed.status == "closed"
    assert closed.turn(at=datetime(2026, 1, 1, tzinfo=UTC)) == (closed, [])


def test_what_each_stage_allows() -> None:
    open_ = opened()
    closing = open_.turn(at=datetime(2026, 4, 2, tzinfo=UTC))[0]
    at = datetime(2026, 3, 1, tzinfo=UTC)
    closed = open_.close(by=PersonId("admin"), reason="We merge.", at=at)[0]
    open_.require("plan")
    open_.require("follow")
    closing.require("follow")
    with pytest.raises(PeriodClosing, match="closing"):
        closing.require("plan")
    with pytest.raises(PeriodClosed, match="carry over what was agreed here, and cancel what was not"):
        closed.require("plan")
    with pytest.raises(PeriodClosed, match="carry it over"):
        closed.require("follow")
    with pytest.raises(PeriodClosed):
        closed.close(by=None, reason="Again.", at=at)


@pytest.mark.parametrize("due_on", [date(2025, 12, 31), date(2026, 4, 1)])
def test_a_goal_of_a_period_is_due_within_it(due_on: date) -> None:
    opened().require_within(date(2026, 1, 1))
    opened().require_within(date(2026, 3, 31))
    with pytest.raises(OutsidePeriod, match="2026-01-01 to 2026-03-31"):
        opened().require_within(due_on)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends_on": "2026-01-01"},
        {"ends_on": "2026-06-30"},
        {"kind": "year"},
        {"kind": "half_year"},
        {"grace_days": 91},
        {"check_in_days": 0},
        {"name": " "},
        {"kind": "custom", "ends_on": "9999-12-31"},
    ],
)
def test_a_period_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        opened(**wrong)


def test_any_length_is_custom() -> None:
    assert opened(kind="custom", ends_on="2026-01-09").status == "open"


@given(st.integers(-365, 365), st.integers(0, 90))
def test_stages_follow_each_other_and_never_go_back(days: int, grace: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days)
    order = ["open", "closing", "closed"]
    period = opened(grace_days=grace)
    first = period.turn(at=at)[0]
    later = first.turn(at=at + timedelta(days=30))[0]
    assert order.index(period.status) <= order.index(first.status) <= order.index(later.status)


def test_a_correction_leads_through_every_stage_that_its_dates_pass() -> None:
    period, events = opened(kind="custom").correct(
        PeriodCorrection(ends_on=date(2026, 1, 31), grace_days=0),
        by=PersonId("admin"),
        reason="It was short.",
        at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    assert [type(event).__name__ for event in events] == ["PeriodCorrected", "PeriodTurned", "PeriodTurned"]
    assert period.status == "closed"
    assert period.changes[0].before == PeriodCorrection(ends_on=date(2026, 3, 31), grace_days=10)
