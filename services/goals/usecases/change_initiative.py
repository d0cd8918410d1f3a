"""Plan an initiative otherwise, or give it to somebody else.

When    its goal's owner or manager asks (PUT /goals/{goal_id}/initiatives/{initiative_id}), knowing the
        version that is replaced
May     change_initiative: self, manager of the goal   (access.py)
Rule    Initiative.change; as plan_initiative
Emits   goals.InitiativeChanged
Then    notifications.announce
"""

from fastapi import APIRouter, Response

from services.goals.domain.goal import GoalNotInStage
from services.goals.domain.initiative import CurrencySettled, InitiativeEnded, InitiativePlan
from services.goals.initiative_store import INITIATIVES, InitiativeStore
from services.goals.periods import OF_PERIODS
from services.goals.usecases.draft_goal import OwnerHasLeft
from services.goals.usecases.plan_initiative import (
    PATH,
    Planned,
    initiative_and_goal,
    require_workable,
    take_on,
)
from services.goals.views import PlannedInitiativeView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import GoalId, InitiativeId
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["initiatives"])


class ChangeInitiative(Frozen):
    """How it is planned from now on."""

    goal_id: GoalId
    initiative_id: InitiativeId
    plan: InitiativePlan


async def change_initiative(command: ChangeInitiative, tx: Transaction) -> Planned:
    """The initiative as it is planned now."""
    before, goal = await initiative_and_goal(command.goal_id, command.initiative_id, tx)
    await tx.require("change_initiative", before)
    await require_workable(goal, tx)
    if command.plan.owner_id != before.owner_id:
        await take_on(command.plan.owner_id, tx)
    initiative, changed = before.change(command.plan, by=tx.person_id)
    if changed is not None:
        initiative = InitiativeStore(tx).save(initiative)
        tx.publish(changed, initiative.state())
    return Planned(initiative, initiative.beyond(goal))


@router.put(
    f"{PATH}/{{initiative_id}}",
    response_model=PlannedInitiativeView,
    summary="Change an initiative",
    responses=refusals(*OF_PERIODS, GoalNotInStage, InitiativeEnded, CurrencySettled, OwnerHasLeft),
)
async def put_initiative(
    goal_id: GoalId, initiative_id: InitiativeId, plan: InitiativePlan, run: Run
) -> Response:
    """Replace what is planned; needs If-Match.  What was reported stays."""
    command = ChangeInitiative(goal_id=goal_id, initiative_id=initiative_id, plan=plan)
    return await run(
        change_initiative,
        command,
        key=goal_id,
        reply=lambda planned: PlannedInitiativeView.planned(planned.initiative, planned.beyond),
        match=(INITIATIVES, initiative_id),
        must_match=True,
    )
