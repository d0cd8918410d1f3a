"""Whether a goal is where it should be by now.

What moves is expected to have gone the share of the way that its time has gone; what guards a
threshold is expected to hold on any day, a yes or no and a baseline to be there by the last one.  Up to
16.5 points behind what was expected is on track, up to 33 is behind, more is at risk.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple, Protocol

from services.goals.domain.key_result import PLACES, KeyResult, weighted
from services.goals.domain.measured_in import THRESHOLDS
from shared.contracts.goals import Pace

ON_TRACK_POINTS: Final = 16.5
BEHIND_POINTS: Final = 33.0


class Paced(Protocol):
    """A goal, as it is or as it was: from when to when it runs, and how far it has come, 0 to 1."""

    @property
    def starts_on(self) -> date:
        """Its first day."""
        ...

    @property
    def due_on(self) -> date:
        """Its last day."""
        ...

    @property
    def key_results(self) -> Sequence[KeyResult]:
        """As they stand."""
        ...

    @property
    def progress(self) -> float | None:
        """Of all of them together."""
        ...


class Reading(NamedTuple):
    """Where a goal is on a day: `expected` and `progress` are shares from 0 to 1, `gap` is in points of 100.

    A gap below zero is a lead.  All but the pace and the reason are None while nothing can be told.
    """

    pace: Pace
    on: date
    progress: float | None
    expected: float | None
    gap: float | None
    reason: str


def share_of_time(starts_on: date, due_on: date, *, on: date) -> float:
    """How much of the time has gone by the end of a day, 0 to 1; the first and the last day count."""
    return min(1.0, max(0.0, ((on - starts_on).days + 1) / ((due_on - starts_on).days + 1)))


def expected_progress(goal: Paced, *, on: date) -> float | None:
    """sum(weight x expected) / sum(weight) over the parts that can be told; None if none can."""
    gone = share_of_time(goal.starts_on, goal.due_on, on=on)
    return weighted(
        (part.weight, _expected_of(part, gone)) for part in goal.key_results if part.progress is not None
    )


def _expected_of(part: KeyResult, gone: float) -> float:
    """What guards a threshold holds at once, a yes or no and a baseline come last, the rest bit by bit."""
    if part.type in THRESHOLDS:
        return 1.0
    return float(gone >= 1.0) if part.unit_kind == "yes_no" or part.type == "baseline" else gone


def read_pace(goal: Paced, *, on: date) -> Reading:
    """Where the goal is on a day, with the reason in words."""
    progress, expected = goal.progress, expected_progress(goal, on=on)
    if progress is None or expected is None:
        return Reading("not_measured", on, None, None, None, "Nothing was measured that can be told.")
    gap = round((expected - progress) * 100, PLACES)
    said = f"Progress is {progress:.0%} where {expected:.0%} was to be expected by {on:%d %B %Y}"
    pace = _pace(gap)
    if pace == "on_track":
        ahead = f": {-gap:.0f} points ahead." if gap <= -1 else ", which is on track."
        return Reading(pace, on, progress, expected, gap, said + ahead)
    return Reading(pace, on, progress, expected, gap, f"{said}: {gap:.0f} points behind.")


def _pace(gap: float) -> Pace:
    if gap <= ON_TRACK_POINTS:
        return "on_track"
    return "behind" if gap <= BEHIND_POINTS else "at_risk"
