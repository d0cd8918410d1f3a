"""What is done for goals: by goal, and by who is to do it.

Who is to do it reads the initiative even where they may not read the goal, of which there is no word in it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from services.goals.domain.goal import Goal
from services.goals.domain.initiative import OPEN, Beyond, Initiative, InitiativeReport
from services.goals.initiative_store import INITIATIVES, REPORTS
from services.goals.store import GOALS
from services.goals.views.earlier import ALWAYS, FIELDS, hidden_of
from services.goals.views.plans import due_initiatives
from services.goals.views.tagged import KNOWN, tagged
from shared.contracts.goals_initiatives import InitiativeStatus
from shared.directory import DirectoryReader
from shared.errors import NotFound
from shared.http import View, Viewer
from shared.ids import GoalId, InitiativeId, PersonId
from shared.money import Amount, Currency, Days
from shared.mongo import Doc
from shared.paging import AskedPage, Page, Sort, read_page
from shared.preconditions import IfNoneMatchHeader
from shared.reading import as_stored
from shared.store import from_document

router = APIRouter(tags=["initiatives"])


class InitiativeView(BaseModel):
    """An initiative; `share_done` is from 0 to 1, effort in person-days, cost in `currency`.

    `owner_left` says that nobody works on it: its owner does not work here any more.
    """

    initiative_id: InitiativeId
    goal_id: GoalId
    title: str
    description: str
    owner_id: PersonId
    owner_left: bool
    starts_on: date
    due_on: date
    status: InitiativeStatus
    share_done: float
    planned_effort_days: Days | None
    actual_effort_days: Days | None
    planned_cost: Amount | None
    actual_cost: Amount | None
    currency: Currency | None
    reason: str
    closed_at: datetime | None
    closed_by: PersonId | None
    version: int

    @classmethod
    def of(cls, initiative: Initiative) -> Self:
        """The view of an initiative."""
        return as_stored(cls, dict(initiative))


class PlannedInitiativeView(InitiativeView):
    """The same, and how its dates lie beyond its goal's: told to who plans it, and no fault."""

    beyond: list[Beyond] = []

    @classmethod
    def planned(cls, initiative: Initiative, beyond: Sequence[Beyond]) -> Self:
        """The view of an initiative and its goal's dates."""
        return as_stored(cls, {**dict(initiative), "beyond": list(beyond)})


class InitiativeReportView(BaseModel):
    """A report as it was made; what is null was not said in it.  Cost is in `currency`."""

    report_id: str
    initiative_id: InitiativeId
    by_person_id: PersonId
    at: datetime
    status: InitiativeStatus
    share_done: float | None
    effort_days: Days | None
    cost: Amount | None
    currency: Currency | None
    note: str

    @classmethod
    def of(cls, report: InitiativeReport) -> Self:
        """The view of a report."""
        return as_stored(cls, dict(report))


class InitiativesWanted(BaseModel):
    """Which of the initiatives that the caller may see; all of what is asked must hold."""

    owner_id: PersonId | None = Field(default=None, description="To be done by this person only.")
    goal_id: GoalId | None = Field(default=None, description="For this goal only.")
    status: InitiativeStatus | None = Field(default=None, description="In this stage only.")
    owner_left: bool | None = Field(default=None, description="Those that nobody works on, or the others.")
    overdue: bool | None = Field(
        default=None, description="Due before today and not done only, or those that are not so."
    )

    def filter(self, today: date | None) -> Doc:
        """Matches the documents of these initiatives on a day, if that matters."""
        equal = self.model_dump(exclude_none=True, exclude={"overdue"})
        late = {"due_on": {"$lt": today}, "status": {"$in": [*OPEN]}}
        if self.overdue is None:
            return equal
        return {"$and": [equal, late if self.overdue else {"$nor": [late]}]}


@router.get("/initiatives", summary="List initiatives")
async def list_initiatives(
    view: View, page: AskedPage, wanted: Annotated[InitiativesWanted, Query()]
) -> Page[InitiativeView]:
    """Those that the caller may see, whoever's the goals are, in the order in which they are due.

    What somebody has to do is `owner_id=`; today is that day where this person lives, or else the caller.
    """
    seen, about = await view.filter("read_initiative"), await _asked_about(view)
    index = due_initiatives(wanted.model_dump(exclude_none=True), seen)
    if about and seen:
        # As one of the ways, so that MongoDB merges all of them in the order of the list.
        seen = {"$or": [*seen.get("$or", [seen]), {"goal_id": {"$in": about}}]}
    today = None if wanted.overdue is None else await _today(view, wanted.owner_id)
    filter_ = {"$and": [wanted.filter(today), seen]}

    return await view.page(
        INITIATIVES,
        filter_,
        action="read_initiative",
        asked=page,
        show=_initiative,
        sort=Sort("due_on"),
        index=index,
    )


@router.get("/goals/{goal_id}/initiatives", summary="List the initiatives of a goal")
async def list_of_goal(goal_id: GoalId, view: View, page: AskedPage) -> Page[PlannedInitiativeView]:
    """All that is done for it, in the order in which it is due."""
    goal = await view.one(Goal, GOALS, goal_id)

    def show(doc: Mapping[str, Any]) -> PlannedInitiativeView:
        initiative = from_document(Initiative, doc)
        return PlannedInitiativeView.planned(initiative, initiative.beyond(goal))

    return await read_page(
        view.db[INITIATIVES], {"goal_id": goal_id}, asked=page, sort=Sort("due_on"), show=show
    )


@router.get(
    "/goals/{goal_id}/initiatives/{initiative_id}",
    response_model=InitiativeView,
    summary="Read an initiative",
    responses=KNOWN,
)
async def get_initiative(
    goal_id: GoalId, initiative_id: InitiativeId, view: View, none_match: IfNoneMatchHeader = None
) -> Response:
    """One initiative; who is to do it may read it whether or not they may read the goal.

    Its ETag is what If-Match wants.
    """
    initiative = await _one(goal_id, initiative_id, view)
    return tagged(InitiativeView.of(initiative), initiative.version, none_match)


@router.get(
    "/goals/{goal_id}/initiatives/{initiative_id}/reports", summary="List the reports on an initiative"
)
async def list_reports(
    goal_id: GoalId, initiative_id: InitiativeId, view: View, page: AskedPage
) -> Page[InitiativeReportView]:
    """All reports, the newest first; the newest that says something of a thing is the one that holds.

    Of what was reported while the goal was for fewer, others read the figures alone.
    """
    initiative = await _one(goal_id, initiative_id, view)
    newest, of = Sort("at", descending=True), {"initiative_id": initiative_id}
    found = await read_page(view.db[REPORTS], of, asked=page, sort=newest, show=_report)
    hidden = await _hidden_until(initiative, view)
    items = [each if each.at > hidden else each.model_copy(update={"note": ""}) for each in found.items]
    return Page(items=items, next=found.next)


async def _hidden_until(initiative: Initiative, view: Viewer) -> datetime:
    """Until when words of reports are not for who asks, unless they are who does it."""
    if initiative.owner_id == view.caller.person_id:
        return ALWAYS
    goal = await view.db[GOALS].find_one({"_id": initiative.goal_id}, dict.fromkeys(FIELDS, 1))
    return ALWAYS if goal is None else await hidden_of(goal, view)


async def _one(goal_id: GoalId, initiative_id: InitiativeId, view: Viewer) -> Initiative:
    doc = await view.db[INITIATIVES].find_one({"_id": initiative_id, "goal_id": goal_id})
    if doc is None:
        raise NotFound("There is no initiative with this id.")
    if goal_id not in await _asked_about(view, goal_id):
        await view.demand("read_initiative", doc)
    view.shown(INITIATIVES, doc, action="read_initiative")
    return from_document(Initiative, doc)


async def _asked_about(view: Viewer, goal_id: GoalId | None = None) -> Sequence[GoalId]:
    """The goals that the caller reads since they are asked to agree; all of them, or this one."""
    if view.caller.person_id is None:
        return ()
    wanted = {"asked_id": view.caller.person_id} | ({"_id": goal_id} if goal_id else {})
    return [doc["_id"] for doc in await view.db[GOALS].find(wanted, {"_id": 1}).to_list(None)]


async def _today(view: Viewer, owner_id: PersonId | None) -> date:
    zone = await DirectoryReader(view.db).one_by_one().zone_of(owner_id or view.caller.person_id or "")
    return view.now.astimezone(zone).date()


def _initiative(doc: Mapping[str, Any]) -> InitiativeView:
    return InitiativeView.of(from_document(Initiative, doc))


def _report(doc: Mapping[str, Any]) -> InitiativeReportView:
    return InitiativeReportView.of(from_document(InitiativeReport, doc))
