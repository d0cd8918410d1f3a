"""Goals set for many, and how far the asking is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from fastapi import APIRouter
from pydantic import BaseModel

from services.goals.domain.assignment import Assignment
from services.goals.domain.wording import Wording
from services.goals.store import ASSIGNMENTS
from services.goals.views.answers import Answers, answers_to
from shared.fan_out import FanOutProgress, progress_of
from shared.http import View
from shared.ids import AssignmentId, PersonId, TemplateId
from shared.paging import AskedPage, Page, Sort, read_page
from shared.population import NamedPopulation
from shared.reading import as_stored
from shared.store import from_document

router = APIRouter(tags=["goal assignments"])


class AssignmentView(BaseModel):
    """A goal that was set for many; what it says from a template is filled in for each of them."""

    assignment_id: AssignmentId
    wording: Wording
    template_id: TemplateId | None
    population: NamedPopulation
    by_person_id: PersonId
    assigned_at: datetime
    version: int

    @classmethod
    def of(cls, assignment: Assignment) -> Self:
        """The view of an assignment."""
        return as_stored(cls, dict(assignment))


class AssignmentWithProgress(AssignmentView):
    """The same, with the answers, and for how many the asking is done or failed, null until it has begun."""

    progress: FanOutProgress | None
    answers: Answers


@router.get("/goal-assignments", summary="List goals set for many")
async def list_assignments(view: View, page: AskedPage) -> Page[AssignmentView]:
    """Those that the caller may see, the newest first."""
    filter_, newest = await view.filter("read_assignment"), Sort("assigned_at", descending=True)
    return await read_page(view.db[ASSIGNMENTS], filter_, asked=page, sort=newest, show=_assignment)


@router.get("/goal-assignments/{assignment_id}", summary="Read a goal set for many")
async def get_assignment(assignment_id: AssignmentId, view: View) -> AssignmentWithProgress:
    """What was set for whom, how far the asking is, and what was answered."""
    assignment = await view.one(Assignment, ASSIGNMENTS, assignment_id, action="read_assignment")
    progress = await progress_of(view.db, assignment.job_id)
    answers = await answers_to(assignment, view)
    return as_stored(AssignmentWithProgress, {**dict(assignment), "progress": progress, "answers": answers})


def _assignment(doc: Mapping[str, Any]) -> AssignmentView:
    return AssignmentView.of(from_document(Assignment, doc))
