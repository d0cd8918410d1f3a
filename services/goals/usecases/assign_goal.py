"""Set one goal for many people, each of whom is asked to agree to their own.

When    HR or a manager asks (POST /goal-assignments); with `dry_run` it is checked and counted, and
        nothing is changed
May     assign: HR admin for anybody; a manager for those who report to them, and where the manager has
        left the nearest above who works here
Rule    Assignment.goal_for, GoalTemplate.wording_for, alignment.require_place; units and people that are
        named must be known, and whoever asks too, since people are told who asks
Emits   nothing of its own
Then    propose_assigned_goal for each person, as a fan-out
"""

from typing import Self

from fastapi import APIRouter, Response
from pydantic import model_validator

from services.goals.access import ACCESS
from services.goals.domain.alignment import AlignmentTooDeep, NoSuchParent, ParentClosed
from services.goals.domain.assignment import Assignment
from services.goals.domain.goal import GoalNotSmart
from services.goals.domain.template import TemplateUse
from services.goals.domain.wording import Wording
from services.goals.periods import OF_PERIODS, require_period
from services.goals.reporting_line import today_of
from services.goals.store import AssignmentStore
from services.goals.templates import OF_TEMPLATES, usable_template, wording_of
from services.goals.usecases.align_goal import require_parent
from services.goals.usecases.propose_assigned_goal import order_goals
from services.goals.views import AssignmentView
from services.goals.views.assignment_preview import AssignmentPreview, Checked, preview_of
from shared.contracts.base import Frozen
from shared.directory import Directory, require_known
from shared.errors import Forbidden, Invalid, Refusal
from shared.http import Run, View
from shared.ids import AssignmentId, mint
from shared.population import NamedPopulation
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goal assignments"])


class AssignerUnknown(Refusal):
    """People are told who sets a goal for them: it is somebody of the directory."""

    status = 422


class NewAssignment(Frozen):
    """What all their goals begin with, a wording or a template, and whose they are.

    `dry_run` changes nothing and counts them.
    """

    wording: Wording | None = None
    from_template: TemplateUse | None = None
    population: NamedPopulation
    dry_run: bool = False

    @model_validator(mode="after")
    def _begins_with_something(self) -> Self:
        if (self.wording is None) == (self.from_template is None):
            raise ValueError("send either wording or from_template")
        return self


class AssignGoal(NewAssignment):
    """What to set for whom; `assignment_id` is new."""

    assignment_id: AssignmentId


async def assign_goal(command: AssignGoal, tx: Transaction) -> Assignment:
    """The assignment; its goals are proposed afterwards."""
    wording = await _wording(command, tx)
    assignment = Assignment(
        assignment_id=command.assignment_id,
        wording=wording,
        visibility=wording.visibility,
        template_id=command.from_template.template_id if command.from_template else None,
        population=command.population,
        by_person_id=tx.person_id,
        assigned_at=tx.now,
    )
    if not await ACCESS.allows(tx, "assign", assignment):
        await _require_own_reports(command.population, tx)
    if await Directory(tx).named(tx.person_id) is None:
        raise AssignerUnknown("You are not in the directory, and people are told who sets a goal for them.")
    await require_known(command.population, tx)
    goal, _ = assignment.goal_for(tx.person_id)
    await require_period(goal, "plan", tx)
    if goal.parent_id is not None:
        await require_parent(goal, goal.parent_id, tx)
    if command.dry_run:
        return assignment
    assignment = AssignmentStore(tx).save(assignment)
    order_goals(assignment, tx)
    return assignment


async def _wording(command: AssignGoal, tx: Transaction) -> Wording:
    """What they all begin with; a template that begins today does so where the caller lives."""
    if command.from_template is None:
        if command.wording is None:
            raise Invalid("Send either wording or from_template.")
        return command.wording
    template = await usable_template(command.from_template, tx)
    return await wording_of(command.from_template, template, today=await today_of(tx.person_id, tx), tx=tx)


async def _require_own_reports(population: NamedPopulation, tx: Transaction) -> None:
    """Refuse anybody whose manager the caller is not, nor the nearest above who works here."""
    directory = Directory(tx)
    if population.everyone or population.unit_ids or population.reporting_to_ids or population.job_levels:
        raise Forbidden("You set goals for those who report to you: name them in person_ids.")
    await directory.read_ahead(population.person_ids)
    works_here = await directory.is_active(tx.person_id)
    for person_id in population.person_ids:
        if not works_here or not await directory.manages_in_effect(tx.person_id, person_id):
            raise Forbidden("You set goals for those who report to you; HR does for others.")


@router.post(
    "/goal-assignments",
    status_code=201,
    response_model=AssignmentView,
    responses={
        200: {"model": AssignmentPreview, "description": "Whom it would reach; asked with `dry_run`."},
        **refusals(
            *OF_PERIODS,
            *OF_TEMPLATES,
            GoalNotSmart,
            NoSuchParent,
            ParentClosed,
            AlignmentTooDeep,
            AssignerUnknown,
        ),
    },
    summary="Set one goal for many",
)
async def post_assignment(new: NewAssignment, run: Run, view: View) -> Response:
    """Each of them is asked to agree to a goal of their own, in the background: see its `progress`."""
    assignment_id = AssignmentId(mint("assignment"))
    command = AssignGoal(assignment_id=assignment_id, **dict(new))
    if new.dry_run:
        checked = await run(assign_goal, command, key=assignment_id, reply=Checked.of)
        preview = await preview_of(Checked.model_validate_json(bytes(checked.body)), view)
        return Response(preview.model_dump_json(), media_type="application/json")
    return await run(
        assign_goal,
        command,
        key=assignment_id,
        reply=AssignmentView.of,
        status=201,
        location=lambda made: f"/goal-assignments/{made.assignment_id}",
    )
