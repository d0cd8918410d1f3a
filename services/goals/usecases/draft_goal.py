"""Write a goal down.

When    its owner, their manager or HR asks (POST /goals)
May     draft: self, manager, HR admin            (access.py)
Rule    Goal.draft, refuse_cycle
Emits   goals.GoalDrafted
"""

from fastapi import APIRouter, Response
from pydantic import Field

from services.goals.domain.goal import Goal, Wording
from services.goals.store import GoalStore
from services.goals.usecases.align_goal import require_parent
from services.goals.views import GoalView
from shared.contracts.base import Frozen
from shared.directory import Directory
from shared.http import Run
from shared.ids import GoalId, PersonId, mint
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class DraftGoal(Frozen):
    """A goal to write down for `owner_id`; `goal_id` is new."""

    goal_id: GoalId
    owner_id: PersonId
    wording: Wording


class NewGoal(Wording):
    """What is sent: the wording, and whose goal it is; left out, the caller's own."""

    owner_id: PersonId | None = Field(default=None)


async def draft_goal(command: DraftGoal, tx: Transaction) -> Goal:
    """The new draft."""
    await Directory(tx).require(command.owner_id)
    goal, drafted = Goal.draft(command.wording, goal_id=command.goal_id, owner_id=command.owner_id)
    await tx.require("draft", goal)
    if goal.parent_id is not None:
        await require_parent(goal, goal.parent_id, tx)
    goal = GoalStore(tx).save(goal)
    tx.publish(drafted, goal.state())
    return goal


@router.post("/goals", status_code=201, response_model=GoalView, summary="Write a goal down")
async def post_goal(new: NewGoal, run: Run) -> Response:
    """A draft of the caller's own, or of the person named by `owner_id`."""
    goal_id = GoalId(mint("goal"))
    wording = Wording.model_validate(new.model_dump(exclude={"owner_id"}))
    command = DraftGoal(goal_id=goal_id, owner_id=new.owner_id or run.me(), wording=wording)
    return await run(
        draft_goal,
        command,
        key=goal_id,
        reply=GoalView.of,
        status=201,
        location=lambda goal: f"/goals/{goal.goal_id}",
    )
