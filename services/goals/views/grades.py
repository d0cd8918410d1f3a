"""How goals came out: grades, for those whom they concern, and lessons for who plans the next ones."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from services.goals.domain.goal import Goal
from services.goals.domain.grade import Band, Grade, Retrospective, band
from services.goals.store import GOALS
from services.goals.views.wanted import unless_hidden
from shared.contracts.goals import GoalKind, GoalLevel, Outcome
from shared.http import View
from shared.ids import GoalId, PeriodId, PersonId
from shared.paging import AskedPage, Page, Sort
from shared.reading import as_stored
from shared.store import from_document

router = APIRouter(tags=["goals"])
NEWEST: Final = Sort("closed_at", descending=True)


class GradesView(BaseModel):
    """A goal's score and grades, shares from 0 to 1; `self_grade` and `final_grade` are those that count.

    `earlier` are those in whose place others came, the oldest first.  What an earlier owner made of it is
    theirs.
    """

    goal_id: GoalId
    outcome: Outcome | None
    score: float | None
    band: Band | None
    self_grade: Grade | None
    final_grade: Grade | None
    earlier: list[Grade]

    @classmethod
    def of(cls, goal: Goal) -> Self:
        """The view of a goal's grades."""
        grades = [
            each for each in goal.grades if each.graded_as == "final" or each.by_person_id == goal.owner_id
        ]
        newest = {each.graded_as: each for each in grades}
        return cls(
            goal_id=goal.goal_id,
            outcome=goal.outcome,
            score=goal.progress,
            band=None if goal.progress is None else band(goal.progress),
            self_grade=newest.get("self"),
            final_grade=newest.get("final"),
            earlier=[each for each in grades if each is not newest[each.graded_as]],
        )


class Lesson(BaseModel):
    """What is remembered of a goal; `score` is a share from 0 to 1."""

    goal_id: GoalId
    owner_id: PersonId
    title: str
    kind: GoalKind
    level: GoalLevel
    category: str
    period_id: PeriodId | None
    outcome: Outcome | None
    score: float | None
    band: Band | None
    retrospective: Retrospective
    closed_at: datetime


class LessonsWanted(BaseModel):
    """Which of the lessons that the caller may see; all of what is asked must hold."""

    owner_id: PersonId | None = Field(default=None, description="Of this person's goals only.")
    period_id: PeriodId | None = Field(default=None, description="Of this period only.")
    parent_id: GoalId | None = Field(default=None, description="Of what served this goal only.")
    kind: GoalKind | None = Field(default=None, description="Of goals of this kind only.")
    level: GoalLevel | None = Field(default=None, description="Of goals of this level only.")
    outcome: Outcome | None = Field(default=None, description="Of goals that ended so only.")
    category: str | None = Field(default=None, max_length=60, description="Of this category only.")


@router.get("/lessons", summary="List lessons")
async def list_lessons(
    view: View, page: AskedPage, wanted: Annotated[LessonsWanted, Query()]
) -> Page[Lesson]:
    """What was learned of goals that are closed, the newest first: read it before you plan."""
    told = {**wanted.model_dump(exclude_none=True), "retrospective": {"$type": "object"}}
    told = await unless_hidden(told, (wanted.parent_id,), view)
    filter_ = {"$and": [await view.filter(), told]}
    return await view.page(GOALS, filter_, asked=page, sort=NEWEST, show=lesson)


@router.get("/goals/{goal_id}/grades", summary="Read the grades of a goal")
async def get_grades(goal_id: GoalId, view: View) -> GradesView:
    """For its owner, the line above and HR: others who may read the goal may not read these."""
    return GradesView.of(await view.one(Goal, GOALS, goal_id, action="read_grades"))


def lesson(doc: Mapping[str, Any]) -> Lesson:
    """The view of a goal's lesson."""
    goal = from_document(Goal, doc)
    score = goal.progress
    said = {**dict(goal), "score": score, "band": None if score is None else band(score)}
    return as_stored(Lesson, said)
