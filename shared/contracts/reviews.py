"""What the reviews service tells the others: cycles, and how far each review has come.

Never a rating before it is shared, and no words at all.
"""

from datetime import date
from typing import ClassVar, Literal

from shared.contracts.base import Event, State
from shared.ids import CycleId, PersonId, ReviewId

ReviewStage = Literal["self_assessment", "manager_assessment", "ready_to_share", "shared", "acknowledged"]


class CycleLaunched(Event):
    """A review cycle was launched for a population; its reviews open one by one."""

    subject_field: ClassVar[str] = "cycle_id"
    cycle_id: CycleId
    period_starts_on: date
    period_ends_on: date
    self_due_on: date
    manager_due_on: date
    by_person_id: PersonId | None


class _ReviewEvent(Event):
    subject_field: ClassVar[str] = "review_id"
    review_id: ReviewId
    cycle_id: CycleId
    person_id: PersonId
    reviewer_id: PersonId | None


class ReviewOpened(_ReviewEvent):
    """A person's review is open; `reviewer_id` is the manager who will assess, if there is one."""

    self_due_on: date
    manager_due_on: date


class ReviewerChanged(_ReviewEvent):
    """Another manager assesses, since the old one left or the person has moved."""

    from_reviewer_id: PersonId | None


class SelfAssessmentSubmitted(_ReviewEvent):
    """The person has said how they see it."""


class ManagerAssessmentSubmitted(_ReviewEvent):
    """The manager has written the assessment; the person does not see it yet."""


class ReviewShared(_ReviewEvent):
    """The person can read the review; `rating` is on the cycle's scale."""

    rating: int
    scale_max: int


class ReviewAcknowledged(_ReviewEvent):
    """The person has read the review and said so, which is not agreeing."""


class CycleState(State):
    """A cycle and its dates."""

    subject_field: ClassVar[str] = "cycle_id"
    cycle_id: CycleId
    name: str
    period_starts_on: date
    period_ends_on: date
    self_due_on: date
    manager_due_on: date
    status: Literal["open", "closed"]


class ReviewState(State):
    """A review's stage and figures; `rating` stays null until it is shared."""

    subject_field: ClassVar[str] = "review_id"
    review_id: ReviewId
    cycle_id: CycleId
    person_id: PersonId
    reviewer_id: PersonId | None
    stage: ReviewStage
    rating: int | None
    scale_max: int
    goals_counted: int
    feedback_counted: int
