"""What is counted of a goal, as one word: goals of one word are alike to who counts them."""

from typing import NamedTuple, Self

from services.goals.domain.goal import Goal


class Tally(NamedTuple):
    """What is counted of a goal; pace, overdue and blocked only while it is agreed, else empty."""

    status: str
    outcome: str
    pace: str
    overdue: str
    blocked: str

    @classmethod
    def of(cls, goal: Goal) -> Self:
        """That of a goal."""
        if goal.status != "agreed":
            return cls(goal.status, goal.outcome or "", "", "", "")
        overdue, blocked = "overdue" * goal.standing.overdue, "blocked" * bool(goal.blocked_by)
        return cls(goal.status, "", goal.standing.pace or "", overdue, blocked)

    @classmethod
    def read(cls, word: str) -> Self:
        """That which a word tells."""
        return cls(*word.split(":"))

    @property
    def word(self) -> str:
        """As documents have it: the stage first, so that goals of one lie together."""
        return ":".join(self)


__all__ = ["Tally"]
