"""Close a goal.

When    its owner, their manager or HR asks (POST /goals/{goal_id}/closure)
May     close: self, manager, HR admin; of a private goal HR once its owner has left   (access.py)
Rule    closing.close; grade.outcome_by_rule if no outcome is said
Emits   goals.GoalClosed, and goals.GoalAmendmentWithdrawn of a change that waits
Then    follow_goal for its initiatives; reviews.gather_evidence, notifications.announce
"""

from fastapi import APIRouter, Response
from pydantic import Field

from services.goals.access import ACCESS
from services.goals.domain.amendment import let_amendment_lapse
from services.goals.domain.closing import OutcomeMissing, close, look_back
from services.goals.domain.goal import Goal, GoalNotInStage
from services.goals.domain.grade import Retrospective
from services.goals.domain.wording import ReasonMissing
from services.goals.hidden import goal_answer
from services.goals.store import GoalStore
from services.goals.usecases.follow_goal import follow_goal
from services.goals.views import GoalView
from shared.contracts.base import Frozen
from shared.contracts.goals import Outcome
from shared.directory import named_caller
from shared.http import Run
from shared.ids import GoalId
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class Closure(Frozen):
    """How it ended, and what there is to say about it; without an outcome its score says how.

    `retrospective` is what is to be remembered when the next goals are planned.
    """

    outcome: Outcome | None = None
    comment: str = Field(default="", max_length=4000)
    retrospective: Retrospective | None = None


class CloseGoal(Closure):
    """Which goal ended so."""

    goal_id: GoalId


async def close_goal(command: CloseGoal, tx: Transaction) -> Goal:
    """The closed goal."""
    goals = GoalStore(tx)
    goal = await goals.get(command.goal_id)
    await tx.require("close", goal)
    goal, lapsed = let_amendment_lapse(goal)
    goal, closed = close(
        goal,
        outcome=command.outcome,
        by=await named_caller(tx),
        asked=tx.caller is not None,
        comment=command.comment,
        at=tx.now,
    )
    if command.retrospective is not None:
        goal = look_back(goal, command.retrospective)
    goal = goals.save(goal)
    tx.publish(*lapsed, closed, goal.state())
    await follow_goal(goal, tx)
    return goal


async def _shown(goal: Goal, tx: Transaction) -> GoalView | None:
    return await goal_answer(goal, tx) if await ACCESS.allows(tx, "read", goal) else None


@router.post(
    "/goals/{goal_id}/closure",
    response_model=GoalView,
    summary="Close a goal",
    responses=refusals(GoalNotInStage, OutcomeMissing, ReasonMissing)
    | {204: {"description": "It is closed, and not for who asks to read."}},
)
async def post_closure(goal_id: GoalId, closure: Closure, run: Run) -> Response:
    """End the goal with an outcome.

    HR may end the private goal of somebody who has left, too, and is answered without a word of it.
    """
    command = CloseGoal(goal_id=goal_id, **dict(closure))
    return await run(close_goal, command, key=goal_id, answer=_shown, match=("goals", goal_id))
