"""What is counted of a goal, as one word: goals of one word are alike to who counts them."""

from math import floor
from typing import Final, NamedTuple, Self

from services.goals.domain.goal import Goal
from services.goals.domain.roll_up import UNFINISHED

ORPHANED: Final = "orphaned"


def whole_percent(progress: float | None) -> int | None:
    """A share from 0 to 1 as means and orders have it, half a per cent rounded up."""
    return None if progress is None else floor(progress * 100 + 0.5)


class Tally(NamedTuple):
    """What is counted of a goal; all but status and outcome only while it is agreed, else empty."""

    status: str
    outcome: str
    pace: str
    overdue: str
    blocked: str
    orphaned: str = ""

    @classmethod
    def of(cls, goal: Goal) -> Self:
        """That of a goal."""
        stands = goal.standing
        return cls.told(
            goal.status,
            goal.outcome,
            stands.pace,
            overdue=stands.overdue,
            blocked=bool(goal.blocked_by),
            orphaned=goal.orphaned,
        )

    @classmethod
    def told(
        cls,
        status: str,
        outcome: str | None,
        pace: str | None,
        *,
        overdue: bool,
        blocked: bool,
        orphaned: bool = False,
    ) -> Self:
        """That of a goal of which this is so."""
        if status != "agreed":
            return cls(status, outcome or "", "", "", "")
        return cls(status, "", pace or "", "overdue" * overdue, "blocked" * blocked, ORPHANED * orphaned)

    @classmethod
    def read(cls, word: str) -> Self:
        """That which a word tells."""
        return cls(*word.split(":"))

    @property
    def tells_progress(self) -> bool:
        """Whether it was agreed and has run its course so far: others have come nowhere that would count."""
        return self.status == "agreed" or (self.status == "closed" and self.outcome not in UNFINISHED)

    @property
    def word(self) -> str:
        """As documents have it: the stage first, so that goals of one lie together."""
        return ":".join(self if self.orphaned else self[:-1])


__all__ = ["ORPHANED", "Tally", "whole_percent"]
