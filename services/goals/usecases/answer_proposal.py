"""Agree to a proposed goal, or ask for changes.

When    the one who was asked answers (POST /goals/{goal_id}/agreement, .../change-request)
May     answer: the one who was asked             (access.py)
Rule    Goal.agree, Goal.request_changes
Emits   goals.GoalAgreed, or goals.GoalChangesRequested
Then    notifications.announce
"""

from fastapi import APIRouter, Response
from pydantic import Field

from services.goals.domain.goal import Goal
from services.goals.store import GoalStore
from services.goals.views import GoalView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import GoalId
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class AgreeToGoal(Frozen):
    """Which goal is agreed to."""

    goal_id: GoalId


class ChangeRequest(Frozen):
    """Why it cannot be agreed to as it is."""

    reason: str = Field(min_length=1, max_length=2000)


class RequestChanges(ChangeRequest):
    """Which goal is sent back."""

    goal_id: GoalId


async def agree_to_goal(command: AgreeToGoal, tx: Transaction) -> Goal:
    """The agreed goal."""
    goals = GoalStore(tx)
    goal = await goals.get(command.goal_id)
    await tx.require("read", goal)
    goal, agreed = goal.agree(by=tx.person_id)
    goal = goals.save(goal)
    tx.publish(agreed, goal.state())
    return goal


async def request_changes(command: RequestChanges, tx: Transaction) -> Goal:
    """The goal, a draft again."""
    goals = GoalStore(tx)
    goal = await goals.get(command.goal_id)
    await tx.require("read", goal)
    goal, returned = goal.request_changes(by=tx.person_id, reason=command.reason)
    goal = goals.save(goal)
    tx.publish(returned, goal.state())
    return goal


@router.post("/goals/{goal_id}/agreement", response_model=GoalView, summary="Agree to a goal")
async def post_agreement(goal_id: GoalId, run: Run) -> Response:
    """Say yes to the proposal; the goal is active from now on."""
    command = AgreeToGoal(goal_id=goal_id)
    return await run(agree_to_goal, command, key=goal_id, reply=GoalView.of, match=("goals", goal_id))


@router.post("/goals/{goal_id}/change-request", response_model=GoalView, summary="Ask for changes")
async def post_change_request(goal_id: GoalId, request: ChangeRequest, run: Run) -> Response:
    """Send the proposal back with the reason."""
    command = RequestChanges(goal_id=goal_id, reason=request.reason)
    return await run(request_changes, command, key=goal_id, reply=GoalView.of, match=("goals", goal_id))
