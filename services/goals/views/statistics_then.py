"""Goals counted as they were at some time: how many were agreed or closed, and how far they had come.

Nothing is kept for it: the editions and measurements of each goal are read.
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Final, Literal, Self

from fastapi import APIRouter, Query
from pydantic import Field

from services.goals.domain.as_of import GoalThen
from services.goals.domain.goal import Goal
from services.goals.store import GOALS
from services.goals.tally import Tally, whole_percent
from services.goals.views.as_of import At
from services.goals.views.counting import MOST_MS
from services.goals.views.groups import AskedGrouping, Counted, Group, Grouping, Sum
from services.goals.views.plans import index_for
from services.goals.views.then import AT_ONCE, Deadline, SaidThen, Was, changed_since, day_of, goals_that_said
from services.goals.views.wanted import SaidWanted
from shared.contracts.goals import Outcome
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


class GroupAsOf(Counted):
    """The same of goals as they were; those that nobody had agreed to yet are not counted."""

    statuses: Mapping[Stage, int]

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
    grouping: AskedGrouping,
) -> list[GroupAsOf]:
    """The goals that were agreed by a time, as was known then, of those that the caller may see now.

    Who works in which unit, and which unit is above which, is as it is now.  What takes longer than
    20 s is refused: narrow it to a unit, a team, a person, a period or a level.
    """
    said, sums, left = SaidThen(await wanted.said(view), at), _Sums(grouping, at, view), Deadline(MOST_MS)
    async for page in _pages(said, wanted, view, left):
        found = await goals_that_said(said, page, view, left)
        await sums.add([was for was in found if wanted.stands(was.then)])
    return [GroupAsOf.of(group) for group in await grouping.groups(sums.by_key, view.db)]


class _Sums:
    """What is counted of goals as they were, by what those of a group had in common."""

    def __init__(self, grouping: Grouping, at: datetime, view: Viewer) -> None:
        self.by_key: defaultdict[str | None, Sum] = defaultdict(Sum)
        self._grouping = grouping
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
        each = self.by_key[unit_id if self._grouping.by == "unit" else self._key(then, tally)]
        each.add(tally, 1)
        percent = whole_percent(then.progress)
        if tally.tells_progress and percent is not None:
            each.measure(1, percent)

    def _key(self, then: GoalThen, tally: Tally) -> str | None:
        told = tally if self._grouping.in_tally else then.terms
        return getattr(told, self._grouping.field) or None


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
