"""Goals as they were at some time, by those who may read them now."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Annotated, Final, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.goals.domain.as_of import GoalThen
from services.goals.domain.goal import Goal
from services.goals.domain.wording import Link
from services.goals.store import GOALS
from services.goals.views.goal_view import KeyResultView
from services.goals.views.judgements import readable
from services.goals.views.then import Deadline, SaidThen, changed_since, goals_then, in_time
from services.goals.views.wanted import SaidWanted
from shared.clock import Instant
from shared.contracts.goals import GoalKind, GoalLevel, GoalStatus, Outcome, Perspective, Visibility
from shared.errors import NotFound, Refusal
from shared.http import View
from shared.http.viewing import Viewer
from shared.ids import GoalId, PeriodId, PersonId
from shared.paging import Asked, AskedPage, Page, Sort, TooMuchToRead, decode_cursor, page_of
from shared.problem_docs import refusals
from shared.reading import as_stored
from shared.store import from_document, to_document

router = APIRouter(tags=["goals"])
At = Annotated[Instant, Query(description="The time, with its offset from UTC.")]
BY_ID: Final = Sort()
NOT_THEN: Final = "The goal was not agreed at that time, or was not for you to read."


class NobodyNamed(Refusal):
    """It has to be said whose goals they were."""

    status = 422


class GoalAsOf(BaseModel):
    """A goal as it was `at` a time, or is now if the time that was asked for is still to come.

    `progress` is a share from 0 to 1, null while it could not be told.  `edition` is the number of what it
    said then; its key results stand as was known then.  What it served then is named to those who may read
    that goal now.
    """

    goal_id: GoalId
    at: datetime
    status: GoalStatus
    outcome: Outcome | None
    edition: int
    owner_id: PersonId
    title: str
    description: str
    relevance: str
    kind: GoalKind
    level: GoalLevel
    category: str
    perspective: Perspective | None
    tags: list[str]
    links: list[Link]
    visibility: Visibility
    period_id: PeriodId | None
    parent_id: GoalId | None
    contribution: float
    weight: float
    starts_on: date
    due_on: date
    progress: float | None
    key_results: list[KeyResultView]

    @classmethod
    def of(cls, goal_id: GoalId, at: datetime, then: GoalThen) -> Self:
        """The view of a goal at a time."""
        said = {**dict(then.terms), **then._asdict()}
        parts = [KeyResultView.of(part) for part in then.key_results]
        return as_stored(cls, {**said, "goal_id": goal_id, "at": at, "key_results": parts})

    def without_hidden(self, known: Collection[GoalId]) -> "GoalAsOf":
        """The same without a parent that is not among those that may be read."""
        return self if self.parent_id in known else self.model_copy(update={"parent_id": None})


@router.get("/goals/{goal_id}/as-of", summary="Read what a goal was", responses=refusals(TooMuchToRead))
async def get_as_of(goal_id: GoalId, at: At, view: View) -> GoalAsOf:
    """What it said at a time and how far it had come, as was known then."""
    goal = await view.one(Goal, GOALS, goal_id)
    [found] = await _shown([goal], at, view, Deadline())
    if found is None:
        raise NotFound(NOT_THEN)
    return found


@router.get("/goals-as-of", summary="List what goals were", responses=refusals(NobodyNamed, TooMuchToRead))
async def list_as_of(
    at: At, wanted: Annotated[SaidWanted, Query()], view: View, page: AskedPage
) -> Page[GoalAsOf]:
    """The goals that said so at a time, of those that the caller may read now.

    It takes an owner, a goal that they served, or who leads a team; who is in it, or in a unit, is as it is
    now.  A page may hold fewer than asked for, also none, and still have a next one.
    """
    if wanted.owner_id is None and wanted.parent_id is None and wanted.reporting_to_id is None:
        raise NobodyNamed("Say whose goals: owner_id, reporting_to_id, or parent_id for what served a goal.")
    said, deadline = SaidThen(await wanted.said(view), at), Deadline()
    filter_ = page.narrow({"$and": [said.now, await view.filter()]}, sort=BY_ID)
    now = view.db[GOALS].find(filter_).sort(BY_ID.keys).limit(page.limit + 1).max_time_ms(deadline.ms())
    rows = {doc["_id"]: doc for doc in await in_time(now)}
    rows |= {goal.goal_id: to_document(goal) for goal in await _changed(said, view, page, deadline)}
    first = [rows[id_] for id_ in sorted(rows)][: page.limit + 1]
    listed = page_of(first, asked=page, sort=BY_ID, show=lambda doc: from_document(Goal, doc))
    shown = await _shown(listed.items, at, view, deadline, said=said)
    return Page(items=[each for each in shown if each], next=listed.next)


async def _changed(said: SaidThen, view: Viewer, page: Asked, deadline: Deadline) -> Sequence[Goal]:
    """Of those that said so then and say something else now as many as a page takes."""
    found: list[Goal] = []
    last = decode_cursor(page.cursor, sort=BY_ID)[1] if page.cursor else ""
    async for goals in changed_since(said, view, deadline, after=last):
        found += goals
        if len(found) > page.limit:
            break
    return found


async def _shown(
    goals: Sequence[Goal], at: datetime, view: Viewer, deadline: Deadline, *, said: SaidThen | None = None
) -> Sequence[GoalAsOf | None]:
    found = [
        (goal, then if then and (said is None or said.holds(then)) else None)
        for goal, then in zip(goals, await goals_then(goals, at, view, deadline), strict=True)
    ]
    shown = [GoalAsOf.of(goal.goal_id, at, then) if then else None for goal, then in found]
    view.shown(GOALS, *({"_id": goal.goal_id, "visibility": goal.visibility} for goal, then in found if then))
    readable_now = await readable([each.parent_id for each in shown if each], view)
    return [each and each.without_hidden(readable_now) for each in shown]


__all__ = ["At", "GoalAsOf", "router"]
