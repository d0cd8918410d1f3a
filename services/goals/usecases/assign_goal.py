"""Set one goal for many people, each of whom is asked to agree to their own.

When    HR or a manager asks (POST /goal-assignments); with `dry_run` it is checked and counted, and
        nothing is changed
May     assign: HR admin for anybody; a manager for those who report to them
Rule    Assignment.goal_for, alignment.require_place; units and people that are named must be known, and
        whoever asks too, since people are told who asks
Emits   nothing of its own
Then    propose_assigned_goal for each person, as a fan-out
"""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.goals.access import ACCESS
from services.goals.domain.alignment import AlignmentTooDeep, NoSuchParent, ParentClosed
from services.goals.domain.assignment import Assignment
from services.goals.domain.goal import GoalNotSmart
from services.goals.domain.wording import Wording
from services.goals.periods import OF_PERIODS, require_period
from services.goals.store import AssignmentStore
from services.goals.usecases.align_goal import require_parent
from services.goals.usecases.propose_assigned_goal import order_goals
from services.goals.views import AssignmentView
from shared.contracts.base import Frozen
from shared.directory import Directory, population_size, require_known
from shared.errors import Forbidden, Refusal
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
    """The wording that all their goals begin with, and whose; `dry_run` changes nothing and counts them."""

    wording: Wording
    population: NamedPopulation
    dry_run: bool = False


class AssignGoal(NewAssignment):
    """What to set for whom; `assignment_id` is new."""

    assignment_id: AssignmentId


class AssignmentPreview(BaseModel):
    """How many people an assignment would reach."""

    people: int


async def assign_goal(command: AssignGoal, tx: Transaction) -> Assignment:
    """The assignment; its goals are proposed afterwards."""
    assignment = Assignment(
        assignment_id=command.assignment_id,
        wording=command.wording,
        visibility=command.wording.visibility,
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


async def _require_own_reports(population: NamedPopulation, tx: Transaction) -> None:
    """Refuse anybody who does not report to the caller."""
    directory = Directory(tx)
    if population.everyone or population.unit_ids:
        raise Forbidden("You set goals for those who report to you: name them in person_ids.")
    await directory.read_ahead(population.person_ids)
    for person_id in population.person_ids:
        person = await directory.person(person_id)
        if person is None or person.manager_id != tx.person_id:
            raise Forbidden("You set goals for those who report to you; HR does for others.")


@router.post(
    "/goal-assignments",
    status_code=201,
    response_model=AssignmentView,
    responses={
        200: {"model": AssignmentPreview, "description": "Whom it would reach; asked with `dry_run`."},
        **refusals(*OF_PERIODS, GoalNotSmart, NoSuchParent, ParentClosed, AlignmentTooDeep, AssignerUnknown),
    },
    summary="Set one goal for many",
)
async def post_assignment(new: NewAssignment, run: Run, view: View) -> Response:
    """Each of them is asked to agree to a goal of their own, in the background: see its `progress`."""
    assignment_id = AssignmentId(mint("assignment"))
    command = AssignGoal(assignment_id=assignment_id, **dict(new))
    if new.dry_run:
        await run(assign_goal, command, key=assignment_id)
        people = await population_size(view.db, new.population)
        return Response(AssignmentPreview(people=people).model_dump_json(), media_type="application/json")
    return await run(
        assign_goal,
        command,
        key=assignment_id,
        reply=AssignmentView.of,
        status=201,
        location=lambda made: f"/goal-assignments/{made.assignment_id}",
    )
