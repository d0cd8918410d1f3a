"""Goals counted as they were at some time: how many were agreed or closed, and how far they had come.

Nothing is kept for it: the editions and measurements of each goal are read.
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import date, datetime
from math import floor
from typing import Annotated, Final, Literal, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from services.goals.domain.as_of import GoalThen
from services.goals.domain.goal import Goal
from services.goals.store import GOALS
from services.goals.tally import Tally
from services.goals.views.as_of import At
from services.goals.views.counting import MOST_MS
from services.goals.views.groups import (
    FIELDS,
    IN_TALLY,
    AskedBy,
    By,
    Group,
    RolledUp,
    Sum,
    answered,
    require_units,
    rolled_up_sums,
)
from services.goals.views.plans import index_for
from services.goals.views.then import AT_ONCE, Deadline, SaidThen, Was, changed_since, day_of, goals_then
from services.goals.views.wanted import SaidWanted
from shared.contracts.goals import Outcome, Pace
from shared.directory import DirectoryReader
from shared.errors import Invalid
from shared.http import View, Viewer
from shared.ids import GoalId
from shared.paging import TooMuchToRead, read_pages
from shared.problem_docs import refusals
from shared.reading import as_stored
from shared.store import from_document

router = APIRouter(tags=["goals"])
Stage = Literal["agreed", "closed"]
STAGES: Final[Sequence[Stage]] = ("agreed", "closed")
_FIELDS: Final = [name for name in Goal.model_fields if name != Goal.id_field]


class GroupAsOf(BaseModel):
    """Goals that were alike; `key` is null for those that had none; see `Group`.

    Goals that nobody had agreed to yet are not counted.
    """

    key: str | None
    goals: int
    statuses: Mapping[Stage, int]
    paces: Mapping[Pace, int]
    overdue: int
    measured: int
    progress: float | None

    @classmethod
    def of(cls, group: Group) -> Self:
        """The part of a group that is known of a time."""
        statuses = {stage: group.statuses[stage] for stage in STAGES}
        return as_stored(cls, {**dict(group), "statuses": statuses})


class GoalsThenWanted(SaidWanted):
    """What goals said then, and how they stood."""

    status: Stage | None = Field(default=None, description="In this stage then only.")
    outcome: Outcome | None = Field(default=None, description="Closed so by then only.")

    def stands(self, then: GoalThen) -> bool:
        """Whether a goal stood so."""
        return self.status in {None, then.status} and self.outcome in {None, then.outcome}


@router.get(
    "/goal-statistics/as-of",
    summary="Count what goals were",
    responses=refusals(Invalid, TooMuchToRead),
)
async def get_statistics_as_of(
    at: At,
    view: View,
    wanted: Annotated[GoalsThenWanted, Query()],
    by: AskedBy = "status",
    rolled_up: RolledUp = False,  # noqa: FBT002  a parameter of the query has a name
) -> list[GroupAsOf]:
    """The goals that were agreed by a time, as was known then, of those that the caller may see now.

    Who works in which unit, and which unit is above which, is as it is now.  What takes longer than
    20 s is refused: narrow it to a unit, a team, a person, a period or a level.
    """
    require_units(by, rolled_up=rolled_up)
    said, sums, left = SaidThen(await wanted.said(view), at), _Sums(by, at, view), Deadline(MOST_MS)
    async for page in _pages(said, wanted, view, left):
        was = zip(page, await goals_then(page, at, view, left), strict=True)
        await sums.add(
            [Was(goal, then) for goal, then in was if then and said.holds(then) and wanted.stands(then)]
        )
    added = await rolled_up_sums(sums.by_key, view.db) if rolled_up else sums.by_key
    return [GroupAsOf.of(group) for group in answered(added)]


class _Sums:
    """What is counted of goals as they were, by what those of a group had in common."""

    def __init__(self, by: By, at: datetime, view: Viewer) -> None:
        self.by_key: defaultdict[str | None, Sum] = defaultdict(Sum)
        self._by: By = by
        self._at = at
        self._view = view

    async def add(self, found: Sequence[Was]) -> None:
        """Count these in."""
        people = await DirectoryReader(self._view.db).people({was.then.owner_id for was in found})
        for was in found:
            owner = people.get(was.then.owner_id)
            self._add(
                was.then, on=day_of(owner, self._at, self._view), unit_id=owner.unit_id if owner else None
            )

    def _add(self, then: GoalThen, *, on: date, unit_id: str | None) -> None:
        tally = Tally.told(
            then.status, then.outcome, then.pace(on=on), overdue=on > then.due_on, blocked=False
        )
        each = self.by_key[unit_id if self._by == "unit" else self._key(then, tally)]
        each.add(tally, 1)
        if tally.tells_progress and then.progress is not None:
            each.measure(1, floor(then.progress * 100 + 0.5))

    def _key(self, then: GoalThen, tally: Tally) -> str | None:
        told = tally if self._by in IN_TALLY else then.terms
        return getattr(told, FIELDS.get(self._by, self._by)) or None


async def _pages(
    said: SaidThen, wanted: SaidWanted, view: Viewer, left: Deadline
) -> AsyncGenerator[Sequence[Goal]]:
    """The goals that say now what is asked, and others of which an edition did that has ended since."""
    seen, counted = await view.filter(), set[GoalId]()
    index = index_for(wanted.asked(), seen, None, matching=said.now)
    now = {"$and": [seen, said.now]}
    async for docs in read_pages(
        view.db[GOALS], now, fields=_FIELDS, size=AT_ONCE, index=index, most_ms=left.ms
    ):
        counted.update(doc["_id"] for doc in docs)
        yield [from_document(Goal, doc) for doc in docs]
    async for goals in changed_since(said, view, left):
        yield [goal for goal in goals if goal.goal_id not in counted]


__all__ = ["router"]
