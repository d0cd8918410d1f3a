"""Let a goal serve another one, or none.

When    its owner, their manager or HR asks (PUT /goals/{goal_id}/parent)
May     align: self, manager, HR admin; read on the parent   (access.py)
Rule    Goal.align, alignment.require_place
Emits   goals.GoalAligned

What an agreed goal served before, and how it weighed there, is kept as an edition, so that it can be told of
any time.
"""

from fastapi import APIRouter, Response
from pydantic import Field

from services.goals.access import ACCESS
from services.goals.domain.alignment import (
    MOST_ABOVE,
    AlignmentCycle,
    AlignmentTooDeep,
    NoSuchParent,
    ParentClosed,
    require_place,
)
from services.goals.domain.amendment import edition_before
from services.goals.domain.goal import Goal, GoalNotInStage, GoalNotSmart
from services.goals.hidden import goal_answer
from services.goals.history_store import EditionStore
from services.goals.periods import OF_PERIODS, require_period
from services.goals.store import GoalStore, hold_tree, left
from services.goals.told_by import person_of
from services.goals.views import GoalView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import GoalId
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class Parent(Frozen):
    """The goal that is served; null for none.  `contribution` weighs it beside the others that serve it."""

    parent_id: GoalId | None
    contribution: float = Field(default=1.0, gt=0, le=100)


class AlignGoal(Parent):
    """Which goal is to serve it."""

    goal_id: GoalId


async def align_goal(command: AlignGoal, tx: Transaction) -> Goal:
    """The goal at its new place; unchanged if it is there already."""
    goals = GoalStore(tx)
    goal = await goals.get(command.goal_id)
    await tx.require("align", goal)
    await require_period(goal, "follow", tx)
    before = goal.parent_id
    if (command.parent_id, command.contribution) == (before, goal.contribution):
        return goal
    if command.parent_id is not None and command.parent_id != before:
        await require_parent(goal, command.parent_id, tx)
    said = goal
    goal, aligned = goal.align(command.parent_id, contribution=command.contribution)
    if goal.edition > said.edition:
        changed = [name for name in Parent.model_fields if getattr(said, name) != getattr(goal, name)]
        EditionStore(tx).save(edition_before(said, changed, by=person_of(tx), at=tx.now))
    goal = goals.save(goal)
    if before is not None and before != goal.parent_id:
        left(tx, before)
    tx.publish(aligned, goal.state())
    return goal


async def require_parent(goal: Goal, parent_id: GoalId, tx: Transaction) -> None:
    """Refuse a parent that the caller cannot see, that is closed or that would close a cycle.

    Nobody can have put a goal that is new above another one, so only known ones hold the tree.
    """
    goals = GoalStore(tx)
    parent = await goals.find(parent_id)
    if parent is None or not await ACCESS.allows(tx, "read", parent):
        raise NoSuchParent("There is no goal with the id parent_id that you may see; choose another.")
    if parent.status == "closed":
        raise ParentClosed("The parent is closed; choose one that is still to be reached.")
    if goal.version:
        hold_tree(tx)
    require_place(goal.goal_id, above=await goals.above(parent_id, most=MOST_ABOVE))


@router.put(
    "/goals/{goal_id}/parent",
    response_model=GoalView,
    summary="Align a goal",
    responses=refusals(
        *OF_PERIODS,
        AlignmentCycle,
        AlignmentTooDeep,
        NoSuchParent,
        ParentClosed,
        GoalNotInStage,
        GoalNotSmart,
    ),
)
async def put_parent(goal_id: GoalId, parent: Parent, run: Run) -> Response:
    """Let the goal serve `parent_id`, or nothing."""
    command = AlignGoal(goal_id=goal_id, **dict(parent))
    return await run(align_goal, command, key=goal_id, answer=goal_answer, match=("goals", goal_id))
