"""Say how a goal goes.

When    its owner or manager does (POST /goals/{goal_id}/check-ins)
May     check_in: self, manager                   (access.py)
Rule    Goal.check_in
Emits   goals.GoalCheckedIn
Then    reviews.gather_evidence, notifications.announce (blocked or low confidence)
"""

from fastapi import APIRouter, Response
from pydantic import Field

from services.goals.domain.goal import GoalNotInStage
from services.goals.domain.history import Blocker, CheckIn
from services.goals.history_store import CheckInStore
from services.goals.periods import OF_PERIODS, require_period
from services.goals.reporting_line import today_of
from services.goals.store import GoalStore, look_soon
from services.goals.views import CheckInView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import GoalId, mint
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class NewCheckIn(Frozen):
    """How it goes; `confidence` that the goal will be reached is a share from 0 to 1."""

    confidence: float = Field(ge=0, le=1)
    comment: str = Field(default="", max_length=4000)
    blockers: tuple[Blocker, ...] = Field(default=(), max_length=10)
    next_steps: str = Field(default="", max_length=4000)


class CheckInOnGoal(NewCheckIn):
    """Which goal goes so; `check_in_id` is new."""

    goal_id: GoalId
    check_in_id: str


async def check_in_on_goal(command: CheckInOnGoal, tx: Transaction) -> CheckIn:
    """The check-in; the goal has its confidence."""
    goals = GoalStore(tx)
    goal = await goals.get(command.goal_id)
    await tx.require("check_in", goal)
    await require_period(goal, "follow", tx)
    check_in = CheckIn(
        check_in_id=command.check_in_id,
        goal_id=command.goal_id,
        by_person_id=tx.person_id,
        at=tx.now,
        confidence=command.confidence,
        comment=command.comment,
        blockers=command.blockers,
        next_steps=command.next_steps,
        progress=goal.progress,
    )
    today = await today_of(goal.owner_id, tx)
    goal, checked_in = goal.check_in(
        by=tx.person_id, confidence=command.confidence, blocker_kinds=check_in.blocker_kinds, on=today
    )
    tx.publish(checked_in, goals.save(goal).state())
    look_soon(tx, goal.goal_id)
    return CheckInStore(tx).save(check_in)


@router.post(
    "/goals/{goal_id}/check-ins",
    response_model=CheckInView,
    status_code=201,
    summary="Check in",
    responses=refusals(*OF_PERIODS, GoalNotInStage),
)
async def post_check_in(goal_id: GoalId, new: NewCheckIn, run: Run) -> Response:
    """Confidence, comment, what stands in the way and what comes next.  If-Match speaks of the goal."""
    command = CheckInOnGoal(goal_id=goal_id, check_in_id=mint("check_in"), **dict(new))
    return await run(
        check_in_on_goal,
        command,
        key=goal_id,
        reply=CheckInView.of,
        status=201,
        location=lambda made: f"/goals/{goal_id}/check-ins/{made.check_in_id}",
        match=("goals", goal_id),
    )
