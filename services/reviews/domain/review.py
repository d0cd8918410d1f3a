"""The life of a review: self-assessment, manager assessment, ready to share, shared, acknowledged.

A review holds no words, and no rating until it is shared, so that nothing that shows a review can
tell too early.  What is written lies in its assessments.  Every change returns the new review
and the event that it caused; who may make it is asked elsewhere, but for one rule that no role
overrides: nobody assesses themselves.
"""

from datetime import date, datetime
from typing import ClassVar, TypedDict

from services.reviews.domain.cycle import Cycle, Period
from services.reviews.domain.evidence import Evidence
from shared.aggregate import Aggregate
from shared.contracts import reviews as contract
from shared.contracts.reviews import CancelReason, ReviewStage
from shared.errors import Refusal
from shared.ids import CycleId, PersonId, ReviewId, derive

ASSESSABLE: tuple[ReviewStage, ...] = ("self_assessment", "manager_assessment")
"""Stages in which somebody still has to assess, and who that is may change."""
BEFORE_SHARING: tuple[ReviewStage, ...] = (*ASSESSABLE, "ready_to_share")
SHARED: tuple[ReviewStage, ...] = ("shared", "acknowledged")


class _Named(TypedDict):
    review_id: ReviewId
    cycle_id: CycleId
    person_id: PersonId
    reviewer_id: PersonId | None


class ReviewNotInStage(Refusal):
    """The review's stage does not allow this."""


class SelfAssessmentOutstanding(Refusal):
    """The person goes first, until their due date has passed."""


class OwnReview(Refusal):
    """Nobody assesses, shares or reopens their own review, whatever their role."""

    status = 403


class Review(Aggregate):
    """One person's review in one cycle; `reviewer_id` None: HR assesses."""

    id_field: ClassVar[str] = "review_id"
    review_id: ReviewId
    cycle_id: CycleId
    person_id: PersonId
    reviewer_id: PersonId | None
    period: Period
    self_due_on: date
    manager_due_on: date
    scale_max: int
    stage: ReviewStage = "self_assessment"
    opened_at: datetime
    self_submitted: bool = False
    self_submitted_at: datetime | None = None
    self_waived_at: datetime | None = None
    self_waived_by: PersonId | None = None
    assessed_at: datetime | None = None
    rating: int | None = None
    shared_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledgement: str = ""
    cancelled_at: datetime | None = None
    goals_counted: int | None = None
    feedback_counted: int | None = None

    @classmethod
    def open(
        cls, cycle: Cycle, *, person_id: PersonId, reviewer_id: PersonId | None, at: datetime
    ) -> "tuple[Review, contract.ReviewOpened]":
        """Begin it; a cycle has one review of a person and no more."""
        review = cls(
            review_id=review_id_of(cycle.cycle_id, person_id),
            cycle_id=cycle.cycle_id,
            person_id=person_id,
            reviewer_id=reviewer_id,
            period=cycle.period,
            self_due_on=cycle.self_due_on,
            manager_due_on=cycle.manager_due_on,
            scale_max=cycle.scale_max,
            opened_at=at,
        )
        dates = {"self_due_on": cycle.self_due_on, "manager_due_on": cycle.manager_due_on}
        return review, contract.ReviewOpened(**review.named(), **dates)

    def submit_self_assessment(
        self, *, seen: Evidence, at: datetime
    ) -> "tuple[Review, contract.SelfAssessmentSubmitted]":
        """Take the person's own view; a late one is taken until the manager's assessment is in."""
        self.must_be(*ASSESSABLE, to="take a self-assessment")
        if self.self_submitted:
            raise ReviewNotInStage("The self-assessment is submitted already.", stage=self.stage)
        done = {"stage": "manager_assessment", "self_submitted": True, "self_submitted_at": at}
        review = self._counted(seen).model_copy(update=done)
        return review, contract.SelfAssessmentSubmitted(**review.named())

    def waive_self_assessment(
        self, *, seen: Evidence, by: PersonId, at: datetime
    ) -> "tuple[Review, contract.SelfAssessmentWaived]":
        """Go on without the person's own view once its due date has passed."""
        self.must_not_be_of(by)
        self.must_be("self_assessment", to="go on without a self-assessment")
        if at.date() <= self.self_due_on:
            raise SelfAssessmentOutstanding(
                f"The person has until {self.self_due_on}; go on without them after that day.",
                self_due_on=self.self_due_on,
            )
        waived = {"stage": "manager_assessment", "self_waived_at": at, "self_waived_by": by}
        review = self._counted(seen).model_copy(update=waived)
        return review, contract.SelfAssessmentWaived(**review.named(), by_person_id=by)

    def submit_manager_assessment(
        self, *, seen: Evidence, by: PersonId, at: datetime
    ) -> "tuple[Review, contract.ManagerAssessmentSubmitted]":
        """Take the manager's assessment; the person does not see it yet."""
        self.must_not_be_of(by)
        if self.stage == "self_assessment":
            raise SelfAssessmentOutstanding(
                "The self-assessment is not in; keep a draft, or go on without it after its due date.",
                self_due_on=self.self_due_on,
            )
        self.must_be("manager_assessment", to="take a manager's assessment")
        review = self._counted(seen).model_copy(update={"stage": "ready_to_share", "assessed_at": at})
        return review, contract.ManagerAssessmentSubmitted(**review.named())

    def reopen_manager_assessment(
        self, *, by: PersonId
    ) -> "tuple[Review, contract.ManagerAssessmentReopened]":
        """Take the manager's assessment back to change it."""
        self.must_not_be_of(by)
        self.must_be("ready_to_share", to="have its assessment taken back")
        review = self.model_copy(update={"stage": "manager_assessment", "assessed_at": None})
        return review, contract.ManagerAssessmentReopened(**review.named(), by_person_id=by)

    def share(
        self, *, rating: int | None, seen: Evidence, by: PersonId, at: datetime
    ) -> "tuple[Review, contract.ReviewShared]":
        """Let the person read it; `rating` is the manager's, and what it rests on is counted last."""
        self.must_not_be_of(by)
        self.must_be("ready_to_share", to="be shared")
        if rating is None:
            raise ReviewNotInStage("There is no rating to share.", stage=self.stage)
        done = {"stage": "shared", "rating": rating, "shared_at": at}
        review = self._counted(seen).model_copy(update=done)
        event = contract.ReviewShared(**review.named(), rating=rating, scale_max=self.scale_max)
        return review, event

    def acknowledge(self, *, comment: str, at: datetime) -> "tuple[Review, contract.ReviewAcknowledged]":
        """Say that it was read, which is not agreeing."""
        self.must_be("shared", to="be acknowledged")
        said = {"stage": "acknowledged", "acknowledged_at": at, "acknowledgement": comment}
        review = self.model_copy(update=said)
        return review, contract.ReviewAcknowledged(**review.named())

    def change_reviewer(self, to: PersonId | None) -> "tuple[Review, contract.ReviewerChanged]":
        """Give it to somebody else, or with None to HR, while there is something to assess."""
        self.must_be(*ASSESSABLE, to="change its reviewer")
        review = self.model_copy(update={"reviewer_id": to})
        return review, contract.ReviewerChanged(**review.named(), from_reviewer_id=self.reviewer_id)

    def cancel(self, reason: CancelReason, *, at: datetime) -> "tuple[Review, contract.ReviewCancelled]":
        """End it before it was shared."""
        self.must_be(*BEFORE_SHARING, to="be cancelled")
        review = self.model_copy(update={"stage": "cancelled", "cancelled_at": at})
        return review, contract.ReviewCancelled(**review.named(), reason=reason)

    def must_be(self, *stages: ReviewStage, to: str) -> None:
        """Refuse in any other stage."""
        if self.stage not in stages:
            told = f"A review in the stage {self.stage} cannot {to}."
            raise ReviewNotInStage(told, stage=self.stage, needed=stages)

    def must_not_be_of(self, person_id: PersonId) -> None:
        """Refuse the person whose review it is."""
        if person_id == self.person_id:
            raise OwnReview("This is your own review; ask your manager or another HR colleague to do it.")

    def hides_assessment_from(self, person_id: PersonId | None) -> bool:
        """Whether this is the person themselves, too early; no role lets them see it sooner."""
        return person_id == self.person_id and self.stage not in SHARED

    def state(self) -> contract.ReviewState:
        """What others may know."""
        return contract.ReviewState(
            **self.named(),
            stage=self.stage,
            rating=self.rating,
            scale_max=self.scale_max,
            goals_counted=self.goals_counted,
            feedback_counted=self.feedback_counted,
        )

    def named(self) -> _Named:
        """What every event says of the review."""
        return {
            "review_id": self.review_id,
            "cycle_id": self.cycle_id,
            "person_id": self.person_id,
            "reviewer_id": self.reviewer_id,
        }

    def _counted(self, seen: Evidence) -> "Review":
        counts = {"goals_counted": len(seen.goals), "feedback_counted": len(seen.feedback)}
        return self.model_copy(update=counts)


def review_id_of(cycle_id: CycleId, person_id: PersonId) -> ReviewId:
    """The one review of a person in a cycle, so that opening it again finds it."""
    return ReviewId(derive("review", cycle_id, person_id))
