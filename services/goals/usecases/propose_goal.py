"""Ask the other, manager or owner, to agree to a goal.

When    its owner or manager asks (POST /goals/{goal_id}/proposal)
May     propose: self, manager                    (access.py)
Rule    Goal.propose, smart.missing_parts, weights.require_room
Emits   goals.GoalProposed
Then    notifications.announce
"""

from fastapi import APIRouter, Response

from services.goals.domain.goal import Goal, GoalNotInStage, GoalNotSmart
from services.goals.domain.weights import WeightsExceedWhole, require_room
from services.goals.hidden import goal_answer
from services.goals.periods import OF_PERIODS, require_period
from services.goals.reporting_line import working_line
from services.goals.store import GoalStore, hold_people
from services.goals.usecases.draft_goal import OwnerHasLeft
from services.goals.views import GoalView
from shared.contracts.base import Frozen
from shared.directory import Directory
from shared.errors import Refusal
from shared.http import Run
from shared.ids import GoalId, PersonId
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class NotToBeAsked(Refusal):
    """This person is not the one to agree to the goal."""

    status = 422


class NobodyToAsk(Refusal):
    """Nobody above the owner could agree."""


class Proposal(Frozen):
    """Who is asked; left out, the owner's manager if the owner asks, else the owner."""

    to_person_id: PersonId | None = None


class ProposeGoal(Proposal):
    """Which goal to propose."""

    goal_id: GoalId


async def propose_goal(command: ProposeGoal, tx: Transaction) -> Goal:
    """The proposed goal."""
    goals = GoalStore(tx)
    goal = await goals.get(command.goal_id)
    await tx.require("propose", goal)
    if not await Directory(tx).is_active(goal.owner_id):
        raise OwnerHasLeft("The owner does not work here any more; nobody could agree for them.")
    await require_period(goal, "plan", tx)
    to = await _asked(goal, command.to_person_id, tx)
    goal, proposed = goal.propose(by=tx.person_id, to=to)
    hold_people(tx, goal.owner_id, to)
    require_room(goal, beside=await goals.weighing_on(goal.owner_id))
    goal = goals.save(goal)
    tx.publish(proposed, goal.state())
    return goal


async def _asked(goal: Goal, named: PersonId | None, tx: Transaction) -> PersonId:
    """The owner, or somebody active in the line above; with nobody there, whoever is named."""
    if tx.person_id != goal.owner_id:
        if named not in {None, goal.owner_id}:
            raise NotToBeAsked("Who proposes a goal for somebody else asks its owner.")
        return goal.owner_id
    line = await working_line(goal.owner_id, tx)
    if named is None:
        if not line:
            raise NobodyToAsk("Nobody works above the owner; name in to_person_id who is to agree.")
        return line[0]
    if named == goal.owner_id or (line and named not in line) or not await Directory(tx).is_active(named):
        raise NotToBeAsked("Ask somebody active in the line above the owner.")
    return named


@router.post(
    "/goals/{goal_id}/proposal",
    response_model=GoalView,
    summary="Propose a goal",
    responses=refusals(
        *OF_PERIODS, GoalNotInStage, GoalNotSmart, NotToBeAsked, WeightsExceedWhole, NobodyToAsk, OwnerHasLeft
    ),
)
async def post_proposal(goal_id: GoalId, run: Run, proposal: Proposal | None = None) -> Response:
    """The owner asks their manager to agree, or the manager the owner."""
    to = proposal.to_person_id if proposal else None
    command = ProposeGoal(goal_id=goal_id, to_person_id=to)
    return await run(propose_goal, command, key=goal_id, answer=goal_answer, match=("goals", goal_id))
