"""Replace what a draft says.

When    its owner or manager asks (PUT /goals/{goal_id}), knowing the version that is replaced
May     reword: self, manager; set_for_organisation          (access.py)
Rule    Goal.reword, alignment.require_place, draft_goal.require_level
Emits   goals.GoalChanged, goals.GoalAligned if it serves another goal now
Then    follow_goal for its initiatives; reviews.gather_evidence
"""

from fastapi import APIRouter, Response

from services.goals.domain.alignment import AlignmentCycle, AlignmentTooDeep, NoSuchParent, ParentClosed
from services.goals.domain.goal import Goal, GoalNotInStage
from services.goals.domain.wording import Wording
from services.goals.hidden import goal_answer, may_read
from services.goals.periods import OF_PERIODS, require_period
from services.goals.store import GoalStore, left
from services.goals.usecases.align_goal import require_parent
from services.goals.usecases.draft_goal import LeadsNoTeam, require_level
from services.goals.usecases.follow_goal import follow_goal
from services.goals.views import GoalView
from shared.contracts.base import Frozen
from shared.contracts.goals import GoalAligned
from shared.http import Run
from shared.ids import GoalId
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class RewordGoal(Frozen):
    """What the draft is to say."""

    goal_id: GoalId
    wording: Wording


async def reword_goal(command: RewordGoal, tx: Transaction) -> Goal:
    """The draft as it reads now.

    What it serves stays if it was not named to who asks and they name nothing: so they have read it.
    """
    goals = GoalStore(tx)
    before = await goals.get(command.goal_id)
    await tx.require("reword", before)
    await require_period(before, "plan", tx)
    goal, changed = before.reword(await _kept(before, command.wording, tx), at=tx.now)
    if goal.level != before.level:
        await require_level(goal, tx)
    await require_period(goal, "plan", tx)
    aligned: list[GoalAligned] = []
    if goal.parent_id != before.parent_id:
        if goal.parent_id is not None:
            await require_parent(goal, goal.parent_id, tx)
        _, moved = before.align(goal.parent_id, contribution=goal.contribution)
        aligned.append(moved.model_copy(update=dict(goal.named())))
    goal = goals.save(goal)
    if before.parent_id is not None and before.parent_id != goal.parent_id:
        left(tx, before.parent_id)
    tx.publish(*aligned, changed, goal.state())
    if goal.visibility != before.visibility:
        await follow_goal(goal, tx)
    return goal


async def _kept(before: Goal, wording: Wording, tx: Transaction) -> Wording:
    named = wording.parent_id is not None or before.parent_id is None or await may_read(before.parent_id, tx)
    return wording if named else wording.model_copy(update={"parent_id": before.parent_id})


@router.put(
    "/goals/{goal_id}",
    response_model=GoalView,
    summary="Reword a draft",
    responses=refusals(
        *OF_PERIODS, GoalNotInStage, LeadsNoTeam, AlignmentCycle, AlignmentTooDeep, NoSuchParent, ParentClosed
    ),
)
async def put_goal(goal_id: GoalId, wording: Wording, run: Run) -> Response:
    """Replace the draft's wording, key results included; needs If-Match."""
    command = RewordGoal(goal_id=goal_id, wording=wording)
    return await run(
        reword_goal, command, key=goal_id, answer=goal_answer, match=("goals", goal_id), must_match=True
    )
