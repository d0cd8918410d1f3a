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
from services.goals.views.then import (
    Deadline,
    SaidThen,
    Was,
    changed_since,
    goals_that_said,
    goals_then,
    in_time,
)
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
from shared.store import from_document

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
    [then] = await goals_then([goal], at, view, Deadline())
    if then is None:
        raise NotFound(NOT_THEN)
    [shown] = await _shown([Was(goal, then)], at, view)
    return shown


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
    goals = {doc["_id"]: from_document(Goal, doc) for doc in await in_time(now)}
    goals |= {goal.goal_id: goal for goal in await _changed(said, view, page, deadline)}
    first = [{"_id": id_} for id_ in sorted(goals)][: page.limit + 1]
    listed = page_of(first, asked=page, sort=BY_ID, show=lambda row: goals[row["_id"]])
    found = await goals_that_said(said, listed.items, view, deadline)
    return Page(items=await _shown(found, at, view), next=listed.next)


async def _changed(said: SaidThen, view: Viewer, page: Asked, deadline: Deadline) -> Sequence[Goal]:
    """Of those that said so then and say something else now as many as a page takes."""
    found: list[Goal] = []
    last = decode_cursor(page.cursor, sort=BY_ID)[1] if page.cursor else ""
    async for goals in changed_since(said, view, deadline, after=last):
        found += goals
        if len(found) > page.limit:
            break
    return found


async def _shown(found: Sequence[Was], at: datetime, view: Viewer) -> list[GoalAsOf]:
    """What goals were, without parents that are not for the caller; the audit is told of private ones."""
    view.shown(GOALS, *({"_id": goal.goal_id, "visibility": goal.visibility} for goal, _ in found))
    known = await readable([then.terms.parent_id for _, then in found], view)
    return [GoalAsOf.of(goal.goal_id, at, then).without_hidden(known) for goal, then in found]


__all__ = ["At", "GoalAsOf", "router"]
