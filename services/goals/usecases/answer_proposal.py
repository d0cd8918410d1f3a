"""Agree to a proposed goal, ask for changes, or decline it.

When    the one who was asked answers (POST /goals/{goal_id}/agreement,
        POST /goals/{goal_id}/change-request, POST /goals/{goal_id}/refusal)
May     answer: the one who was asked             (access.py)
Rule    Goal.agree, Goal.request_changes, closing.decline; what is declined is closed as cancelled
Emits   goals.GoalAgreed, goals.GoalChangesRequested to the other, or goals.GoalDeclined to who proposed it
Then    follow_goal for its initiatives; reviews.gather_evidence, notifications.announce
"""

from fastapi import APIRouter, Response

from services.goals.domain.amendment import Reason
from services.goals.domain.closing import decline
from services.goals.domain.goal import Goal, GoalNotInStage
from services.goals.hidden import goal_answer
from services.goals.periods import OF_PERIODS, require_period
from services.goals.reporting_line import today_of, working_line
from services.goals.store import GoalStore, look_soon
from services.goals.usecases.follow_goal import follow_goal
from services.goals.views import GoalView
from shared.contracts.base import Frozen
from shared.directory import Directory
from shared.http import Run
from shared.ids import GoalId, PersonId
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class AgreeToGoal(Frozen):
    """Which goal is agreed to."""

    goal_id: GoalId


class ChangeRequest(Frozen):
    """Why it cannot be agreed to as it is."""

    reason: Reason


class RequestChanges(ChangeRequest):
    """Which goal is sent back."""

    goal_id: GoalId


class Decline(Frozen):
    """Why not."""

    reason: Reason


class DeclineGoal(Decline):
    """Which goal is declined."""

    goal_id: GoalId


async def agree_to_goal(command: AgreeToGoal, tx: Transaction) -> Goal:
    """The agreed goal."""
    goals = GoalStore(tx)
    goal = await _to_answer(command.goal_id, tx)
    await require_period(goal, "plan", tx)
    goal, agreed = goal.agree(by=tx.person_id, on=await today_of(goal.owner_id, tx), at=tx.now)
    goal = goals.save(goal)
    tx.publish(agreed, goal.state())
    look_soon(tx, goal.goal_id)
    return goal


async def request_changes(command: RequestChanges, tx: Transaction) -> Goal:
    """The goal, a draft again."""
    goals = GoalStore(tx)
    goal = await _to_answer(command.goal_id, tx)
    to = await _other(goal, tx)
    goal, returned = goal.request_changes(by=tx.person_id, to=to, reason=command.reason)
    goal = goals.save(goal)
    tx.publish(returned, goal.state())
    return goal


async def decline_goal(command: DeclineGoal, tx: Transaction) -> Goal:
    """The goal, closed."""
    goals = GoalStore(tx)
    goal = await _to_answer(command.goal_id, tx)
    to = await _proposer(goal, tx)
    goal, declined = decline(goal, by=tx.person_id, to=to, reason=command.reason, at=tx.now)
    goal = goals.save(goal)
    tx.publish(declined, goal.state())
    await follow_goal(goal, tx)
    return goal


async def _to_answer(goal_id: GoalId, tx: Transaction) -> Goal:
    """Nobody is asked in any other stage; then the rule says so, to whom may know."""
    goal = await GoalStore(tx).get(goal_id)
    await tx.require("answer" if goal.status == "proposed" else "read", goal)
    return goal


async def _other(goal: Goal, tx: Transaction) -> PersonId:
    """The owner; if it was the owner who was asked, whoever proposed it, while that is their manager."""
    if goal.asked_id != goal.owner_id:
        return goal.owner_id
    line = await working_line(goal.owner_id, tx)
    proposer = goal.proposed_by or goal.owner_id
    return proposer if proposer in line or not line else line[0]


async def _proposer(goal: Goal, tx: Transaction) -> PersonId:
    """Whoever proposed it, while they work here; HR may have, for many."""
    proposer = goal.proposed_by
    known = proposer is not None and await Directory(tx).is_active(proposer)
    return proposer if proposer is not None and known else await _other(goal, tx)


@router.post(
    "/goals/{goal_id}/agreement",
    response_model=GoalView,
    summary="Agree to a goal",
    responses=refusals(*OF_PERIODS, GoalNotInStage),
)
async def post_agreement(goal_id: GoalId, run: Run) -> Response:
    """Say yes to the proposal; the goal is active from now on."""
    command = AgreeToGoal(goal_id=goal_id)
    return await run(agree_to_goal, command, key=goal_id, answer=goal_answer, match=("goals", goal_id))


@router.post(
    "/goals/{goal_id}/change-request",
    response_model=GoalView,
    summary="Ask for changes",
    responses=refusals(GoalNotInStage),
)
async def post_change_request(goal_id: GoalId, request: ChangeRequest, run: Run) -> Response:
    """Send the proposal back with the reason."""
    command = RequestChanges(goal_id=goal_id, reason=request.reason)
    return await run(request_changes, command, key=goal_id, answer=goal_answer, match=("goals", goal_id))


@router.post(
    "/goals/{goal_id}/refusal",
    response_model=GoalView,
    summary="Decline a goal",
    responses=refusals(GoalNotInStage),
)
async def post_refusal(goal_id: GoalId, declined: Decline, run: Run) -> Response:
    """Say no to the proposal, and why; the goal is closed as cancelled."""
    command = DeclineGoal(goal_id=goal_id, reason=declined.reason)
    return await run(decline_goal, command, key=goal_id, answer=goal_answer, match=("goals", goal_id))
