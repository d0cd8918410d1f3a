"""The way that a goal has gone, and the way that it was expected to go: the lines of its chart.

Progress is reckoned anew from what was measured, by today's targets and weights.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from services.goals.domain.forecast import Point
from services.goals.domain.goal import Goal
from services.goals.domain.key_result import KeyResult, weighted
from services.goals.domain.measured_in import MOVING, THRESHOLDS
from services.goals.domain.outlook import Outlook, PartOutlook
from services.goals.domain.pace import expected_progress
from shared.ids import KeyResultId


class Measured(NamedTuple):
    """A value of a key result, in its unit, and when it held."""

    key_result_id: KeyResultId
    at: datetime
    value: float


class Ahead(NamedTuple):
    """What is forecast for the due date, and the ends of its range."""

    value: float
    low: float
    high: float


def midnight(on: date) -> datetime:
    """When a day begins, in UTC."""
    return datetime.combine(on, time(), UTC)


def progress_course(goal: Goal, measured: Sequence[Measured]) -> list[Point]:
    """The goal's share of the way, 0 to 1, at its start and after each measurement, oldest first.

    What was measured before the start counts from the start on; a time at which nothing can be told
    has no point.
    """
    begins = midnight(goal.starts_on)
    parts = {part.key_result_id: part.model_copy(update={"current": None}) for part in goal.key_results}
    shares = {id_: part.progress for id_, part in parts.items()}
    course = [(begins, _together(goal, shares))]
    for each in sorted(measured, key=lambda each: each.at):
        part = parts.get(each.key_result_id)
        if part is None:
            continue
        shares[each.key_result_id] = part.model_copy(update={"current": each.value}).progress
        course.append((max(begins, each.at), _together(goal, shares)))
    return [Point(at, share) for at, share in _last_of_each(course) if share is not None]


def value_course(part: KeyResult, measured: Sequence[Measured], *, starts_on: date) -> list[Point]:
    """The values of a key result, oldest first; what moves begins at its start."""
    begins = midnight(starts_on)
    course: list[tuple[datetime, float | None]] = [(begins, part.start if part.type in MOVING else None)]
    course += [
        (max(begins, each.at), each.value)
        for each in sorted(measured, key=lambda each: each.at)
        if each.key_result_id == part.key_result_id
    ]
    return [Point(at, value) for at, value in _last_of_each(course) if value is not None]


def expected_course(goal: Goal) -> tuple[Point, Point] | None:
    """Where the goal's progress was to begin and to end; see pace.py.  None while nothing can be told."""
    first = expected_progress(goal, on=goal.starts_on - timedelta(days=1))
    last = expected_progress(goal, on=goal.due_on)
    if first is None or last is None:
        return None
    return Point(midnight(goal.starts_on), first), Point(midnight(goal.due_on + timedelta(days=1)), last)


def expected_values(part: KeyResult, *, starts_on: date, due_on: date) -> tuple[Point, Point] | None:
    """From start to target of what moves, the threshold of what guards one; else None."""
    if part.type not in MOVING | THRESHOLDS or part.unit_kind == "yes_no":
        return None
    first = part.start if part.type in MOVING else part.target
    return Point(midnight(starts_on), first), Point(midnight(due_on + timedelta(days=1)), part.target)


def value_ahead(part: KeyResult, outlook: Outlook) -> Ahead | None:
    """What is forecast for a key result, in its unit; None without a forecast."""
    found = _forecasts(outlook).get(part.key_result_id)
    return Ahead(found.value, found.low, found.high) if found else None


def progress_ahead(goal: Goal, outlook: Outlook) -> Ahead | None:
    """What is forecast for the goal's progress, 0 to 1; None without a forecast.

    The range is reached if all key results end at the same end of theirs: it is wider than 80 %.
    """
    if outlook.predicted_progress is None:
        return None
    known = _forecasts(outlook)
    ends: list[tuple[float, float, float]] = []
    for part in goal.key_results:
        found = known.get(part.key_result_id)
        if found is not None:
            low, high = sorted((part.share_at(found.low), part.share_at(found.high)))
            ends.append((part.weight, low, high))
        elif part.type not in MOVING and part.progress is not None:
            ends.append((part.weight, part.progress, part.progress))
    low = weighted((weight, low) for weight, low, _ in ends)
    high = weighted((weight, high) for weight, _, high in ends)
    told = outlook.predicted_progress
    return Ahead(told, told if low is None else min(told, low), told if high is None else max(told, high))


def _forecasts(outlook: Outlook) -> dict[KeyResultId, PartOutlook]:
    return {each.key_result_id: each for each in outlook.key_results}


def _together(goal: Goal, shares: dict[KeyResultId, float | None]) -> float | None:
    return weighted((part.weight, shares[part.key_result_id]) for part in goal.key_results)


def _last_of_each(course: Sequence[tuple[datetime, float | None]]) -> list[tuple[datetime, float | None]]:
    return list(dict(course).items())
