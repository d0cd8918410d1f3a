"""Plan what is done for a goal.

When    the goal's owner or manager asks (POST /goals/{goal_id}/initiatives)
May     plan_initiative: self, manager; HR admin of drafts            (access.py)
Rule    Initiative.plan; the goal is not closed, nor its period, and has fewer than 200; who is to do it works
        here, and need not be the goal's owner.  Dates beyond the goal's are told of (Initiative.beyond)
Emits   goals.InitiativePlanned
Then    notifications.announce
"""

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Response

from services.goals.domain.goal import Goal, GoalNotInStage
from services.goals.domain.initiative import Beyond, Initiative, InitiativePlan, InitiativeTerms
from services.goals.initiative_store import InitiativeStore
from services.goals.periods import OF_PERIODS, require_period
from services.goals.store import GoalStore, hold_initiatives, hold_people
from services.goals.usecases.draft_goal import OwnerHasLeft
from services.goals.views import PlannedInitiativeView
from shared.contracts.base import Frozen
from shared.directory import Directory
from shared.errors import NotFound, Refusal
from shared.http import Run
from shared.ids import GoalId, InitiativeId, PersonId, mint
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["initiatives"])
PATH = "/goals/{goal_id}/initiatives"
MOST: Final = 200
"""Of one goal, those that ended too: they follow it in one transaction."""


class TooManyInitiatives(Refusal):
    """A goal has so many initiatives and no more."""


class NewInitiative(InitiativeTerms):
    """What is to be done; the owner left out, by the goal's owner."""

    owner_id: PersonId | None = None


class PlanInitiative(Frozen):
    """What is to be done for which goal; `initiative_id` is new."""

    initiative_id: InitiativeId
    goal_id: GoalId
    plan: NewInitiative


@dataclass(frozen=True, slots=True)
class Planned:
    """An initiative as it is planned, and how its dates lie beyond its goal's."""

    initiative: Initiative
    beyond: tuple[Beyond, ...]

    @property
    def version(self) -> int:
        """The initiative's."""
        return self.initiative.version


async def plan_initiative(command: PlanInitiative, tx: Transaction) -> Planned:
    """The new initiative."""
    goal = await GoalStore(tx).get(command.goal_id)
    await tx.require("plan_initiative", goal)
    await require_workable(goal, tx)
    said = {**dict(command.plan), "owner_id": command.plan.owner_id or goal.owner_id}
    plan = InitiativePlan.model_validate(said)
    await take_on(plan.owner_id, tx)
    hold_initiatives(tx, goal.goal_id)
    if len(await InitiativeStore(tx).of([goal.goal_id])) >= MOST:
        raise TooManyInitiatives(
            f"The goal has {MOST} initiatives, and none has more; plan this for a goal that serves it.",
            limit=MOST,
        )
    new, planned = Initiative.plan(plan, goal, initiative_id=command.initiative_id, by=tx.person_id)
    new = InitiativeStore(tx).save(new)
    tx.publish(planned, new.state())
    return Planned(new, new.beyond(goal))


async def require_workable(goal: Goal, tx: Transaction) -> None:
    """Refuse a goal for which nothing is done any more."""
    if goal.status == "closed":
        raise GoalNotInStage("The goal is closed; nothing is done for it any more.", status=goal.status)
    await require_period(goal, "follow", tx)


async def take_on(owner_id: PersonId, tx: Transaction) -> None:
    """Refuse somebody who is not known or has left, and let their departure follow this."""
    if not (await Directory(tx).require(owner_id)).is_active:
        raise OwnerHasLeft("Who is to do it does not work here any more; choose somebody who does.")
    hold_people(tx, owner_id)


async def initiative_and_goal(
    goal_id: GoalId, initiative_id: InitiativeId, tx: Transaction
) -> tuple[Initiative, Goal]:
    """The initiative, which must be of this goal, and the goal; raises `NotFound`."""
    initiative = await InitiativeStore(tx).find(initiative_id)
    if initiative is None or initiative.goal_id != goal_id:
        raise NotFound("There is no initiative with this id.")
    return initiative, await GoalStore(tx).get(goal_id)


@router.post(
    PATH,
    status_code=201,
    response_model=PlannedInitiativeView,
    summary="Plan an initiative",
    responses=refusals(*OF_PERIODS, GoalNotInStage, OwnerHasLeft, TooManyInitiatives),
)
async def post_initiative(goal_id: GoalId, plan: NewInitiative, run: Run) -> Response:
    """Say what is to be done for the goal, by whom, until when and at what cost.

    `beyond` tells how its dates lie beyond the goal's; that is no fault.
    """
    command = PlanInitiative(initiative_id=InitiativeId(mint("initiative")), goal_id=goal_id, plan=plan)
    return await run(
        plan_initiative,
        command,
        key=goal_id,
        reply=lambda planned: PlannedInitiativeView.planned(planned.initiative, planned.beyond),
        status=201,
        location=lambda planned: f"/goals/{goal_id}/initiatives/{planned.initiative.initiative_id}",
    )
