"""What can be read of goals, and in which form."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from services.goals.domain.assignment import Assignment
from services.goals.domain.goal import Goal
from services.goals.domain.history import Blocker, CheckIn, Measurement
from services.goals.domain.smart import Part, missing_parts
from services.goals.domain.wording import Wording
from services.goals.store import ASSIGNMENTS, CHECK_INS, GOALS, MEASUREMENTS
from shared.contracts.goals import GoalKind, GoalLevel, GoalStatus, KeyResultType, Outcome, Visibility
from shared.errors import NotFound
from shared.fan_out import FanOutProgress, progress_of
from shared.http import View
from shared.ids import AssignmentId, GoalId, KeyResultId, PersonId
from shared.mongo import Doc
from shared.paging import AskedPage, Page, Sort, read_page
from shared.population import NamedPopulation
from shared.preconditions import IfNoneMatchHeader, entity_tag, if_none_match
from shared.store import from_document

router = APIRouter(tags=["goals"])


class KeyResultView(BaseModel):
    """A key result; `progress` is a share from 0 to 1, null while it cannot be told."""

    key_result_id: KeyResultId
    title: str
    type: KeyResultType
    unit: str
    start: float
    target: float
    current: float | None
    measured_at: datetime | None
    weight: float
    progress: float | None


class GoalView(BaseModel):
    """A goal; `progress` and `confidence` are shares from 0 to 1, `mend` tells what is not SMART yet.

    Neither is known while nothing was measured that can be told, or nobody has checked in.
    """

    goal_id: GoalId
    owner_id: PersonId
    title: str
    description: str
    kind: GoalKind
    level: GoalLevel
    visibility: Visibility
    status: GoalStatus
    outcome: Outcome | None
    parent_id: GoalId | None
    relevance: str
    weight: float
    starts_on: date
    due_on: date
    proposed_by: PersonId | None
    asked_id: PersonId | None
    reason: str
    progress: float | None
    confidence: float | None
    key_results: list[KeyResultView]
    closing_comment: str
    closed_at: datetime | None
    closed_by: PersonId | None
    mend: Mapping[Part, str]
    version: int

    @classmethod
    def of(cls, goal: Goal) -> "GoalView":
        """The view of a goal."""
        parts = [KeyResultView(**dict(part), progress=part.progress) for part in goal.key_results]
        mend = missing_parts(goal) if goal.status == "draft" else {}
        said = {**dict(goal), "key_results": parts, "progress": goal.progress, "mend": mend}
        return cls.model_validate(said)


class MeasurementView(BaseModel):
    """A measurement, where it comes from, and the goal's share of the way once it was taken."""

    measurement_id: str
    goal_id: GoalId
    key_result_id: KeyResultId
    value: float
    measured_at: datetime
    by_person_id: PersonId | None
    source: str
    note: str
    goal_progress: float | None

    @classmethod
    def of(cls, measurement: Measurement) -> "MeasurementView":
        """The view of a measurement."""
        return cls(**measurement.model_dump(exclude={"version"}))


class CheckInView(BaseModel):
    """A check-in; `confidence` and the goal's `progress` are shares from 0 to 1."""

    check_in_id: str
    goal_id: GoalId
    by_person_id: PersonId
    at: datetime
    confidence: float
    comment: str
    blockers: list[Blocker]
    next_steps: str
    progress: float | None

    @classmethod
    def of(cls, check_in: CheckIn) -> "CheckInView":
        """The view of a check-in."""
        return cls(**check_in.model_dump(exclude={"version"}))


class AssignmentView(BaseModel):
    """A goal that was set for many."""

    assignment_id: AssignmentId
    wording: Wording
    population: NamedPopulation
    by_person_id: PersonId
    assigned_at: datetime
    version: int

    @classmethod
    def of(cls, assignment: Assignment) -> Self:
        """The view of an assignment."""
        return cls.model_validate(assignment.model_dump(exclude={"visibility"}))


class AssignmentWithProgress(AssignmentView):
    """The same, with how many were asked and for how many it failed; null until it has begun."""

    progress: FanOutProgress | None


class GoalsWanted(BaseModel):
    """Which of the goals that the caller may see; all of what is asked must hold."""

    owner_id: PersonId | None = Field(default=None, description="Of this person only.")
    asked_id: PersonId | None = Field(default=None, description="Waiting for this person's answer only.")
    parent_id: GoalId | None = Field(default=None, description="Serving this goal only.")
    status: GoalStatus | None = Field(default=None, description="In this stage only.")
    outcome: Outcome | None = Field(default=None, description="Closed so only.")
    kind: GoalKind | None = Field(default=None, description="Of this kind only.")
    level: GoalLevel | None = Field(default=None, description="Of a person, a team or the organisation only.")
    runs_from: date | None = Field(default=None, description="Due on this day or later.")
    runs_to: date | None = Field(default=None, description="Starting on this day or earlier.")

    def filter(self) -> Doc:
        """Matches the documents of these goals."""
        equal = self.model_dump(exclude_none=True, exclude={"runs_from", "runs_to"})
        due = {"due_on": {"$gte": self.runs_from}} if self.runs_from else {}
        start = {"starts_on": {"$lte": self.runs_to}} if self.runs_to else {}
        return {**equal, **due, **start}


@router.get("/goals", summary="List goals")
async def list_goals(view: View, page: AskedPage, wanted: Annotated[GoalsWanted, Query()]) -> Page[GoalView]:
    """The goals that the caller may see."""
    filter_ = {"$and": [await view.filter(), wanted.filter()]}
    return await read_page(view.db[GOALS], filter_, asked=page, show=_goal)


@router.get(
    "/goals/{goal_id}",
    response_model=GoalView,
    summary="Read a goal",
    responses={304: {"description": "It is as If-None-Match says."}},
)
async def get_goal(goal_id: GoalId, view: View, none_match: IfNoneMatchHeader = None) -> Response:
    """One goal; its ETag is what If-Match wants."""
    goal = await view.one(Goal, GOALS, goal_id)
    headers = {"ETag": entity_tag(goal.version)}
    known = if_none_match(none_match)
    if known is not None and not known.holds(goal.version):
        return Response(status_code=304, headers=headers)
    return Response(GoalView.of(goal).model_dump_json(), media_type="application/json", headers=headers)


@router.get("/goals/{goal_id}/measurements", summary="List the measurements of a goal")
async def list_measurements(
    goal_id: GoalId,
    view: View,
    page: AskedPage,
    key_result_id: Annotated[KeyResultId | None, Query(description="Of this key result only.")] = None,
) -> Page[MeasurementView]:
    """All measurements, newest first."""
    await view.one(Goal, GOALS, goal_id)
    of = {"goal_id": goal_id} | ({"key_result_id": key_result_id} if key_result_id else {})
    sort = Sort("measured_at", descending=True)
    return await read_page(view.db[MEASUREMENTS], of, asked=page, sort=sort, show=_measurement)


@router.get("/goals/{goal_id}/measurements/{measurement_id}", summary="Read a measurement")
async def get_measurement(goal_id: GoalId, measurement_id: str, view: View) -> MeasurementView:
    """One measurement of a goal."""
    await view.one(Goal, GOALS, goal_id)
    doc = await view.db[MEASUREMENTS].find_one({"_id": measurement_id, "goal_id": goal_id})
    if doc is None:
        raise NotFound("The goal has no measurement with this id.")
    return _measurement(doc)


@router.get("/goals/{goal_id}/check-ins", summary="List the check-ins of a goal")
async def list_check_ins(goal_id: GoalId, view: View, page: AskedPage) -> Page[CheckInView]:
    """All check-ins, newest first."""
    await view.one(Goal, GOALS, goal_id)
    sort = Sort("at", descending=True)
    return await read_page(view.db[CHECK_INS], {"goal_id": goal_id}, asked=page, sort=sort, show=_check_in)


@router.get("/goals/{goal_id}/check-ins/{check_in_id}", summary="Read a check-in")
async def get_check_in(goal_id: GoalId, check_in_id: str, view: View) -> CheckInView:
    """One check-in on a goal."""
    await view.one(Goal, GOALS, goal_id)
    doc = await view.db[CHECK_INS].find_one({"_id": check_in_id, "goal_id": goal_id})
    if doc is None:
        raise NotFound("The goal has no check-in with this id.")
    return _check_in(doc)


def _goal(doc: Mapping[str, Any]) -> GoalView:
    return GoalView.of(from_document(Goal, doc))


def _measurement(doc: Mapping[str, Any]) -> MeasurementView:
    return MeasurementView.of(from_document(Measurement, doc))


def _check_in(doc: Mapping[str, Any]) -> CheckInView:
    return CheckInView.of(from_document(CheckIn, doc))


@router.get("/goal-assignments", summary="List goals set for many", tags=["goal assignments"])
async def list_assignments(view: View, page: AskedPage) -> Page[AssignmentView]:
    """Those that the caller may see, the newest first."""
    filter_, newest = await view.filter("read_assignment"), Sort("assigned_at", descending=True)
    return await read_page(view.db[ASSIGNMENTS], filter_, asked=page, sort=newest, show=_assignment)


@router.get(
    "/goal-assignments/{assignment_id}", summary="Read a goal set for many", tags=["goal assignments"]
)
async def get_assignment(assignment_id: AssignmentId, view: View) -> AssignmentWithProgress:
    """What was set for whom, and how far the asking is."""
    assignment = await view.one(Assignment, ASSIGNMENTS, assignment_id, action="read_assignment")
    progress = await progress_of(view.db, assignment.job_id)
    return AssignmentWithProgress.model_validate({**assignment.model_dump(), "progress": progress})


def _assignment(doc: Mapping[str, Any]) -> AssignmentView:
    return AssignmentView.of(from_document(Assignment, doc))
