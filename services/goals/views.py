"""What can be read of goals, and in which form."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from services.goals.domain.goal import Goal
from services.goals.domain.history import Blocker, CheckIn, Measurement
from services.goals.domain.smart import missing_parts
from shared.contracts.goals import GoalKind, GoalLevel, GoalStatus, KeyResultType, Outcome, Visibility
from shared.http import View
from shared.ids import GoalId, KeyResultId, PersonId
from shared.paging import AskedPage, Page, Sort, read_page
from shared.preconditions import entity_tag
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
    """A goal; `progress` and `confidence` are shares from 0 to 1, `mend` tells what is not SMART yet."""

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
    asked_id: PersonId | None
    reason: str
    progress: float
    confidence: float | None
    key_results: list[KeyResultView]
    closing_comment: str
    closed_at: datetime | None
    mend: Mapping[str, str]
    version: int

    @classmethod
    def of(cls, goal: Goal) -> "GoalView":
        """The view of a goal."""
        parts = [KeyResultView(**dict(part), progress=part.progress) for part in goal.key_results]
        mend = missing_parts(goal) if goal.status == "draft" else {}
        said = {**dict(goal), "key_results": parts, "progress": goal.progress, "mend": mend}
        return cls.model_validate(said)


class MeasurementView(BaseModel):
    """A measurement and where it comes from."""

    measurement_id: str
    key_result_id: KeyResultId
    value: float
    measured_at: datetime
    by_person_id: PersonId | None
    source: str
    note: str


class CheckInView(BaseModel):
    """A check-in."""

    check_in_id: str
    by_person_id: PersonId
    at: datetime
    confidence: float
    comment: str
    blockers: list[Blocker]
    next_steps: str
    progress: float


@router.get("/goals", summary="List goals")
async def list_goals(
    view: View,
    page: AskedPage,
    owner_id: Annotated[PersonId | None, Query(description="Of this person only.")] = None,
    status: Annotated[GoalStatus | None, Query(description="In this stage only.")] = None,
    parent_id: Annotated[GoalId | None, Query(description="Serving this goal only.")] = None,
) -> Page[GoalView]:
    """The goals that the caller may see."""
    wanted: dict[str, Any] = {"owner_id": owner_id, "status": status, "parent_id": parent_id}
    asked = {name: value for name, value in wanted.items() if value is not None}
    filter_ = {"$and": [await view.filter(), asked]}
    return await read_page(view.db["goals"], filter_, asked=page, show=_show)


@router.get("/goals/{goal_id}", summary="Read a goal")
async def get_goal(goal_id: GoalId, view: View, response: Response) -> GoalView:
    """One goal; its ETag is what If-Match wants."""
    goal = await view.one(Goal, "goals", goal_id)
    response.headers["ETag"] = entity_tag(goal.version)
    return GoalView.of(goal)


@router.get("/goals/{goal_id}/measurements", summary="List the measurements of a goal")
async def list_measurements(goal_id: GoalId, view: View, page: AskedPage) -> Page[MeasurementView]:
    """All measurements, newest first."""
    await view.one(Goal, "goals", goal_id)
    return await read_page(
        view.db["measurements"],
        {"goal_id": goal_id},
        asked=page,
        sort=Sort("measured_at", descending=True),
        show=lambda doc: MeasurementView(**dict(from_document(Measurement, doc))),
    )


@router.get("/goals/{goal_id}/check-ins", summary="List the check-ins of a goal")
async def list_check_ins(goal_id: GoalId, view: View, page: AskedPage) -> Page[CheckInView]:
    """All check-ins, newest first."""
    await view.one(Goal, "goals", goal_id)
    return await read_page(
        view.db["check_ins"],
        {"goal_id": goal_id},
        asked=page,
        sort=Sort("at", descending=True),
        show=lambda doc: CheckInView.model_validate(dict(from_document(CheckIn, doc))),
    )


def _show(doc: Mapping[str, Any]) -> GoalView:
    return GoalView.of(from_document(Goal, doc))
