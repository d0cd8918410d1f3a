"""What the reviews service tells the others: cycles, and how far each review has come.

Never a rating before it is shared, and no words at all.
"""

from datetime import date
from typing import ClassVar, Literal

from shared.contracts.base import Event, State
from shared.contracts.erasure import Forgotten
from shared.ids import CycleId, PersonId, ReviewId

ReviewStage = Literal[
    "self_assessment", "manager_assessment", "ready_to_share", "shared", "acknowledged", "cancelled"
]
CancelReason = Literal["person_left"]


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
    """Somebody else assesses, since the old reviewer left or the person reports to another one.

    `reviewer_id` is the new one; null: HR assesses.
    """

    from_reviewer_id: PersonId | None


class SelfAssessmentSubmitted(_ReviewEvent):
    """The person has said how they see it."""


class SelfAssessmentWaived(_ReviewEvent):
    """Its due date passed without a self-assessment, and the review goes on; a late one may still come."""

    by_person_id: PersonId | None


class ManagerAssessmentSubmitted(_ReviewEvent):
    """The manager has written the assessment; the person does not see it yet."""


class ManagerAssessmentReopened(_ReviewEvent):
    """The assessment was taken back before it was shared, to be changed and submitted again."""

    by_person_id: PersonId | None


class ReviewShared(_ReviewEvent):
    """The person can read the review; `rating` is on the cycle's scale."""

    rating: int
    scale_max: int


class ReviewAcknowledged(_ReviewEvent):
    """The person has read the review and said so, which is not agreeing."""


class ReviewCancelled(_ReviewEvent):
    """The review ends before it was shared."""

    reason: CancelReason


class PersonForgotten(Forgotten):
    """How far the reviews service is with forgetting a person."""


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
    """A review's stage and figures; `rating` stays null until it is shared.

    The goals and the feedback that the reviewer may see are counted when the stage changes; null
    until it first does.
    """

    subject_field: ClassVar[str] = "review_id"
    review_id: ReviewId
    cycle_id: CycleId
    person_id: PersonId
    reviewer_id: PersonId | None
    stage: ReviewStage
    rating: int | None
    scale_max: int
    goals_counted: int | None
    feedback_counted: int | None
