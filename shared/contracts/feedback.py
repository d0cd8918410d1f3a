"""What the feedback service tells the others: who gave, asked for and recognised what; never the words."""

from typing import ClassVar, Literal

from shared.contracts.base import Event, State
from shared.ids import FeedbackId, FeedbackRequestId, GoalId, PersonId, RecognitionId

FeedbackKind = Literal["praise", "suggestion", "observation"]
Visibility = Literal["receiver", "receiver_and_manager", "public"]


class FeedbackGiven(Event):
    """Somebody told somebody what they saw, unasked or as the answer to a request."""

    subject_field: ClassVar[str] = "feedback_id"
    feedback_id: FeedbackId
    giver_id: PersonId
    receiver_id: PersonId
    kind: FeedbackKind
    visibility: Visibility
    goal_id: GoalId | None
    competency: str | None
    request_id: FeedbackRequestId | None


class FeedbackAcknowledged(Event):
    """The receiver has read it."""

    subject_field: ClassVar[str] = "feedback_id"
    feedback_id: FeedbackId
    giver_id: PersonId
    receiver_id: PersonId


class FeedbackRequested(Event):
    """Somebody asks a colleague for feedback, about themselves or about another person."""

    subject_field: ClassVar[str] = "request_id"
    request_id: FeedbackRequestId
    requester_id: PersonId
    about_person_id: PersonId
    asked_person_id: PersonId
    goal_id: GoalId | None


class FeedbackRequestAnswered(Event):
    """The one who was asked gave it."""

    subject_field: ClassVar[str] = "request_id"
    request_id: FeedbackRequestId
    requester_id: PersonId
    about_person_id: PersonId
    asked_person_id: PersonId
    feedback_id: FeedbackId


class FeedbackRequestDeclined(Event):
    """The one who was asked would rather not."""

    subject_field: ClassVar[str] = "request_id"
    request_id: FeedbackRequestId
    requester_id: PersonId
    about_person_id: PersonId
    asked_person_id: PersonId


class RecognitionGiven(Event):
    """Somebody recognised colleagues for one of the organisation's values."""

    subject_field: ClassVar[str] = "recognition_id"
    recognition_id: RecognitionId
    giver_id: PersonId
    receiver_ids: tuple[PersonId, ...]
    value: str


class RecognitionAcknowledged(Event):
    """One of those who were recognised has seen it."""

    subject_field: ClassVar[str] = "recognition_id"
    recognition_id: RecognitionId
    giver_id: PersonId
    by_person_id: PersonId


class FeedbackState(State):
    """A piece of feedback without its words."""

    subject_field: ClassVar[str] = "feedback_id"
    feedback_id: FeedbackId
    giver_id: PersonId
    receiver_id: PersonId
    kind: FeedbackKind
    visibility: Visibility
    goal_id: GoalId | None
    competency: str | None
    acknowledged: bool


class FeedbackRequestState(State):
    """A request without its question."""

    subject_field: ClassVar[str] = "request_id"
    request_id: FeedbackRequestId
    requester_id: PersonId
    about_person_id: PersonId
    asked_person_id: PersonId
    status: Literal["open", "answered", "declined"]


class RecognitionState(State):
    """A recognition, which is public, without its words."""

    subject_field: ClassVar[str] = "recognition_id"
    recognition_id: RecognitionId
    giver_id: PersonId
    receiver_ids: tuple[PersonId, ...]
    value: str
