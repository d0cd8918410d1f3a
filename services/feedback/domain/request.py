"""A request for feedback, to one colleague: open, then answered, declined or withdrawn, once and for all.

People ask about themselves, managers about those who report to them; that the second is so is asked
of the access table.
"""

from datetime import datetime
from typing import Annotated, ClassVar, TypedDict

from pydantic import StringConstraints

from services.feedback.domain.feedback import Answer, Feedback, Remark
from shared.aggregate import Aggregate
from shared.contracts import feedback as contract
from shared.contracts.base import Frozen
from shared.contracts.feedback import RequestStatus, SettledBecause
from shared.errors import Refusal
from shared.ids import FeedbackId, FeedbackRequestId, GoalId, PersonId

Question = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]


class AskedUnfittingly(Refusal):
    """Nobody is asked for feedback about themselves, nor by themselves."""

    status = 422


class NotTheOneAsked(Refusal):
    """Only the one who was asked can answer or decline."""

    status = 403


class RequestSettled(Refusal):
    """A request is answered, declined or withdrawn once."""


class AnswerMissesRequester(Refusal):
    """What a manager has asked for must be readable by the manager."""

    status = 422


class _Parties(TypedDict):
    request_id: FeedbackRequestId
    requester_id: PersonId
    about_person_id: PersonId
    asked_person_id: PersonId


class Ask(Frozen):
    """What one would like to hear about."""

    question: Question = ""
    goal_id: GoalId | None = None
    competency: str | None = None


class FeedbackRequest(Ask, Aggregate):
    """One colleague asked for feedback about one person."""

    id_field: ClassVar[str] = "request_id"
    request_id: FeedbackRequestId
    requester_id: PersonId
    about_person_id: PersonId
    asked_person_id: PersonId
    asked_at: datetime
    status: RequestStatus = "open"
    settled_at: datetime | None = None
    because: SettledBecause | None = None
    reason: str = ""
    feedback_id: FeedbackId | None = None

    @classmethod
    def ask(
        cls,
        ask: Ask,
        *,
        request_id: FeedbackRequestId,
        by: PersonId,
        about: PersonId,
        of: PersonId,
        at: datetime,
    ) -> "tuple[FeedbackRequest, contract.FeedbackRequested]":
        """Ask one colleague."""
        if of in {about, by}:
            raise AskedUnfittingly(
                "Ask somebody else: nobody gives feedback about themselves, nor asks themselves for it.",
                asked_person_id=of,
            )
        request = cls(
            **dict(ask),
            request_id=request_id,
            requester_id=by,
            about_person_id=about,
            asked_person_id=of,
            asked_at=at,
        )
        return request, contract.FeedbackRequested(
            **request.parties(), goal_id=request.goal_id, competency=request.competency
        )

    def answer(
        self, answer: Answer, *, feedback_id: FeedbackId, by: PersonId, goal_id: GoalId | None, at: datetime
    ) -> "tuple[FeedbackRequest, Feedback, contract.FeedbackRequestAnswered, contract.FeedbackGiven]":
        """Give what was asked for; `goal_id` is that of the request while it may still be named."""
        self._must_be_asked(by)
        if answer.visibility == "receiver" and self.requester_id != self.about_person_id:
            raise AnswerMissesRequester(
                "The manager asked for it and could not read it; choose receiver_and_manager, or decline."
            )
        remark = Remark(
            kind=answer.kind,
            visibility=answer.visibility,
            text=answer.text,
            competency=answer.competency or self.competency,
            goal_id=goal_id,
        )
        feedback, given = Feedback.give(
            remark,
            feedback_id=feedback_id,
            giver_id=by,
            receiver_id=self.about_person_id,
            request_id=self.request_id,
            at=at,
        )
        request = self._settled("answered", at=at).model_copy(update={"feedback_id": feedback_id})
        answered = contract.FeedbackRequestAnswered(**self.parties(), feedback_id=feedback_id)
        return request, feedback, answered, given.model_copy(update={"requester_id": self.requester_id})

    def decline(
        self, *, by: PersonId, reason: str, at: datetime
    ) -> "tuple[FeedbackRequest, contract.FeedbackRequestDeclined]":
        """Rather not; the reason is for the requester alone."""
        self._must_be_asked(by)
        return self._declined("own_choice", reason=reason, at=at)

    def decline_for_departed(
        self, *, at: datetime
    ) -> "tuple[FeedbackRequest, contract.FeedbackRequestDeclined]":
        """The one who was asked has left, so that nobody should wait."""
        return self._declined("departed", reason="", at=at)

    def withdraw(
        self, because: SettledBecause, *, at: datetime
    ) -> "tuple[FeedbackRequest, contract.FeedbackRequestWithdrawn]":
        """Ask no longer."""
        request = self._settled("withdrawn", at=at).model_copy(update={"because": because})
        return request, contract.FeedbackRequestWithdrawn(**self.parties(), because=because)

    def without_reason(self) -> "FeedbackRequest":
        """As before, but for what was said when it was declined."""
        return self.model_copy(update={"reason": ""})

    def state(self) -> contract.FeedbackRequestState:
        """What others may know: neither the question nor a reason."""
        return contract.FeedbackRequestState(
            **self.parties(),
            goal_id=self.goal_id,
            competency=self.competency,
            status=self.status,
            because=self.because,
            feedback_id=self.feedback_id,
        )

    def parties(self) -> _Parties:
        """What every event says of it."""
        return {
            "request_id": self.request_id,
            "requester_id": self.requester_id,
            "about_person_id": self.about_person_id,
            "asked_person_id": self.asked_person_id,
        }

    def _declined(
        self, because: SettledBecause, *, reason: str, at: datetime
    ) -> "tuple[FeedbackRequest, contract.FeedbackRequestDeclined]":
        request = self._settled("declined", at=at).model_copy(update={"because": because, "reason": reason})
        return request, contract.FeedbackRequestDeclined(**self.parties(), because=because)

    def _settled(self, status: RequestStatus, *, at: datetime) -> "FeedbackRequest":
        if self.status != "open":
            raise RequestSettled(f"The request is {self.status} already.", status=self.status)
        return self.model_copy(update={"status": status, "settled_at": at})

    def _must_be_asked(self, by: PersonId) -> None:
        if by != self.asked_person_id:
            raise NotTheOneAsked("Only the one who was asked can answer or decline the request.")
