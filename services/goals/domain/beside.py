"""What a goal keeps beside its words: how it was told to stand, the change that waits, who read it before."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from services.goals.domain.change import Change
from shared.contracts.base import Frozen
from shared.contracts.goals import Heading, Neglect, Pace, Visibility
from shared.ids import PersonId

_WIDENING: Final[Sequence[Visibility]] = ("private", "line", "team", "everyone")
"""Who reads by one of them reads by those after it."""


class Standing(Frozen):
    """What of an agreed goal's outlook has been told; see outlook.py."""

    pace: Pace | None = None
    heading: Heading | None = None
    overdue: bool = False
    silent: bool = False
    neglect: Neglect | None = None


class Amendment(Frozen):
    """A change that somebody wants, and why; `then` is who has to agree after the one who is asked now."""

    change: Change
    by: PersonId
    reason: str
    then: PersonId | None = None


class Narrower(Frozen):
    """Until when a goal was for fewer to read than it is now, or was later."""

    visibility: Visibility
    until: datetime


def is_wider(visibility: Visibility, before: Visibility) -> bool:
    """Whether more read by it than by the one before."""
    return _WIDENING.index(visibility) > _WIDENING.index(before)


def kept_narrower(
    earlier: Sequence[Narrower], before: Visibility, visibility: Visibility, *, at: datetime
) -> tuple[Narrower, ...]:
    """Until when a goal was for fewer, with the time of a change if it is for more from then on."""
    if not is_wider(visibility, before):
        return tuple(earlier)
    others = (each for each in earlier if each.visibility != before)
    return (*others, Narrower(visibility=before, until=at))
