"""How a goal stands, looked at from outside on some day, and what of it has turned since the last look.

A look is taken when something was reported and when a day begins where the owner lives.  What is
worth telling is told once, when it turns.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import ClassVar, Final, NamedTuple

from services.goals.domain.beside import Standing
from services.goals.domain.forecast import Point, forecast, heading, predicted_progress
from services.goals.domain.goal import Goal
from services.goals.domain.pace import read_pace, share_of_time
from shared.aggregate import Aggregate
from shared.contracts import goals as contract
from shared.contracts.base import Frozen
from shared.contracts.goals import Neglect, Pace
from shared.ids import GoalId, KeyResultId

CHECK_IN_DAYS: Final = 14
"""Where nobody has said how often."""
SILENT_AFTER: Final = 2
"""Check-ins missed in a row."""
NEGLECTED_FROM: Final = 1 / 3
"""The share of the time after which a goal that nobody ever touched is neglected."""


class PartOutlook(Frozen):
    """The forecast of a key result, kept; see `PartForecast`."""

    key_result_id: KeyResultId
    value: float
    low: float
    high: float
    progress: float
    reaches_on: date | None
    earliest_on: date | None
    latest_on: date | None


class Outlook(Aggregate):
    """What the last look found; see `Reading` for the pace.

    Key results whose measurements are too few for a forecast are left out.
    """

    id_field: ClassVar[str] = "goal_id"
    goal_id: GoalId
    on: date
    pace: Pace
    progress: float | None
    expected: float | None
    gap: float | None
    reason: str
    predicted_progress: float | None
    key_results: tuple[PartOutlook, ...]
    next_check_in_on: date
    missed_check_ins: int


class Look(NamedTuple):
    """What is seen: measurements by key result, the day where the owner lives, and whether they work here."""

    points: Mapping[KeyResultId, Sequence[Point]]
    on: date
    owner_works_here: bool
    check_in_days: int = CHECK_IN_DAYS


def look(goal: Goal, seen: Look) -> Outlook:
    """How an agreed goal stands."""
    reading = read_pace(goal, on=seen.on)
    forecasts = [
        forecast(part, seen.points.get(part.key_result_id, ()), starts_on=goal.starts_on, due_on=goal.due_on)
        for part in goal.key_results
    ]
    next_on, missed = check_ins(goal, on=seen.on, every=seen.check_in_days)
    return Outlook(
        goal_id=goal.goal_id,
        on=seen.on,
        pace=reading.pace,
        progress=reading.progress,
        expected=reading.expected,
        gap=reading.gap,
        reason=reading.reason,
        predicted_progress=predicted_progress(goal.key_results, forecasts),
        key_results=tuple(
            PartOutlook(key_result_id=part.key_result_id, **each._asdict())
            for part, each in zip(goal.key_results, forecasts, strict=True)
            if each is not None
        ),
        next_check_in_on=next_on,
        missed_check_ins=missed,
    )


def check_ins(goal: Goal, *, on: date, every: int) -> tuple[date, int]:
    """When the next check-in is due, and how many were missed in a row up to that day.

    They are due `every` so many days from the last one, or from when the goal began to run.
    """
    since = max(filter(None, (goal.starts_on, goal.agreed_on, goal.checked_in_on)))
    missed = max(0, (min(on, goal.due_on) - since).days - 1) // every
    return since + timedelta(days=every * (missed + 1)), missed


def standing(goal: Goal, outlook: Outlook, seen: Look) -> Standing:
    """What of the outlook is told when it turns."""
    return Standing(
        pace=outlook.pace,
        heading=heading(outlook.predicted_progress, before=goal.standing.heading),
        overdue=seen.on > goal.due_on,
        silent=outlook.missed_check_ins >= SILENT_AFTER,
        neglect=_neglect(goal, seen),
    )


def turns(goal: Goal, now: Standing, outlook: Outlook) -> Sequence[contract.Event]:
    """The events of what has turned since the goal's last standing."""
    before, named = goal.standing, goal.named()
    events: list[contract.Event] = []
    if now.pace != before.pace and now.pace is not None:
        events.append(
            contract.GoalPaceChanged(
                **named,
                from_pace=before.pace,
                to_pace=now.pace,
                progress=outlook.progress,
                expected=outlook.expected,
            )
        )
    if now.heading != before.heading and now.heading is not None:
        events.append(
            contract.GoalForecastTurned(
                **named,
                from_heading=before.heading,
                to_heading=now.heading,
                predicted_progress=outlook.predicted_progress,
                due_on=goal.due_on,
            )
        )
    if now.overdue and not before.overdue:
        events.append(contract.GoalFellOverdue(**named, due_on=goal.due_on, progress=goal.progress))
    if now.silent and not before.silent:
        events.append(
            contract.GoalWentSilent(**named, last_on=goal.checked_in_on, missed=outlook.missed_check_ins)
        )
    # Who takes over what was left alone is not told in the same moment that nobody has touched it.
    if now.neglect is not None and before.neglect not in {now.neglect, "owner_left"}:
        events.append(contract.GoalNeglected(**named, because=now.neglect))
    return events


def _neglect(goal: Goal, seen: Look) -> Neglect | None:
    if not seen.owner_works_here:
        return "owner_left"
    touched = goal.checked_in_on is not None or any(part.measured_at for part in goal.key_results)
    gone = share_of_time(goal.starts_on, goal.due_on, on=seen.on)
    return None if touched or gone < NEGLECTED_FROM else "never_touched"
