"""What the feedback service tells the others: who gave, asked for and recognised what; never the words.

Values and competencies are keys from the organisation's own lists, so that no free text hides in them.
"""

from typing import ClassVar, Literal

from shared.contracts.base import Event, State
from shared.contracts.erasure import Forgotten
from shared.ids import FeedbackId, FeedbackRequestId, GoalId, PersonId, RecognitionId

FeedbackKind = Literal["praise", "suggestion", "observation"]
Visibility = Literal["receiver", "receiver_and_manager", "public"]
RequestStatus = Literal["open", "answered", "declined", "withdrawn"]
SettledBecause = Literal["own_choice", "departed", "manager_changed"]
"""Why a request was declined or withdrawn: somebody chose to, or left, or is not the manager any more."""


class FeedbackGiven(Event):
    """Somebody told somebody what they saw, unasked or as the answer to a request of `requester_id`."""

    subject_field: ClassVar[str] = "feedback_id"
    feedback_id: FeedbackId
    giver_id: PersonId
    receiver_id: PersonId
    kind: FeedbackKind
    visibility: Visibility
    goal_id: GoalId | None
    competency: str | None
    request_id: FeedbackRequestId | None
    requester_id: PersonId | None = None


class FeedbackAcknowledged(Event):
    """The receiver has read it."""

    subject_field: ClassVar[str] = "feedback_id"
    feedback_id: FeedbackId
    giver_id: PersonId
    receiver_id: PersonId


class FeedbackWithdrawn(Event):
    """The giver took it back before it was acknowledged; it is gone, its state too."""

    subject_field: ClassVar[str] = "feedback_id"
    feedback_id: FeedbackId
    giver_id: PersonId
    receiver_id: PersonId


class _RequestEvent(Event):
    subject_field: ClassVar[str] = "request_id"
    request_id: FeedbackRequestId
    requester_id: PersonId
    about_person_id: PersonId
    asked_person_id: PersonId


class FeedbackRequested(_RequestEvent):
    """Somebody asks a colleague for feedback, about themselves or about a person who reports to them."""

    goal_id: GoalId | None
    competency: str | None


class FeedbackRequestAnswered(_RequestEvent):
    """The one who was asked gave it."""

    feedback_id: FeedbackId


class FeedbackRequestDeclined(_RequestEvent):
    """The one who was asked would rather not, or has left."""

    because: SettledBecause


class FeedbackRequestWithdrawn(_RequestEvent):
    """The requester does not need it any more, or may not ask for it any more."""

    because: SettledBecause


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


class PersonForgotten(Forgotten):
    """How far the feedback service is with forgetting a person."""


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
    request_id: FeedbackRequestId | None
    acknowledged: bool


class FeedbackRequestState(State):
    """A request without its question."""

    subject_field: ClassVar[str] = "request_id"
    request_id: FeedbackRequestId
    requester_id: PersonId
    about_person_id: PersonId
    asked_person_id: PersonId
    goal_id: GoalId | None
    competency: str | None
    status: RequestStatus
    because: SettledBecause | None
    feedback_id: FeedbackId | None


class RecognitionState(State):
    """A recognition, which is public, without its words."""

    subject_field: ClassVar[str] = "recognition_id"
    recognition_id: RecognitionId
    giver_id: PersonId
    receiver_ids: tuple[PersonId, ...]
    value: str
    acknowledged_by: tuple[PersonId, ...]
