"""Ask one person to agree to their own goal of an assignment.

When    a goal was set for many: once for each person of its population, in pages of a fan-out
May     the suite itself
Rule    Assignment.goal_for, template.filled, weights.require_room; who has left gets none; the parent
        must still be open.  Whom a rule keeps from it is told by the assignment's progress
Emits   goals.GoalDrafted, goals.GoalProposed
Then    reviews.gather_evidence, notifications.announce
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.goals.domain.alignment import ParentClosed
from services.goals.domain.assignment import Assignment
from services.goals.domain.weights import require_room
from services.goals.reporting_line import working_line
from services.goals.store import ASSIGNMENTS, GoalStore, hold_people
from services.goals.templates import filled_for
from shared.contracts.base import Frozen
from shared.directory import Directory, population
from shared.fan_out import FanOut, Recipient
from shared.ids import PersonId
from shared.mongo import Database
from shared.store import from_document
from shared.work import FanOutJob, Transaction

KIND: Final = "goal_assignment"


class ProposeAssignedGoal(Frozen):
    """Whose goal of which assignment."""

    assignment: Assignment
    person_id: PersonId


async def propose_assigned_goal(message: ProposeAssignedGoal, tx: Transaction) -> None:
    """Propose it, unless that is done already or the person has left; found again by its derived id."""
    goals, owner_id, assignment = GoalStore(tx), message.person_id, message.assignment
    if await goals.find(assignment.goal_id_for(owner_id)) is not None:
        return
    if not await Directory(tx).is_active(owner_id):
        return
    own = await filled_for(owner_id, assignment.wording, tx) if assignment.template_id else None
    above = await working_line(owner_id, tx) if owner_id == assignment.by_person_id else ()
    goal, events = assignment.goal_for(owner_id, wording=own, asked_id=next(iter(above), None))
    if goal.parent_id is not None:
        parent = await goals.find(goal.parent_id)
        if parent is None or parent.status == "closed":
            raise ParentClosed("The goal that it was to serve is closed or gone.")
    hold_people(tx, owner_id)
    if goal.weight:
        require_room(goal, beside=await goals.weighing_on(owner_id))
    tx.publish(*events, goals.save(goal).state())


def order_goals(assignment: Assignment, tx: Transaction) -> None:
    """Have the goals of an assignment proposed once this is committed."""
    params = {
        "assignment_id": assignment.assignment_id,
        "population": assignment.population.model_dump(mode="json"),
    }
    tx.fan_out(FanOutJob(assignment.job_id, KIND, params))


async def pages(
    db: Database, params: Mapping[str, Any], after: str | None, limit: int
) -> Sequence[Recipient]:
    """The next people of the population, in the order of their ids."""
    doc = await db[ASSIGNMENTS].find_one({"_id": params["assignment_id"]})
    if doc is None:
        raise LookupError(f"{params['assignment_id']}: its goals were ordered and it is not there")
    assignment = from_document(Assignment, doc)
    person_ids = await population(db, params["population"], after, limit)
    return [
        Recipient(each, ProposeAssignedGoal(assignment=assignment, person_id=each)) for each in person_ids
    ]


ASSIGNING: Final = FanOut(KIND, pages, propose_assigned_goal)
