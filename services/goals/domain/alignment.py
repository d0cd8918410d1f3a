"""Alignment: which goal serves which.  A goal never serves itself, however long the way."""

from collections.abc import Sequence
from typing import Final

from shared.errors import Refusal
from shared.ids import GoalId

MOST_ABOVE: Final = 30
"""So many goals may stand above one that is put below them, since each of them is read then.  What serves it
already comes with it unread, so that a line can be longer."""


class AlignmentCycle(Refusal):
    """The goal would serve itself."""


class AlignmentTooDeep(Refusal):
    """Too many goals stand above the one that is to be served."""


class NoSuchParent(Refusal):
    """The parent does not exist, or the caller may not know that it does."""

    status = 422


class ParentClosed(Refusal):
    """A goal that is closed can be served no more."""


def require_place(goal_id: GoalId, *, above: Sequence[GoalId]) -> None:
    """Refuse a parent whose own line above, the parent included, has the goal in it or is too long."""
    if goal_id in above:
        raise AlignmentCycle(
            "The goal would serve itself by way of its parent; choose a parent that does not depend on it.",
            goal_id=goal_id,
        )
    if len(above) > MOST_ABOVE:
        raise AlignmentTooDeep(
            f"More than {MOST_ABOVE} goals would stand above this one; align it further up.", limit=MOST_ABOVE
        )
