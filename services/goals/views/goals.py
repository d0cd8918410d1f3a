"""Goals themselves, one by one and in lists, and how they stand."""

from datetime import date
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from services.goals.domain.goal import Goal
from services.goals.domain.outlook import Outlook, PartOutlook
from services.goals.store import GOALS, OUTLOOKS
from services.goals.views.goal_view import GoalView, goal_view
from services.goals.views.judgements import for_reader
from services.goals.views.plans import index_for, order_of
from services.goals.views.tagged import KNOWN, tagged
from services.goals.views.wanted import GoalsWanted
from shared.contracts.goals import (
    Heading,
    Neglect,
    Pace,
)
from shared.errors import NotFound
from shared.http import View
from shared.ids import GoalId
from shared.paging import AskedPage, Page, read_page
from shared.preconditions import IfNoneMatchHeader
from shared.reading import as_stored
from shared.store import from_document

router = APIRouter(tags=["goals"])
Order = Literal["due_on", "-due_on", "progress", "-progress"]
"""Each has an index."""


class OutlookView(BaseModel):
    """How a goal stands: where it is by now, why, and where its trend leads.

    `progress`, `expected`, `predicted_progress` and those of key results are shares from 0 to 1, `gap`
    is in points of 100 and below zero for a lead; values are in the unit of the key result, `low` and
    `high` the ends of a range of 80 %.  A key result with too few measurements has no forecast and is
    missing.  `on` is the day of the last look, where the owner lives.
    """

    goal_id: GoalId
    on: date
    pace: Pace
    reason: str
    progress: float | None
    expected: float | None
    gap: float | None
    heading: Heading | None
    predicted_progress: float | None
    key_results: list[PartOutlook]
    overdue: bool
    silent: bool
    neglect: Neglect | None
    next_check_in_on: date
    missed_check_ins: int

    @classmethod
    def of(cls, goal: Goal, outlook: Outlook) -> Self:
        """The view of a goal's outlook."""
        told = {name: getattr(goal.standing, name) for name in ("heading", "overdue", "silent", "neglect")}
        return as_stored(cls, {**outlook.model_dump(), **told})


@router.get("/goals", summary="List goals")
async def list_goals(
    view: View,
    page: AskedPage,
    wanted: Annotated[GoalsWanted, Query()],
    sort: Annotated[
        Order | None, Query(description="In this order, with a minus the other way round; by id if left out.")
    ] = None,
) -> Page[GoalView]:
    """The goals that the caller may see."""
    seen, order = await view.filter(), order_of(sort) if sort else None
    matching = await wanted.matching(view)
    index, filter_ = index_for(wanted.named(), seen, sort, matching=matching), {"$and": [seen, matching]}
    found = await read_page(view.db[GOALS], filter_, asked=page, sort=order, show=goal_view, index=index)
    return Page(items=await for_reader(found.items, view), next=found.next)


@router.get(
    "/goals/{goal_id}",
    response_model=GoalView,
    summary="Read a goal",
    responses=KNOWN,
)
async def get_goal(goal_id: GoalId, view: View, none_match: IfNoneMatchHeader = None) -> Response:
    """One goal; its ETag is what If-Match wants."""
    goal = await view.one(Goal, GOALS, goal_id)
    [shown] = await for_reader([GoalView.of(goal)], view)
    return tagged(shown, goal.version, none_match)


@router.get("/goals/{goal_id}/outlook", summary="Read how a goal stands")
async def get_outlook(goal_id: GoalId, view: View) -> OutlookView:
    """Where it is by now and where it is heading, as of the last look; it is agreed to before the first."""
    goal = await view.one(Goal, GOALS, goal_id)
    doc = await view.db[OUTLOOKS].find_one({"_id": goal_id})
    if doc is None:
        raise NotFound("Nobody has looked at the goal yet; that begins once it is agreed to.")
    return OutlookView.of(goal, from_document(Outlook, doc))
