"""Say what went well with a goal, what did not, and what is to be done otherwise.

When    its owner, their manager or HR asks (PUT /goals/{goal_id}/retrospective), or with the closure
May     look_back: self, manager, HR admin        (access.py)
Rule    closing.look_back; until its period is closed
Emits   nothing

Lessons are shown when the next goals are planned (GET /lessons).
"""

from fastapi import APIRouter, Response

from services.goals.domain.closing import look_back
from services.goals.domain.goal import Goal, GoalNotInStage
from services.goals.domain.grade import Retrospective
from services.goals.domain.period import NoSuchPeriod, PeriodClosed
from services.goals.hidden import goal_answer
from services.goals.periods import require_period
from services.goals.store import GoalStore
from services.goals.views import GoalView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import GoalId
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class LookBackOnGoal(Frozen):
    """On which goal, and what is seen."""

    goal_id: GoalId
    retrospective: Retrospective


async def look_back_on_goal(command: LookBackOnGoal, tx: Transaction) -> Goal:
    """The goal with its retrospective."""
    goals = GoalStore(tx)
    goal = await goals.get(command.goal_id)
    await tx.require("look_back", goal)
    await require_period(goal, "follow", tx)
    return goals.save(look_back(goal, command.retrospective))


@router.put(
    "/goals/{goal_id}/retrospective",
    response_model=GoalView,
    summary="Look back on a goal",
    responses=refusals(GoalNotInStage, PeriodClosed, NoSuchPeriod),
)
async def put_retrospective(goal_id: GoalId, retrospective: Retrospective, run: Run) -> Response:
    """What is remembered of a closed goal when the next ones are planned; it can be said again."""
    command = LookBackOnGoal(goal_id=goal_id, retrospective=retrospective)
    return await run(look_back_on_goal, command, key=goal_id, answer=goal_answer, match=("goals", goal_id))
