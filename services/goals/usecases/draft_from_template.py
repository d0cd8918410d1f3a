"""Write a goal down that begins with a template.

When    its owner, their manager or HR asks (POST /goals/from-template)
May     read_template; and as draft_goal            (access.py)
Rule    GoalTemplate.wording_for, template.filled; as draft_goal
Emits   goals.GoalDrafted
Then    reviews.gather_evidence
"""

from fastapi import APIRouter, Response

from services.goals.domain.alignment import AlignmentTooDeep, NoSuchParent, ParentClosed
from services.goals.domain.goal import Goal
from services.goals.domain.template import TemplateUse
from services.goals.hidden import goal_answer
from services.goals.periods import OF_PERIODS
from services.goals.reporting_line import today_of
from services.goals.templates import OF_TEMPLATES, filled_for, usable_template, wording_of
from services.goals.usecases.draft_goal import DraftGoal, LeadsNoTeam, OwnerHasLeft, draft_goal
from services.goals.views import GoalView
from shared.http import Run
from shared.ids import GoalId, PersonId, mint
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class NewGoalFromTemplate(TemplateUse):
    """Which template, for when, what is to be otherwise, and whose goal it is; left out, the caller's."""

    owner_id: PersonId | None = None


class DraftFromTemplate(TemplateUse):
    """A goal to begin with a template for `owner_id`; `goal_id` is new."""

    goal_id: GoalId
    owner_id: PersonId


async def draft_from_template(command: DraftFromTemplate, tx: Transaction) -> Goal:
    """The new draft."""
    template = await usable_template(command, tx)
    today = await today_of(command.owner_id, tx)
    wording = await wording_of(command, template, today=today, tx=tx)
    draft = DraftGoal(
        goal_id=command.goal_id,
        owner_id=command.owner_id,
        wording=await filled_for(command.owner_id, wording, tx),
        template_id=command.template_id,
    )
    return await draft_goal(draft, tx)


@router.post(
    "/goals/from-template",
    status_code=201,
    response_model=GoalView,
    summary="Write a goal down from a template",
    responses=refusals(
        *OF_PERIODS,
        *OF_TEMPLATES,
        OwnerHasLeft,
        LeadsNoTeam,
        NoSuchParent,
        ParentClosed,
        AlignmentTooDeep,
    ),
)
async def post_goal_from_template(new: NewGoalFromTemplate, run: Run) -> Response:
    """A draft that says what the template does, with what the directory knows of its owner filled in."""
    goal_id = GoalId(mint("goal"))
    owner_id = new.owner_id or run.me()
    command = DraftFromTemplate.model_validate({**dict(new), "goal_id": goal_id, "owner_id": owner_id})
    return await run(
        draft_from_template,
        command,
        key=goal_id,
        answer=goal_answer,
        status=201,
        location=lambda goal: f"/goals/{goal.goal_id}",
    )
