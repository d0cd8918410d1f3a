"""What is kept of a goal's way: measurements, check-ins and editions."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.goals.domain.amendment import Edition
from services.goals.domain.goal import Goal
from services.goals.domain.history import Blocker, CheckIn, Correction, Measurement
from services.goals.domain.wording import Wording
from services.goals.history_store import CHECK_INS, EDITIONS, MEASUREMENTS
from services.goals.store import GOALS
from services.goals.views.earlier import figures_of, hidden_until
from services.goals.views.judgements import WIDER, may_judge, readable
from shared.errors import NotFound
from shared.http import View
from shared.ids import GoalId, KeyResultId, PersonId
from shared.mongo import Doc
from shared.paging import AskedPage, Page, Sort, read_page
from shared.reading import as_stored
from shared.store import from_document

router = APIRouter(tags=["goals"])


class MeasurementView(BaseModel):
    """A measurement, where it comes from, and the goal's share of the way once it was taken.

    One with a correction counts no more; `measurement_id` there is the one in its place, if any.
    """

    measurement_id: str
    goal_id: GoalId
    key_result_id: KeyResultId
    value: float
    measured_at: datetime
    by_person_id: PersonId | None
    source: str
    system: str
    note: str
    goal_progress: float | None
    taken_at: datetime
    correction: Correction | None

    @classmethod
    def of(cls, measurement: Measurement) -> "MeasurementView":
        """The view of a measurement."""
        said = measurement.model_dump(exclude={"version"})
        return as_stored(cls, {**said, "taken_at": measurement.known_at})


class EditionView(BaseModel):
    """What a goal said until it was changed; `agreed_by` is null if nobody had to agree.

    `by_person_id` is null if it was no person who changed it.  What it served is named to those who may read
    that goal too; `contribution`, its weight beside the others that served that, is null if it is not known.
    """

    number: int
    owner_id: PersonId
    wording: Wording
    contribution: float | None
    until: datetime
    changed: list[str]
    by_person_id: PersonId | None
    agreed_by: PersonId | None
    reason: str

    @classmethod
    def of(cls, edition: Edition) -> "EditionView":
        """The view of an edition."""
        return as_stored(cls, dict(edition))


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


@router.get("/goals/{goal_id}/measurements", summary="List the measurements of a goal")
async def list_measurements(
    goal_id: GoalId,
    view: View,
    page: AskedPage,
    key_result_id: Annotated[KeyResultId | None, Query(description="Of this key result only.")] = None,
) -> Page[MeasurementView]:
    """All measurements, newest first."""
    hidden = await hidden_until(await view.one(Goal, GOALS, goal_id), view)
    of = {"goal_id": goal_id} | ({"key_result_id": key_result_id} if key_result_id else {})
    sort = Sort("measured_at", descending=True)

    def show(doc: Doc) -> MeasurementView:
        return _measurement(doc, hidden)

    return await read_page(view.db[MEASUREMENTS], of, asked=page, sort=sort, show=show)


@router.get("/goals/{goal_id}/measurements/{measurement_id}", summary="Read a measurement")
async def get_measurement(goal_id: GoalId, measurement_id: str, view: View) -> MeasurementView:
    """One measurement of a goal."""
    hidden = await hidden_until(await view.one(Goal, GOALS, goal_id), view)
    doc = await view.db[MEASUREMENTS].find_one({"_id": measurement_id, "goal_id": goal_id})
    if doc is None:
        raise NotFound("The goal has no measurement with this id.")
    return _measurement(doc, hidden)


@router.get("/goals/{goal_id}/check-ins", summary="List the check-ins of a goal")
async def list_check_ins(goal_id: GoalId, view: View, page: AskedPage) -> Page[CheckInView]:
    """All check-ins, newest first."""
    hidden = await hidden_until(await view.one(Goal, GOALS, goal_id), view)
    sort, wanted = Sort("at", descending=True), {"goal_id": goal_id, "at": {"$gt": hidden}}
    return await read_page(view.db[CHECK_INS], wanted, asked=page, sort=sort, show=_check_in)


@router.get("/goals/{goal_id}/check-ins/{check_in_id}", summary="Read a check-in")
async def get_check_in(goal_id: GoalId, check_in_id: str, view: View) -> CheckInView:
    """One check-in on a goal."""
    hidden = await hidden_until(await view.one(Goal, GOALS, goal_id), view)
    wanted = {"_id": check_in_id, "goal_id": goal_id, "at": {"$gt": hidden}}
    doc = await view.db[CHECK_INS].find_one(wanted)
    if doc is None:
        raise NotFound("The goal has no check-in with this id.")
    return _check_in(doc)


@router.get("/goals/{goal_id}/editions", summary="List what a goal said before")
async def list_editions(goal_id: GoalId, view: View, page: AskedPage) -> Page[EditionView]:
    """What it said until each change, who changed it and why, the newest first."""
    goal = await view.one(Goal, GOALS, goal_id)
    sort, hidden = Sort("number", descending=True), await hidden_until(goal, view)
    wanted = {"goal_id": goal_id, "until": {"$gt": hidden}}
    found = await read_page(view.db[EDITIONS], wanted, asked=page, sort=sort, show=_edition)
    known = await readable([each.wording.parent_id for each in found.items], view)
    hides = goal.visibility in WIDER and not await may_judge(goal_id, view)
    shown = [_for_reader(each, known, without_reason=hides) for each in found.items]
    return Page(items=shown, next=found.next)


def _for_reader(edition: EditionView, known: Collection[GoalId], *, without_reason: bool) -> EditionView:
    wording = edition.wording
    if wording.parent_id not in known:
        wording = wording.model_copy(update={"parent_id": None})
    reason = "" if without_reason else edition.reason
    return edition.model_copy(update={"wording": wording, "reason": reason})


def _edition(doc: Mapping[str, Any]) -> EditionView:
    return EditionView.of(from_document(Edition, doc))


def _measurement(doc: Doc, hidden: datetime) -> MeasurementView:
    return MeasurementView.of(from_document(Measurement, figures_of(doc, hidden)))


def _check_in(doc: Mapping[str, Any]) -> CheckInView:
    return CheckInView.of(from_document(CheckIn, doc))
