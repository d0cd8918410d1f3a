"""Carry a goal over to another period: it goes on from where it stands, under a new id.

When    its owner or manager asks (POST /goals/{goal_id}/carry-over), whether or not its period is closed
May     carry_over: self, manager                 (access.py)
Rule    closing.carry_over; the new period plans, and ends later than the one that it comes from
Emits   goals.GoalClosed with the outcome carried_over, and goals.GoalDrafted of the new goal;
        goals.GoalAmendmentWithdrawn of a change that waits
Then    follow_goal for its initiatives, serve_successor for what serves it;
        reviews.gather_evidence, notifications.announce
"""

from datetime import date

from fastapi import APIRouter, Response
from pydantic import Field

from services.goals.domain.amendment import let_amendment_lapse
from services.goals.domain.closing import Term, carry_over
from services.goals.domain.goal import Goal, GoalNotInStage
from services.goals.domain.period import (
    NoSuchPeriod,
    OutsidePeriod,
    PeriodClosed,
    PeriodClosing,
    PeriodNotLater,
)
from services.goals.domain.wording import EARLIEST, LATEST
from services.goals.hidden import goal_answer
from services.goals.periods import period_named
from services.goals.store import GoalStore, hold_people
from services.goals.usecases.draft_goal import OwnerHasLeft
from services.goals.usecases.follow_goal import follow_goal
from services.goals.usecases.serve_successor import let_serve
from services.goals.views import GoalView
from shared.contracts.base import Frozen
from shared.directory import Directory
from shared.http import Run
from shared.ids import GoalId, PeriodId, mint
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class CarryOver(Frozen):
    """Where to; left out, the new goal runs for the whole period."""

    period_id: PeriodId
    starts_on: date | None = Field(default=None, ge=EARLIEST, le=LATEST)
    due_on: date | None = Field(default=None, ge=EARLIEST, le=LATEST)


class CarryOverGoal(CarryOver):
    """Which goal goes on as which; `new_goal_id` is new."""

    goal_id: GoalId
    new_goal_id: GoalId


async def carry_over_goal(command: CarryOverGoal, tx: Transaction) -> Goal:
    """The new draft; its `origin_id` is the goal that it goes on from."""
    goals = GoalStore(tx)
    goal = await goals.get(command.goal_id)
    await tx.require("carry_over", goal)
    period = await period_named(command.period_id, tx)
    period.require("plan")
    goal.must_be("agreed", to="be carried over")
    before = await period_named(goal.period_id, tx) if goal.period_id else None
    period.require_later(before.ends_on if before else goal.due_on)
    hold_people(tx, goal.owner_id)
    term = Term(command.period_id, command.starts_on or period.starts_on, command.due_on or period.ends_on)
    period.require_within(term.due_on)
    if not await Directory(tx).is_active(goal.owner_id):
        raise OwnerHasLeft("The owner does not work here any more; name another in an amendment first.")
    served = await GoalStore(tx).serving(goal.goal_id, in_period=command.period_id)
    goal, lapsed = let_amendment_lapse(goal)
    closed, ended, new, drafted = carry_over(
        goal, command.new_goal_id, term, by=tx.person_id, at=tx.now, parent_id=await _served(goal, tx)
    )
    tx.publish(*lapsed, ended, goals.save(closed).state())
    new = goals.save(new)
    tx.publish(drafted, new.state())
    await follow_goal(closed, tx, successor=new)
    if served:
        let_serve(new, tx)
    return new


async def _served(goal: Goal, tx: Transaction) -> GoalId | None:
    """What it serves: of what was carried over what that goes on as; none of what has ended otherwise."""
    goals = GoalStore(tx)
    parent = await goals.find(goal.parent_id) if goal.parent_id else None
    while parent is not None and parent.status == "closed":
        parent = await goals.successor(parent.goal_id)
    return parent.goal_id if parent else None


@router.post(
    "/goals/{goal_id}/carry-over",
    status_code=201,
    response_model=GoalView,
    summary="Carry a goal over",
    responses=refusals(
        GoalNotInStage,
        NoSuchPeriod,
        PeriodNotLater,
        OutsidePeriod,
        PeriodClosing,
        PeriodClosed,
        OwnerHasLeft,
    ),
)
async def post_carry_over(goal_id: GoalId, to: CarryOver, run: Run) -> Response:
    """Close it as carried over, and draft its successor with what was measured last as the start.

    It goes on in a period that ends later than its own, or if it has none, than it is due.  A baseline that
    was measured is reached and does not go on.  What serves it in the new period serves its successor from
    then on; the successor serves that of what it served.
    """
    command = CarryOverGoal(goal_id=goal_id, new_goal_id=GoalId(mint("goal")), **dict(to))
    return await run(
        carry_over_goal,
        command,
        key=goal_id,
        answer=goal_answer,
        status=201,
        location=lambda goal: f"/goals/{goal.goal_id}",
        match=("goals", goal_id),
    )
