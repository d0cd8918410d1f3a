"""Let a goal serve another one, or none.

When    its owner, their manager or HR asks (PUT /goals/{goal_id}/parent)
May     align: self, manager, HR admin; read on the parent   (access.py)
Rule    Goal.align, refuse_cycle
Emits   goals.GoalAligned
"""

from fastapi import APIRouter, Response

from services.goals.domain.alignment import refuse_cycle
from services.goals.domain.goal import Goal
from services.goals.store import GoalStore
from services.goals.views import GoalView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import GoalId
from shared.work import Transaction

router = APIRouter(tags=["goals"])
TREE_GUARD = "tree"


class Parent(Frozen):
    """The goal that is served; null for none."""

    parent_id: GoalId | None


class AlignGoal(Parent):
    """Which goal is to serve it."""

    goal_id: GoalId


async def align_goal(command: AlignGoal, tx: Transaction) -> Goal:
    """The goal at its new place."""
    goals = GoalStore(tx)
    goal = await goals.get(command.goal_id)
    await tx.require("align", goal)
    if command.parent_id is not None:
        await require_parent(goal, command.parent_id, tx)
    goal, aligned = goal.align(command.parent_id)
    goal = goals.save(goal)
    tx.publish(aligned, goal.state())
    return goal


async def require_parent(goal: Goal, parent_id: GoalId, tx: Transaction) -> None:
    """Refuse a parent that the caller cannot see or that would close a cycle.

    Two alignments that close a cycle together are kept from passing each other by a shared guard.
    """
    goals = GoalStore(tx)
    await tx.require("read", await goals.get(parent_id))
    if goal.version:
        await tx.hold("alignment_guards", TREE_GUARD)
    refuse_cycle(goal.goal_id, above_parent=await goals.above(parent_id))


@router.put("/goals/{goal_id}/parent", response_model=GoalView, summary="Align a goal")
async def put_parent(goal_id: GoalId, parent: Parent, run: Run) -> Response:
    """Let the goal serve `parent_id`, or nothing."""
    command = AlignGoal(goal_id=goal_id, parent_id=parent.parent_id)
    return await run(align_goal, command, key=goal_id, reply=GoalView.of, match=("goals", goal_id))
