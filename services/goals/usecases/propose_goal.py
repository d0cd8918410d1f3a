"""Ask the other, manager or owner, to agree to a goal.

When    its owner or manager asks (POST /goals/{goal_id}/proposal)
May     propose: self, manager                    (access.py)
Rule    Goal.propose, smart.missing_parts
Emits   goals.GoalProposed
Then    notifications.announce
"""

from fastapi import APIRouter, Response

from services.goals.domain.goal import Goal
from services.goals.store import GoalStore
from services.goals.views import GoalView
from shared.contracts.base import Frozen
from shared.directory import Directory
from shared.http import Run
from shared.ids import GoalId
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class ProposeGoal(Frozen):
    """Which goal to propose."""

    goal_id: GoalId


async def propose_goal(command: ProposeGoal, tx: Transaction) -> Goal:
    """The proposed goal; who has no manager agrees with themselves at once."""
    goals = GoalStore(tx)
    goal = await goals.get(command.goal_id)
    await tx.require("propose", goal)
    by = tx.person_id
    manager_id = (await Directory(tx).require(goal.owner_id)).manager_id
    to = goal.owner_id if by != goal.owner_id else manager_id or goal.owner_id
    goal, proposed = goal.propose(by=by, to=to)
    if to == by:
        goal, agreed = goal.agree(by=by)
        goal = goals.save(goal)
        tx.publish(proposed, agreed, goal.state())
        return goal
    goal = goals.save(goal)
    tx.publish(proposed, goal.state())
    return goal


@router.post("/goals/{goal_id}/proposal", response_model=GoalView, summary="Propose a goal")
async def post_proposal(goal_id: GoalId, run: Run) -> Response:
    """The owner asks their manager to agree, or the manager the owner."""
    return await run(
        propose_goal, ProposeGoal(goal_id=goal_id), key=goal_id, reply=GoalView.of, match=("goals", goal_id)
    )
