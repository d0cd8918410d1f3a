"""Take a proposal back before it is answered.

When    the side that made it asks (POST /goals/{goal_id}/withdrawal)
May     withdraw: self, manager; not the one who was asked   (access.py)
Rule    Goal.withdraw
Emits   goals.GoalProposalWithdrawn
Then    notifications.announce
"""

from fastapi import APIRouter, Response

from services.goals.domain.goal import AskedToAnswer, Goal, GoalNotInStage
from services.goals.hidden import goal_answer
from services.goals.store import GoalStore
from services.goals.views import GoalView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import GoalId
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class WithdrawProposal(Frozen):
    """Of which goal."""

    goal_id: GoalId


async def withdraw_proposal(command: WithdrawProposal, tx: Transaction) -> Goal:
    """The goal, a draft again."""
    goals = GoalStore(tx)
    goal = await goals.get(command.goal_id)
    await tx.require("withdraw", goal)
    goal, withdrawn = goal.withdraw(by=tx.person_id)
    goal = goals.save(goal)
    tx.publish(withdrawn, goal.state())
    return goal


@router.post(
    "/goals/{goal_id}/withdrawal",
    response_model=GoalView,
    summary="Withdraw a proposal",
    responses=refusals(GoalNotInStage, AskedToAnswer),
)
async def post_withdrawal(goal_id: GoalId, run: Run) -> Response:
    """The goal is a draft again and can be reworded, proposed or cancelled."""
    command = WithdrawProposal(goal_id=goal_id)
    return await run(withdraw_proposal, command, key=goal_id, answer=goal_answer, match=("goals", goal_id))
