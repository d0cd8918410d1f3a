"""Whether a goal is SMART, and how to mend it where it is not.

Specific, measurable, achievable, relevant, time-bound: Doran, 1981.  Achievable is the owner's
own agreement, and time-bound what the dates of every goal say; the rest is asked here.
"""

from typing import Protocol

from shared.ids import GoalId


class Worded(Protocol):
    """The parts of a goal that are looked at."""

    @property
    def description(self) -> str:
        """What it is about."""
        ...

    @property
    def parent_id(self) -> GoalId | None:
        """What it serves."""
        ...

    @property
    def relevance(self) -> str:
        """Why it matters although it serves no other goal."""
        ...

    @property
    def key_results(self) -> tuple[object, ...]:
        """How it is measured."""
        ...


def missing_parts(goal: Worded) -> dict[str, str]:
    """By missing part, how to mend it; empty for a SMART goal."""
    missing: dict[str, str] = {}
    if not goal.description.strip():
        missing["specific"] = "Describe what will be different when it is done."
    if not goal.key_results:
        missing["measurable"] = "Add at least one key result or measure."
    if goal.parent_id is None and not goal.relevance.strip():
        missing["relevant"] = "Align it to a goal that it serves, or say why it matters on its own."
    return missing
