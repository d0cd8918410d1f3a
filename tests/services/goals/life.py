"""A plain model of what may become of goals, written without the service's rules in sight.

It knows what each move needs and what it brings, in dictionaries and sums; it never asks the domain.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

QUARTERS: Final = {"q1": ("2026-01-01", "2026-03-31"), "q2": ("2026-04-01", "2026-06-30")}
STEPS: Final = {"plan": 1.0, "open": 3.0}
WAY: Final = 10.0
NOT_RUN: Final = {"cancelled", "carried_over"}
T = TypeVar("T")
OTHER: Final = {"anna": "manager", "manager": "anna"}


@dataclass
class Deed:
    """Something done for a goal; `share` is how much of it."""

    path: str
    share: float = 0.0
    status: str = "planned"

    @property
    def is_open(self) -> bool:
        return self.status in {"planned", "under_way"}


@dataclass
class Reported:
    """A value that was reported, and when it held; of several of one time the last report stands."""

    id: str
    at: int
    value: float
    counts: bool = True


@dataclass
class Modelled:
    """A goal of anna's, as far as the model follows it."""

    id: str
    quarter: str
    weight: float
    status: str = "draft"
    asked: str | None = None
    outcome: str | None = None
    edition: int = 1
    wanted: float | None = None
    parent: str | None = None
    start: float | None = 0.0
    steps: dict[str, float] = field(default_factory=lambda: dict(STEPS))
    reached: set[str] = field(default_factory=set[str])
    reported: list[Reported] = field(default_factory=list[Reported])
    grades: list[str] = field(default_factory=list[str])
    deeds: list[Deed] = field(default_factory=list[Deed])

    @property
    def path(self) -> str:
        return f"/goals/{self.id}"

    @property
    def value(self) -> float | None:
        counting = [(each.at, n, each.value) for n, each in enumerate(self.reported) if each.counts]
        return max(counting)[2] if counting else None

    @property
    def shares(self) -> dict[str, float]:
        """Of each key result that it still has."""
        found: dict[str, float] = {}
        if self.start is not None:
            now = self.start if self.value is None else self.value
            found["reach"] = min(1.0, max(0.0, (now - self.start) / (WAY - self.start)))
        if self.steps:
            found["steps"] = sum(self.steps[each] for each in self.reached) / sum(self.steps.values())
        return found

    @property
    def progress(self) -> float:
        return sum(self.shares.values()) / len(self.shares)

    @property
    def by_score(self) -> str:
        done = self.progress
        return "achieved" if done >= 1 else "partly_achieved" if done >= 0.3 else "missed"

    def end(self, outcome: str) -> None:
        self.status, self.outcome, self.asked, self.wanted = "closed", outcome, None, None

    def end_deeds(self) -> None:
        for deed in self.deeds:
            if deed.is_open:
                deed.status = "done" if deed.share == 1 else "dropped"


def room(goal: Modelled, all_: Iterable[Modelled]) -> float:
    """What the owner's others of the same quarter leave of 100."""
    others = (
        other.weight
        for other in all_
        if other is not goal and other.quarter == goal.quarter and other.status in {"proposed", "agreed"}
    )
    return 100 - sum(others)


Rule = Callable[[Modelled, str, Any, list[Modelled]], bool]
MAY: Final[dict[str, Rule]] = {
    "reword": lambda goal, who, x, all_: goal.status == "draft",
    "propose": lambda goal, who, x, all_: goal.status == "draft" and goal.weight <= room(goal, all_),
    "withdraw": lambda goal, who, x, all_: goal.status == "proposed" and who != goal.asked,
    "agree": lambda goal, who, x, all_: goal.status == "proposed" and who == goal.asked,
    "ask for changes": lambda goal, who, x, all_: goal.status == "proposed" and who == goal.asked,
    "decline": lambda goal, who, x, all_: goal.status == "proposed" and who == goal.asked,
    "measure": lambda goal, who, x, all_: goal.status == "agreed" and goal.start is not None,
    "step": lambda goal, who, x, all_: goal.status == "agreed" and step_of(x) in goal.steps,
    "correct": lambda goal, who, x, all_: (
        goal.status == "agreed" and bool(goal.reported) and picked(goal.reported, x).counts
    ),
    "check in": lambda goal, who, x, all_: goal.status == "agreed",
    "amend words": lambda goal, who, x, all_: goal.status == "agreed" and goal.wanted is None,
    "amend weight": lambda goal, who, x, all_: (
        goal.status == "agreed"
        and goal.wanted is None
        and x * 25 != goal.weight
        and x * 25 <= room(goal, all_)
    ),
    "agree to change": lambda goal, who, x, all_: (
        goal.wanted is not None and who == goal.asked and goal.wanted <= room(goal, all_)
    ),
    "decline change": lambda goal, who, x, all_: goal.wanted is not None and who == goal.asked,
    "withdraw change": lambda goal, who, x, all_: goal.wanted is not None and who != goal.asked,
    "grade oneself": lambda goal, who, x, all_: (
        who == "anna"
        and goal.status in {"agreed", "closed"}
        and goal.outcome not in NOT_RUN
        and "final" not in goal.grades
    ),
    "grade": lambda goal, who, x, all_: (
        who == "manager" and goal.status == "closed" and goal.outcome not in NOT_RUN
    ),
    "look back": lambda goal, who, x, all_: goal.status == "closed",
    "close": lambda goal, who, x, all_: goal.status == "agreed",
    "cancel": lambda goal, who, x, all_: goal.status != "closed",
    "carry over": lambda goal, who, x, all_: (
        goal.status == "agreed" and goal.quarter == "q1" and any(share != 1 for share in goal.shares.values())
    ),
    "align": lambda goal, who, x, all_: (
        goal.status in {"draft", "agreed"} or bool(x % 2) == (goal.parent is not None)
    ),
    "plan deed": lambda goal, who, x, all_: goal.status != "closed",
    "report": lambda goal, who, x, all_: bool(goal.deeds) and picked(goal.deeds, x).is_open,
    "end deed": lambda goal, who, x, all_: (
        goal.status != "closed" and bool(goal.deeds) and picked(goal.deeds, x).is_open
    ),
}
"""What each move needs; what is not so is refused and changes nothing."""


def step_of(x: int) -> str:
    return ("plan", "open")[x % 2]


def picked(things: Sequence[T], x: int) -> T:
    return things[x % len(things)]
