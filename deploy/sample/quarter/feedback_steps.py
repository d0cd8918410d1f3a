"""What people tell one another."""

from dataclasses import dataclass

from deploy.sample.quarter.refs import Person, Ref
from shared.contracts.feedback import FeedbackKind, Visibility


@dataclass(frozen=True, slots=True)
class GiveFeedback:
    """Unasked feedback; `goal` is one that giver and receiver may both see."""

    ref: Ref
    receiver: Person
    kind: FeedbackKind
    text: str
    visibility: Visibility
    goal: Ref | None
    competency: str | None


@dataclass(frozen=True, slots=True)
class AcknowledgeFeedback:
    """The receiver has read it."""

    feedback: Ref


@dataclass(frozen=True, slots=True)
class RequestFeedback:
    """Ask `asked` for feedback about `about`: oneself, or somebody who reports to one."""

    ref: Ref
    asked: Person
    about: Person
    question: str
    goal: Ref | None


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """The one who was asked gives the feedback, which gets the name `ref`."""

    request: Ref
    ref: Ref
    kind: FeedbackKind
    text: str
    visibility: Visibility


@dataclass(frozen=True, slots=True)
class DeclineRequest:
    """The one who was asked would rather not."""

    request: Ref
    reason: str


@dataclass(frozen=True, slots=True)
class Recognise:
    """Thank colleagues in public for living one of the organisation's values."""

    ref: Ref
    receivers: tuple[Person, ...]
    value: str
    text: str


@dataclass(frozen=True, slots=True)
class AcknowledgeRecognition:
    """One of the receivers has seen it."""

    recognition: Ref
