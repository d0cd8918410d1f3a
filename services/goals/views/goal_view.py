"""A goal as it is shown."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Self

from pydantic import BaseModel

from services.goals.domain.change import Change
from services.goals.domain.goal import Goal
from services.goals.domain.grade import Retrospective
from services.goals.domain.key_result import KeyResult, Mark
from services.goals.domain.measured_in import Milestone
from services.goals.domain.smart import Part, missing_parts
from services.goals.domain.wording import Link
from shared.contracts.goals import (
    GoalKind,
    GoalLevel,
    GoalStatus,
    Heading,
    KeyResultType,
    Outcome,
    Pace,
    Perspective,
    UnitKind,
    Visibility,
)
from shared.ids import GoalId, KeyResultId, PeriodId, PersonId, TemplateId
from shared.reading import as_stored
from shared.store import from_document


class KeyResultView(BaseModel):
    """A key result; `progress` is a share from 0 to 1, null while it cannot be told.

    `mark` is the highest of commit, target and stretch that is reached, `reached` the ids of such milestones.
    """

    key_result_id: KeyResultId
    title: str
    type: KeyResultType
    unit_kind: UnitKind
    unit: str
    start: float
    target: float
    commit: float | None
    stretch: float | None
    mark: Mark | None
    milestones: list[Milestone]
    reached: list[str]
    current: float | None
    measured_at: datetime | None
    weight: float
    progress: float | None

    @classmethod
    def of(cls, part: KeyResult) -> Self:
        """The view of a key result."""
        return as_stored(cls, {**dict(part), "progress": part.progress, "mark": part.mark})


class AmendmentView(BaseModel):
    """A change that waits for the answer of the goal's `asked_id`.

    What is null in it stays as it is, but for what `clears` names.
    """

    by: PersonId
    reason: str
    change: Change


class GoalView(BaseModel):
    """A goal; `progress` and `confidence` are shares from 0 to 1, `mend` tells what is not SMART yet.

    Neither is known while nothing was measured that can be told, or nobody has checked in.
    """

    goal_id: GoalId
    owner_id: PersonId
    title: str
    description: str
    kind: GoalKind
    level: GoalLevel
    category: str
    perspective: Perspective | None
    tags: list[str]
    links: list[Link]
    visibility: Visibility
    status: GoalStatus
    outcome: Outcome | None
    period_id: PeriodId | None
    origin_id: GoalId | None
    template_id: TemplateId | None
    parent_id: GoalId | None
    contribution: float
    relevance: str
    weight: float
    starts_on: date
    due_on: date
    proposed_by: PersonId | None
    asked_id: PersonId | None
    reason: str
    edition: int
    amendment: AmendmentView | None
    progress: float | None
    confidence: float | None
    pace: Pace | None
    heading: Heading | None
    overdue: bool
    key_results: list[KeyResultView]
    closing_comment: str
    retrospective: Retrospective | None
    closed_at: datetime | None
    closed_by: PersonId | None
    mend: Mapping[Part, str]
    version: int

    @classmethod
    def of(cls, goal: Goal) -> "GoalView":
        """The view of a goal."""
        parts = [KeyResultView.of(part) for part in goal.key_results]
        mend = missing_parts(goal) if goal.status == "draft" else {}
        amendment = dict(goal.amendment) if goal.amendment else None
        stands = {name: getattr(goal.standing, name) for name in ("pace", "heading", "overdue")}
        said = {
            **dict(goal),
            **stands,
            "amendment": amendment,
            "key_results": parts,
            "progress": goal.progress,
            "mend": mend,
        }
        return as_stored(cls, said)


def goal_view(doc: Mapping[str, Any]) -> GoalView:
    """The view of a goal's document."""
    return GoalView.of(from_document(Goal, doc))
