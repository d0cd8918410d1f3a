"""How much of an owner's effort their goals take: 100 at most on any day.

Drafts are sketches and take nothing; a goal takes its weight from the day on which somebody is asked
to agree to it.
"""

from collections.abc import Collection
from datetime import date
from math import fsum
from typing import Final, Protocol

from shared.errors import Refusal

WHOLE: Final = 100.0
_ROUNDING: Final = 1e-6
"""Thirds that are rounded to some places may add up to a little more than the whole."""


class WeightsExceedWhole(Refusal):
    """The weights of one owner's goals that run at the same time add up to 100 at most."""

    status = 422


class Weighted(Protocol):
    """A goal as far as its weight goes; both dates belong to it."""

    @property
    def weight(self) -> float:
        """Out of 100."""
        ...

    @property
    def starts_on(self) -> date:
        """The first day."""
        ...

    @property
    def due_on(self) -> date:
        """The last day."""
        ...


def heaviest_day(goals: Collection[Weighted], *, first: date, last: date) -> float:
    """The most that the goals together weigh on any day of a period; that is one on which one starts."""
    days = {first} | {goal.starts_on for goal in goals if first <= goal.starts_on <= last}
    return max(fsum(goal.weight for goal in goals if goal.starts_on <= day <= goal.due_on) for day in days)


def free_beside(goal: Weighted, others: Collection[Weighted]) -> float:
    """How much of the whole an owner's other goals leave on each day of a goal."""
    return WHOLE - heaviest_day(others, first=goal.starts_on, last=goal.due_on)


def has_room(goal: Weighted, *, beside: Collection[Weighted]) -> bool:
    """Whether the owner's others leave room for it."""
    return not goal.weight or goal.weight <= free_beside(goal, beside) + _ROUNDING


def require_room(goal: Weighted, *, beside: Collection[Weighted]) -> None:
    """Refuse a goal for which the owner's others leave no room."""
    if not has_room(goal, beside=beside):
        free = max(0.0, round(free_beside(goal, beside), 6))
        raise WeightsExceedWhole(
            f"The owner's other goals of that time leave {free:g} of 100; give this one no more, or close"
            " or withdraw another.",
            free=free,
            weight=goal.weight,
        )
