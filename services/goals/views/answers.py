"""What people have answered to a goal that was set for many: in numbers, and one by one.

Answers to goals that the caller may not read are counted only where there are five of these or more, as in
every sum: fewer would tell what somebody has answered.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.goals.domain.assignment import Assignment
from services.goals.domain.goal import Goal
from services.goals.store import ASSIGNMENTS, GOALS
from services.goals.views.sums import SMALLEST
from shared import mongo
from shared.contracts.goals import GoalStatus
from shared.http import View
from shared.http.viewing import Viewer
from shared.ids import AssignmentId, GoalId, PersonId
from shared.mongo import Doc
from shared.paging import AskedPage, Page
from shared.store import from_document

router = APIRouter(tags=["goal assignments"])
Answer = Literal["asked", "agreed", "draft", "declined", "cancelled"]
"""`asked` is not answered yet; `draft` is sent back for changes, or taken back, and not proposed again."""
_GIVEN: Final[Mapping[Answer, Doc]] = {
    "asked": {"status": "proposed"},
    "agreed": {"agreed_on": {"$ne": None}},
    "draft": {"status": "draft"},
    "declined": {"declined": True},
    "cancelled": {"status": "closed", "agreed_on": None, "declined": {"$ne": True}},
}
"""Each goal has one of them: what was agreed to stays so, however it ends."""


class Answers(BaseModel):
    """How many have answered so; of goals that the caller may not read only where they are five or more."""

    asked: int = 0
    agreed: int = 0
    draft: int = 0
    declined: int = 0
    cancelled: int = 0


class AssignedGoal(BaseModel):
    """One person's goal of an assignment, who is asked now, and what was answered."""

    goal_id: GoalId
    owner_id: PersonId
    asked_id: PersonId | None
    answer: Answer
    status: GoalStatus

    @classmethod
    def of(cls, doc: Mapping[str, Any]) -> Self:
        """The view of a goal's document."""
        goal = from_document(Goal, doc)
        return cls.model_validate({**dict(goal), "answer": _answer_of(goal)})


async def answers_to(assignment: Assignment, view: Viewer) -> Answers:
    """What was answered to it, as far as the caller is told."""
    of = {"assignment_id": assignment.assignment_id}
    all_ = await _counted(of, view)
    seen = await _counted({"$and": [of, await view.filter()]}, view)
    return Answers.model_validate(seen if 0 < (all_ - seen).total() < SMALLEST else all_)


@router.get("/goal-assignments/{assignment_id}/goals", summary="List the goals of an assignment")
async def list_assigned(
    assignment_id: AssignmentId,
    view: View,
    page: AskedPage,
    answer: Annotated[Answer | None, Query(description="Answered so only.")] = None,
) -> Page[AssignedGoal]:
    """Who has answered what, of the goals that the caller may read."""
    await view.one(Assignment, ASSIGNMENTS, assignment_id, action="read_assignment")
    wanted = [{"assignment_id": assignment_id}, await view.filter(), _GIVEN[answer] if answer else {}]
    return await view.page(GOALS, {"$and": wanted}, asked=page, show=AssignedGoal.of)


async def _counted(wanted: Mapping[str, Any], view: Viewer) -> Counter[str]:
    agreed = {"$gt": ["$agreed_on", None]}
    by = {"status": "$status", "agreed": agreed, "declined": {"$eq": ["$declined", True]}}
    pipeline: list[Doc] = [{"$match": dict(wanted)}, {"$group": {"_id": by, "goals": {"$sum": 1}}}]
    found: Counter[str] = Counter()
    for row in await mongo.aggregate(view.db[GOALS], pipeline):
        found[_answer(**row["_id"])] += row["goals"]
    return found


def _answer_of(goal: Goal) -> Answer:
    return _answer(status=goal.status, agreed=goal.agreed_on is not None, declined=goal.declined)


def _answer(*, status: GoalStatus, agreed: bool, declined: bool) -> Answer:
    if agreed:
        return "agreed"
    if status == "proposed":
        return "asked"
    if status == "draft":
        return "draft"
    return "declined" if declined else "cancelled"
