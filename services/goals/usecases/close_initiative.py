"""Say that an initiative is done, or that it is dropped and why.

When    somebody says so (POST /goals/{goal_id}/initiatives/{initiative_id}/closure)
May     report_on_initiative for what is done, change_initiative for what is dropped   (access.py)
Rule    Initiative.close
Emits   goals.InitiativeClosed
Then    notifications.announce
"""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import StringConstraints

from services.goals.domain.goal import GoalNotInStage
from services.goals.domain.initiative import Initiative, InitiativeEnded
from services.goals.initiative_store import INITIATIVES, InitiativeStore
from services.goals.periods import OF_PERIODS
from services.goals.usecases.plan_initiative import PATH, initiative_and_goal, require_workable
from services.goals.views import InitiativeView
from shared.contracts.base import Frozen
from shared.contracts.goals_initiatives import InitiativeEnd
from shared.http import Run
from shared.ids import GoalId, InitiativeId
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["initiatives"])


class InitiativeClosure(Frozen):
    """How it ended; what is dropped says why."""

    outcome: InitiativeEnd
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""


class CloseInitiative(InitiativeClosure):
    """Which initiative ended so."""

    goal_id: GoalId
    initiative_id: InitiativeId


async def close_initiative(command: CloseInitiative, tx: Transaction) -> Initiative:
    """The initiative as it ended."""
    before, goal = await initiative_and_goal(command.goal_id, command.initiative_id, tx)
    action = "report_on_initiative" if command.outcome == "done" else "change_initiative"
    await tx.require(action, before)
    await require_workable(goal, tx)
    initiative, closed = before.close(command.outcome, by=tx.person_id, reason=command.reason, at=tx.now)
    initiative = InitiativeStore(tx).save(initiative)
    tx.publish(closed, initiative.state())
    return initiative


@router.post(
    f"{PATH}/{{initiative_id}}/closure",
    response_model=InitiativeView,
    summary="Close an initiative",
    responses=refusals(*OF_PERIODS, GoalNotInStage, InitiativeEnded),
)
async def post_closure(
    goal_id: GoalId, initiative_id: InitiativeId, closure: InitiativeClosure, run: Run
) -> Response:
    """End it as done, or as dropped with a reason; the latter is for the goal's owner and manager."""
    command = CloseInitiative(goal_id=goal_id, initiative_id=initiative_id, **dict(closure))
    return await run(
        close_initiative, command, key=goal_id, reply=InitiativeView.of, match=(INITIATIVES, initiative_id)
    )
