"""Alignment: which goal serves which.  A goal never serves itself, however long the way."""

from collections.abc import Sequence

from shared.errors import Refusal
from shared.ids import GoalId


class AlignmentCycle(Refusal):
    """The goal would serve itself."""


def refuse_cycle(goal_id: GoalId, *, above_parent: Sequence[GoalId]) -> None:
    """Refuse a parent whose own line above, the parent included, has the goal in it."""
    if goal_id in above_parent:
        raise AlignmentCycle(
            "The goal would serve itself by way of its parent; choose a parent that does not depend on it.",
            goal_id=goal_id,
        )
