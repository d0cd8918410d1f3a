"""Say how a goal came out: its owner their own view of it, their manager the final one, or HR on appeal.

When    its owner asks (POST /goals/{goal_id}/self-grade), or their manager, or HR
        (POST /goals/{goal_id}/final-grade)
May     grade_self: self; grade: manager, HR partner, HR admin          (access.py)
Rule    closing.grade; until its period is closed, and HR afterwards too
Emits   goals.GoalGraded
Then    notifications.announce

A later grade counts in the place of an earlier one, which stays.
"""

from fastapi import APIRouter, Response
from pydantic import Field

from services.goals.domain.closing import grade as add_grade
from services.goals.domain.goal import Goal
from services.goals.domain.grade import Grade, NotToBeGraded, Words
from services.goals.domain.period import NoSuchPeriod, PeriodClosed
from services.goals.domain.wording import ReasonMissing
from services.goals.periods import require_period
from services.goals.store import GoalStore
from services.goals.views import GradesView
from shared.contracts.base import Frozen
from shared.contracts.goals import GradedAs
from shared.directory import Directory
from shared.http import Run
from shared.ids import GoalId
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goals"])
REFUSALS = refusals(NotToBeGraded, PeriodClosed, NoSuchPeriod)


class NewGrade(Frozen):
    """A share from 0 to 1, and why."""

    grade: float = Field(ge=0, le=1)
    comment: Words = ""


class GradeGoal(NewGrade):
    """Whose judgement of which goal it is."""

    goal_id: GoalId
    graded_as: GradedAs


async def grade_goal(command: GradeGoal, tx: Transaction) -> Goal:
    """The goal with one more grade."""
    goals = GoalStore(tx)
    goal = await goals.get(command.goal_id)
    await tx.require("grade_self" if command.graded_as == "self" else "grade", goal)
    by_hr = command.graded_as == "final" and not await _is_manager(goal, tx)
    if not by_hr:
        await require_period(goal, "follow", tx)
    grade = Grade(
        graded_as=command.graded_as,
        grade=command.grade,
        comment=command.comment,
        by_person_id=tx.person_id,
        at=tx.now,
        by_hr=by_hr,
    )
    goal, graded = add_grade(goal, grade)
    goal = goals.save(goal)
    tx.publish(graded, goal.state())
    return goal


async def _is_manager(goal: Goal, tx: Transaction) -> bool:
    return await Directory(tx).manages_in_effect(tx.person_id, goal.owner_id)


@router.post(
    "/goals/{goal_id}/self-grade",
    response_model=GradesView,
    summary="Grade your own goal",
    responses=REFUSALS,
)
async def post_self_grade(goal_id: GoalId, new: NewGrade, run: Run) -> Response:
    """The owner's own judgement, beside the score, until the final grade is given."""
    command = GradeGoal(goal_id=goal_id, graded_as="self", **dict(new))
    return await run(grade_goal, command, key=goal_id, reply=GradesView.of, match=("goals", goal_id))


@router.post(
    "/goals/{goal_id}/final-grade",
    response_model=GradesView,
    summary="Give the final grade",
    responses=refusals(NotToBeGraded, ReasonMissing, PeriodClosed, NoSuchPeriod),
)
async def post_final_grade(goal_id: GoalId, new: NewGrade, run: Run) -> Response:
    """The judgement of a goal that is closed, by the owner's manager of today; the owner is told of it.

    While managers above have left, the nearest who works here gives it.  HR may give or correct it with a
    reason in the comment, and then the manager does no more.
    """
    command = GradeGoal(goal_id=goal_id, graded_as="final", **dict(new))
    return await run(grade_goal, command, key=goal_id, reply=GradesView.of, match=("goals", goal_id))
