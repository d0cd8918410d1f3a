"""Write a goal down.

When    its owner, their manager or HR asks (POST /goals)
May     draft: self, manager, HR admin; set_for_organisation   (access.py)
Rule    Goal.draft, alignment.require_place; a team's goal is owned by who leads somebody, the
        organisation's by who stands below nobody, or by whom HR admin or an executive lets
Emits   goals.GoalDrafted
Then    reviews.gather_evidence
"""

from fastapi import APIRouter, Response
from pydantic import Field

from services.goals.access import ACCESS
from services.goals.domain.alignment import AlignmentTooDeep, NoSuchParent, ParentClosed
from services.goals.domain.goal import Goal
from services.goals.domain.wording import Wording
from services.goals.hidden import goal_answer
from services.goals.periods import OF_PERIODS, require_period
from services.goals.reporting_line import leads_somebody, working_line
from services.goals.store import GoalStore, hold_people
from services.goals.usecases.align_goal import require_parent
from services.goals.views import GoalView
from shared.contracts.base import Frozen
from shared.contracts.goals import GoalDrafted
from shared.directory import Directory
from shared.errors import Forbidden, Refusal
from shared.http import Run
from shared.ids import GoalId, PersonId, TemplateId, mint
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class OwnerHasLeft(Refusal):
    """Who has left takes on no goals."""


class LeadsNoTeam(Refusal):
    """A team's goal is owned by somebody whom others report to."""

    status = 422


class DraftGoal(Frozen):
    """A goal to write down for `owner_id`; `goal_id` is new, `template_id` where the words are from.

    `contribution` weighs it beside the others that serve its parent.
    """

    goal_id: GoalId
    owner_id: PersonId
    wording: Wording
    template_id: TemplateId | None = None
    contribution: float = 1.0


class NewGoal(Wording):
    """What is sent: the wording, and whose goal it is; left out, the caller's own."""

    owner_id: PersonId | None = Field(default=None)


async def draft_goal(command: DraftGoal, tx: Transaction) -> Goal:
    """The new draft."""
    return keep_draft(*await new_goal(command, tx), tx)


def keep_draft(goal: Goal, drafted: GoalDrafted, tx: Transaction) -> Goal:
    """Store a new goal and tell of it."""
    goal = GoalStore(tx).save(goal)
    tx.publish(drafted, goal.state())
    return goal


async def new_goal(command: DraftGoal, tx: Transaction) -> tuple[Goal, GoalDrafted]:
    """The goal as it is to be kept, and that it was written down; nothing is kept yet."""
    owner = await Directory(tx).require(command.owner_id)
    goal, drafted = Goal.draft(
        command.wording,
        goal_id=command.goal_id,
        owner_id=owner.person_id,
        template_id=command.template_id,
        contribution=command.contribution,
    )
    if not await ACCESS.allows(tx, "draft", goal):
        raise Forbidden("You write goals down for yourself and for those who report to you.")
    if not owner.is_active:
        raise OwnerHasLeft("The owner does not work here any more; choose somebody else.")
    hold_people(tx, owner.person_id)
    await require_period(goal, "plan", tx)
    await require_level(goal, tx)
    if goal.parent_id is not None:
        await require_parent(goal, goal.parent_id, tx)
    return goal, drafted


async def require_level(goal: Goal, tx: Transaction) -> None:
    """Refuse a goal of a team or the organisation that is not its owner's to have."""
    if goal.level == "team" and not await leads_somebody(goal.owner_id, tx):
        raise LeadsNoTeam("Nobody reports to the owner; make it a goal of the person, or choose another.")
    if goal.level == "organisation" and await working_line(goal.owner_id, tx):
        await tx.require("set_for_organisation", goal)


@router.post(
    "/goals",
    status_code=201,
    response_model=GoalView,
    summary="Write a goal down",
    responses=refusals(*OF_PERIODS, OwnerHasLeft, LeadsNoTeam, NoSuchParent, ParentClosed, AlignmentTooDeep),
)
async def post_goal(new: NewGoal, run: Run) -> Response:
    """A draft of the caller's own, or of the person named by `owner_id`."""
    goal_id = GoalId(mint("goal"))
    wording = Wording.model_validate(new.model_dump(exclude={"owner_id"}))
    command = DraftGoal(goal_id=goal_id, owner_id=new.owner_id or run.me(), wording=wording)
    return await run(
        draft_goal,
        command,
        key=goal_id,
        answer=goal_answer,
        status=201,
        location=lambda goal: f"/goals/{goal.goal_id}",
    )
