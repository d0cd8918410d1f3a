"""A piece of feedback: given, then acknowledged by its receiver or taken back by its giver.

It is never reworded: what somebody has read stays what they have read.  Who may do what is asked
elsewhere; that nobody speaks to themselves is a rule of the thing itself.
"""

from datetime import datetime
from typing import Annotated, ClassVar, TypedDict

from pydantic import StringConstraints

from shared.aggregate import Aggregate
from shared.contracts import feedback as contract
from shared.contracts.base import Frozen
from shared.contracts.feedback import FeedbackKind, Visibility
from shared.errors import Refusal
from shared.ids import FeedbackId, FeedbackRequestId, GoalId, PersonId

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class FeedbackToSelf(Refusal):
    """Feedback is for somebody else."""

    status = 422


class AlreadyAcknowledged(Refusal):
    """It was acknowledged before; nothing about it changes after that."""


class _Parties(TypedDict):
    feedback_id: FeedbackId
    giver_id: PersonId
    receiver_id: PersonId


class Answer(Frozen):
    """What is said, and who may read it."""

    kind: FeedbackKind
    visibility: Visibility = "receiver"
    text: Words
    competency: str | None = None


class Remark(Answer):
    """What is said, and which goal it is about."""

    goal_id: GoalId | None = None


class Feedback(Remark, Aggregate):
    """What one person told another."""

    id_field: ClassVar[str] = "feedback_id"
    feedback_id: FeedbackId
    giver_id: PersonId
    receiver_id: PersonId
    request_id: FeedbackRequestId | None = None
    given_at: datetime
    acknowledged_at: datetime | None = None

    @classmethod
    def give(
        cls,
        remark: Remark,
        *,
        feedback_id: FeedbackId,
        giver_id: PersonId,
        receiver_id: PersonId,
        request_id: FeedbackRequestId | None = None,
        at: datetime,
    ) -> "tuple[Feedback, contract.FeedbackGiven]":
        """Tell somebody else."""
        if giver_id == receiver_id:
            raise FeedbackToSelf("Feedback is for somebody else; choose another receiver.")
        feedback = cls(
            **dict(remark),
            feedback_id=feedback_id,
            giver_id=giver_id,
            receiver_id=receiver_id,
            request_id=request_id,
            given_at=at,
        )
        return feedback, contract.FeedbackGiven(
            **feedback.parties(),
            kind=feedback.kind,
            visibility=feedback.visibility,
            goal_id=feedback.goal_id,
            competency=feedback.competency,
            request_id=request_id,
        )

    def acknowledge(self, *, at: datetime) -> "tuple[Feedback, contract.FeedbackAcknowledged]":
        """Have it read."""
        if self.acknowledged_at is not None:
            raise AlreadyAcknowledged(
                "You have acknowledged it before.", acknowledged_at=self.acknowledged_at
            )
        feedback = self.model_copy(update={"acknowledged_at": at})
        return feedback, contract.FeedbackAcknowledged(**self.parties())

    def withdraw(self) -> contract.FeedbackWithdrawn:
        """Take it back, which only goes until it is acknowledged; what is left is the event."""
        if self.acknowledged_at is not None:
            raise AlreadyAcknowledged(
                "The receiver has acknowledged it; it can no longer be taken back.",
                acknowledged_at=self.acknowledged_at,
            )
        return contract.FeedbackWithdrawn(**self.parties())

    def state(self) -> contract.FeedbackState:
        """What others may know: all but the words."""
        return contract.FeedbackState(
            **self.parties(),
            kind=self.kind,
            visibility=self.visibility,
            goal_id=self.goal_id,
            competency=self.competency,
            request_id=self.request_id,
            acknowledged=self.acknowledged_at is not None,
        )

    def parties(self) -> _Parties:
        """What every event says of it."""
        return {
            "feedback_id": self.feedback_id,
            "giver_id": self.giver_id,
            "receiver_id": self.receiver_id,
        }
