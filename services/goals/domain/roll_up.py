"""What stands below a goal, added up: how far it has come, how it stands and what blocks it.

A goal's whole progress is its own, by its key results; one that has none to tell of is as far as what
serves it.  What serves a goal counts by its contribution.  Private goals are left out, since a sum over
one of them would tell it; so are drafts, what was cancelled, and what goes on as another goal.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Final, NamedTuple

from services.goals.domain.key_result import weighted
from shared.aggregate import Aggregate
from shared.contracts.goals import BlockerKind, GoalStatus, Outcome, Pace, Visibility
from shared.ids import GoalId

UNFINISHED: Final[Sequence[Outcome]] = ("cancelled", "carried_over")
"""Outcomes of what has not run its course: how far it had come is no result."""


class RollUp(Aggregate):
    """All that serves a goal, however far below; `progress` is of what serves it directly, 0 to 1.

    `direct` and `below` count goals, `paces` and `blockers` those of them that are active, and `narrow` those
    below that not everyone may read; None while that is not known, of sums that are older than it.
    """

    id_field: ClassVar[str] = "goal_id"
    goal_id: GoalId
    direct: int = 0
    below: int = 0
    closed: int = 0
    progress: float | None = None
    paces: Mapping[Pace, int] = {}
    blockers: Mapping[BlockerKind, int] = {}
    narrow: int | None = None


class Serving(NamedTuple):
    """A goal that serves another: what of it counts, and what stands below it."""

    status: GoalStatus
    outcome: Outcome | None
    visibility: Visibility
    contribution: float
    progress: float | None
    pace: Pace | None
    blockers: tuple[BlockerKind, ...]
    below: RollUp | None

    @property
    def counts(self) -> bool:
        """Whether it is added up."""
        ended = self.status == "closed" and self.outcome not in UNFINISHED
        agreed = self.status == "agreed" or ended
        return agreed and self.visibility != "private"

    @property
    def whole(self) -> float | None:
        """How far it has come: by its own key results, else by what serves it."""
        if self.progress is not None or self.below is None:
            return self.progress
        return self.below.progress


def roll_up(goal_id: GoalId, serving: Iterable[Serving]) -> RollUp:
    """What serves a goal, added up."""
    counted = [each for each in serving if each.counts]
    active = [each for each in counted if each.status == "agreed"]
    below = [each.below for each in counted if each.below is not None]
    paces = Counter[Pace](each.pace or "not_measured" for each in active)
    blockers = Counter[BlockerKind](kind for each in active for kind in each.blockers)
    for each in below:
        paces.update(each.paces)
        blockers.update(each.blockers)
    return RollUp(
        goal_id=goal_id,
        direct=len(counted),
        below=len(counted) + sum(each.below for each in below),
        closed=len(counted) - len(active) + sum(each.closed for each in below),
        progress=weighted((each.contribution, each.whole) for each in counted),
        paces=dict(sorted(paces.items())),
        blockers=dict(sorted(blockers.items())),
        narrow=_narrow(counted, below),
    )


def _narrow(counted: Sequence[Serving], below: Sequence[RollUp]) -> int | None:
    known = [each.narrow for each in below if each.narrow is not None]
    if len(known) < len(below):
        return None
    return sum(each.visibility != "everyone" for each in counted) + sum(known)
