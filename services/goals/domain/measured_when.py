"""At which times a value of a goal's key results may have held."""

from datetime import UTC, datetime, time, timedelta
from typing import Final

from services.goals.domain.goal import Goal
from shared.clock import to_millisecond
from shared.errors import Invalid

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
BEFORE: Final = timedelta(days=366)
"""A year of what was before a goal belongs to its history; what is older is a clock that was never set."""

_MILLISECOND: Final = timedelta(milliseconds=1)
_AT_ONCE: Final = timedelta(seconds=1)
"""Reports of one batch are told apart within it; a clock that went back further is taken as it is."""


class MeasuredInFuture(Invalid):
    """A measurement holds for a time that has come."""


class MeasuredLongBefore(Invalid):
    """A measurement holds for a time at most a year before its goal begins."""


TIMES: Final = (MeasuredInFuture, MeasuredLongBefore)
"""What refuses the time of a measurement."""


def require_time(measured_at: datetime | None, goal: Goal, *, now: datetime) -> datetime:
    """The time of a measurement, now if it has none; clocks may differ by five minutes.

    Raises:
        MeasuredInFuture: it has not come yet.
        MeasuredLongBefore: it lies more than a year before the goal's first day.
    """
    if measured_at is None:
        return now
    if measured_at > now + CLOCK_TOLERANCE:
        raise MeasuredInFuture(
            "A measurement cannot lie in the future; send the time at which the value held."
        )
    earliest = datetime.combine(goal.starts_on, time(), UTC) - BEFORE
    if measured_at < earliest:
        raise MeasuredLongBefore(
            f"The goal begins on {goal.starts_on}, more than a year after {measured_at.date()}; send the time"
            " at which the value held, or leave measured_at out if it holds now.",
            earliest=earliest,
        )
    return to_millisecond(measured_at)


def with_report(goal: Goal, *, now: datetime) -> Goal:
    """The goal as of a report of a value now: after the report before, however many come at once.

    Of several that held at one time the last report counts, and times are kept in milliseconds.
    """
    before = goal.told_at
    if before is None or not timedelta() <= before - now < _AT_ONCE:
        return goal.model_copy(update={"told_at": now})
    return goal.model_copy(update={"told_at": before + _MILLISECOND})
