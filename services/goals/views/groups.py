"""What is counted of goals that are alike, and of units with all below them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from fastapi import Depends, Query
from pydantic import BaseModel

from services.goals.tally import Tally
from shared.contracts.goals import GoalStatus, Pace
from shared.directory import UNITS
from shared.errors import Invalid
from shared.mongo import Database

By = Literal[
    "status", "outcome", "pace", "level", "kind", "period", "category", "perspective", "visibility", "unit"
]
_IN_TALLY: Final = frozenset[By]({"status", "outcome", "pace"})
STATUSES: Final[Sequence[GoalStatus]] = ("draft", "proposed", "agreed", "closed")
PACES: Final[Sequence[Pace]] = ("on_track", "behind", "at_risk", "not_measured")


class Counted(BaseModel):
    """Goals that are alike; `key` is null for those that have none.

    Paces and `overdue` count those that are agreed; `progress` is the mean share of the way, 0 to 1, of those
    that were agreed of which it can be told, in whole per cents; `measured` counts them.  What was cancelled,
    declined or carried over is neither: it has not run its course.
    """

    key: str | None
    goals: int
    paces: Mapping[Pace, int]
    overdue: int
    measured: int
    progress: float | None


class Group(Counted):
    """The same of goals as they are; `blocked` counts those that are agreed."""

    statuses: Mapping[GoalStatus, int]
    blocked: int


class Sum:
    """What is counted of a group."""

    def __init__(self) -> None:
        self.counts: defaultdict[str, int] = defaultdict(int)
        self.progress = 0.0

    def add(self, tally: Tally, goals: int) -> None:
        """Count alike goals in."""
        self.counts["goals"] += goals
        self.counts[f"status {tally.status}"] += goals
        if tally.status == "agreed":
            self.counts[f"pace {tally.pace or 'not_measured'}"] += goals
            self.counts["overdue"] += goals if tally.overdue else 0
            self.counts["blocked"] += goals if tally.blocked else 0

    def measure(self, measured: int, percent: float) -> None:
        """Take in how far goals have come: how many tell it, and the sum of what they tell."""
        self.counts["measured"] += measured
        self.progress += percent / 100

    def join(self, other: "Sum") -> None:
        """Count in what another has counted."""
        for name, count in other.counts.items():
            self.counts[name] += count
        self.progress += other.progress

    def group(self, key: str | None) -> Group:
        """As it is answered."""
        counts, measured = self.counts, self.counts["measured"]
        return Group(
            key=key,
            goals=counts["goals"],
            statuses={name: counts[f"status {name}"] for name in STATUSES},
            paces={name: counts[f"pace {name}"] for name in PACES},
            overdue=counts["overdue"],
            blocked=counts["blocked"],
            measured=measured,
            progress=self.progress / measured if measured else None,
        )


async def _rolled_up(sums: Mapping[str | None, Sum], db: Database) -> Mapping[str | None, Sum]:
    """Of each unit with all below it, as far as anything was counted there."""
    parents = {doc["_id"]: doc["parent_id"] async for doc in db[UNITS].find({}, {"parent_id": 1})}
    found: defaultdict[str | None, Sum] = defaultdict(Sum)
    for unit_id, each in sums.items():
        line: dict[str | None, None] = {unit_id: None}
        # While moves arrive out of order, two units can for a moment be above each other.
        while (above := parents.get(next(reversed(line)) or "")) is not None and above not in line:
            line[above] = None
        for above_or_same in line:
            found[above_or_same].join(each)
    return found


@dataclass(frozen=True, slots=True)
class Grouping:
    """How goals are put into groups; `rolled_up` is each unit together with all units below it."""

    by: By
    rolled_up: bool

    @property
    def field(self) -> str:
        """Where documents and tallies have what those of a group have in common, but for units."""
        return "period_id" if self.by == "period" else self.by

    @property
    def in_tally(self) -> bool:
        """Whether the tally of a goal has it."""
        return self.by in _IN_TALLY

    async def groups(self, sums: Mapping[str | None, Sum], db: Database) -> list[Group]:
        """What was counted as it is answered, those of most goals first."""
        found = await _rolled_up(sums, db) if self.rolled_up else sums
        ordered = sorted(found.items(), key=lambda each: (-each[1].counts["goals"], each[0] or ""))
        return [each.group(key) for key, each in ordered]


async def asked_grouping(
    by: Annotated[By, Query(description="What those of a group have in common.")] = "status",
    *,
    rolled_up: Annotated[
        bool, Query(description="By unit: each unit together with all units below it.")
    ] = False,
) -> Grouping:
    """How a request asks for groups, a FastAPI dependency; raises `Invalid`."""
    if rolled_up and by != "unit":
        raise Invalid("Only units are rolled up: ask by=unit, or leave rolled_up out.")
    return Grouping(by, rolled_up)


AskedGrouping = Annotated[Grouping, Depends(asked_grouping)]

__all__ = ["AskedGrouping", "By", "Counted", "Group", "Grouping", "Sum"]
