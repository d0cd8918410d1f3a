"""Goals themselves, one by one and in lists, and how they stand."""

from datetime import date
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from services.goals.domain.goal import Goal
from services.goals.domain.outlook import Outlook, PartOutlook
from services.goals.store import GOALS, OUTLOOKS
from services.goals.views.goal_view import GoalView, goal_view
from services.goals.views.judgements import for_reader
from services.goals.views.plans import index_for, order_of
from services.goals.views.tagged import KNOWN, tagged
from shared.contracts.goals import (
    GoalKind,
    GoalLevel,
    GoalStatus,
    Heading,
    Neglect,
    Outcome,
    Pace,
    Perspective,
)
from shared.directory import DirectoryReader
from shared.errors import NotFound
from shared.http import View
from shared.ids import GoalId, PeriodId, PersonId, TemplateId
from shared.mongo import Doc
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


class GoalsWanted(BaseModel):
    """Which of the goals that the caller may see; all of what is asked must hold."""

    owner_id: PersonId | None = Field(default=None, description="Of this person only.")
    asked_id: PersonId | None = Field(default=None, description="Waiting for this person's answer only.")
    parent_id: GoalId | None = Field(default=None, description="Serving this goal only.")
    period_id: PeriodId | None = Field(default=None, description="Of this period only.")
    origin_id: GoalId | None = Field(default=None, description="Carried over from this goal only.")
    template_id: TemplateId | None = Field(default=None, description="From this template only.")
    status: GoalStatus | None = Field(default=None, description="In this stage only.")
    outcome: Outcome | None = Field(default=None, description="Closed so only.")
    kind: GoalKind | None = Field(default=None, description="Of this kind only.")
    level: GoalLevel | None = Field(default=None, description="Of a person, a team or the organisation only.")
    category: str | None = Field(default=None, max_length=60, description="In this category only.")
    perspective: Perspective | None = Field(default=None, description="In this perspective only.")
    tag: str | None = Field(default=None, max_length=40, description="With this tag only.")
    pace: Pace | None = Field(default=None, description="Where they should be by now, or not, so only.")
    heading: Heading | None = Field(default=None, description="By their trend heading there only.")
    overdue: bool | None = Field(default=None, description="Overdue only, or those that are not.")
    silent: bool | None = Field(default=None, description="With two missed check-ins only, or those without.")
    neglect: Neglect | None = Field(default=None, description="That nobody works on for this reason only.")
    aligned: bool | None = Field(default=None, description="Serving another goal only, or serving none.")
    runs_from: date | None = Field(default=None, description="Due on this day or later.")
    runs_to: date | None = Field(default=None, description="Starting on this day or earlier.")

    def filter(self) -> Doc:
        """Matches the documents of these goals."""
        standing = {"pace", "heading", "overdue", "silent", "neglect"}
        equal = self.model_dump(
            exclude_none=True, exclude={"runs_from", "runs_to", "aligned", "tag", *standing}
        )
        stands = self.model_dump(exclude_none=True, include=standing)
        equal |= {f"standing.{name}": value for name, value in stands.items()}
        if self.tag is not None:
            equal["tags"] = self.tag.strip().lower()
        if self.aligned is not None:
            equal["$and"] = [{"parent_id": {"$ne": None} if self.aligned else None}]
        due = {"due_on": {"$gte": self.runs_from}} if self.runs_from else {}
        start = {"starts_on": {"$lte": self.runs_to}} if self.runs_to else {}
        return {**equal, **due, **start}


@router.get("/goals", summary="List goals")
async def list_goals(
    view: View,
    page: AskedPage,
    wanted: Annotated[GoalsWanted, Query()],
    sort: Annotated[
        Order | None, Query(description="In this order, with a minus the other way round; by id if left out.")
    ] = None,
    reporting_to_id: Annotated[
        PersonId | None, Query(description="Of those who report to this person only: a team's goals.")
    ] = None,
) -> Page[GoalView]:
    """The goals that the caller may see."""
    seen, order = await view.filter(), order_of(sort) if sort else None
    index = index_for(wanted.model_dump(exclude_none=True), seen, sort)
    filter_ = {"$and": [seen, wanted.filter()]}
    if reporting_to_id is not None:
        team = await DirectoryReader(view.db).person_ids_reporting_to(reporting_to_id)
        filter_["$and"].append({"owner_id": {"$in": [*team]}})
        index = None  # so few people are read by `by_owner`, whatever else is asked
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
