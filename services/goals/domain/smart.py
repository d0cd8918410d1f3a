"""Whether a goal is SMART, and how to mend it where it is not.

Specific, measurable, achievable, relevant, time-bound: Doran, 1981.  Achievable is the owner's
own agreement, and time-bound what the dates of every goal say; the rest is asked here.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

from shared.contracts.goals import GoalKind, KeyResultType
from shared.ids import GoalId

Part = Literal["specific", "measurable", "relevant"]


class Measured(Protocol):
    """The parts of a key result that are looked at."""

    @property
    def type(self) -> KeyResultType:
        """How it is measured."""
        ...


class Worded(Protocol):
    """The parts of a goal that are looked at."""

    @property
    def kind(self) -> GoalKind:
        """What kind of goal it is."""
        ...

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
    def key_results(self) -> Sequence[Measured]:
        """How it is measured."""
        ...


def missing_parts(goal: Worded) -> dict[Part, str]:
    """By missing part, how to mend it; empty for a SMART goal."""
    missing: dict[Part, str] = {}
    if not goal.description.strip():
        missing["specific"] = "Describe what will be different when it is done."
    if not goal.key_results:
        missing["measurable"] = "Add at least one key result or measure."
    elif goal.kind == "kpi" and any(part.type in {"milestone", "baseline"} for part in goal.key_results):
        missing["measurable"] = (
            "A KPI is followed over time: let its measures increase, decrease, or stay above or below a"
            " value; a range is one measure that stays above and one that stays below."
        )
    if goal.parent_id is None and not goal.relevance.strip():
        missing["relevant"] = "Align it to a goal that it serves, or say why it matters on its own."
    return missing
