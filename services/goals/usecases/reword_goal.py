"""Replace what a draft says.

When    its owner or manager asks (PUT /goals/{goal_id}), knowing the version that is replaced
May     reword: self, manager                     (access.py)
Rule    Goal.reword, refuse_cycle
Emits   goals.GoalChanged, goals.GoalAligned if it serves another goal now
"""

from fastapi import APIRouter, Response

from services.goals.domain.goal import Goal, Wording
from services.goals.store import GoalStore
from services.goals.usecases.align_goal import require_parent
from services.goals.views import GoalView
from shared.contracts.base import Frozen
from shared.contracts.goals import GoalAligned
from shared.http import Run
from shared.ids import GoalId
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class RewordGoal(Frozen):
    """What the draft is to say."""

    goal_id: GoalId
    wording: Wording


async def reword_goal(command: RewordGoal, tx: Transaction) -> Goal:
    """The draft as it reads now."""
    goals = GoalStore(tx)
    goal = await goals.get(command.goal_id)
    await tx.require("reword", goal)
    parent_id = command.wording.parent_id
    if parent_id is not None and parent_id != goal.parent_id:
        await require_parent(goal, parent_id, tx)
    events: list[GoalAligned] = []
    if parent_id != goal.parent_id:
        goal, aligned = goal.align(parent_id)
        events.append(aligned)
    goal, changed = goal.reword(command.wording)
    goal = goals.save(goal)
    tx.publish(*events, changed, goal.state())
    return goal


@router.put("/goals/{goal_id}", response_model=GoalView, summary="Reword a draft")
async def put_goal(goal_id: GoalId, wording: Wording, run: Run) -> Response:
    """Replace the draft's wording, key results included; needs If-Match."""
    command = RewordGoal(goal_id=goal_id, wording=wording)
    return await run(
        reword_goal, command, key=goal_id, reply=GoalView.of, match=("goals", goal_id), must_match=True
    )
