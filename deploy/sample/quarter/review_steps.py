"""What happens in a review.  A review has no name of its own: cycle and person tell it."""

from dataclasses import dataclass
from datetime import date

from deploy.sample.quarter.refs import Person, Ref


@dataclass(frozen=True, slots=True)
class LaunchCycle:
    """HR admin: a review for each of `people`, all of whom have a manager at work."""

    ref: Ref
    name: str
    people: tuple[Person, ...]
    period_starts_on: date
    period_ends_on: date
    self_due_on: date
    manager_due_on: date


@dataclass(frozen=True, slots=True)
class Answer:
    """A question of the review form and what was written under it."""

    question: str
    text: str


@dataclass(frozen=True, slots=True)
class AssessSelf:
    """The person's own view; `rating` from 1 to 5."""

    cycle: Ref
    person: Person
    rating: int
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class AssessReport:
    """The manager's view of `person`; `rating` from 1 to 5."""

    cycle: Ref
    person: Person
    rating: int
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class ShareReview:
    """The manager lets the person read the review."""

    cycle: Ref
    person: Person


@dataclass(frozen=True, slots=True)
class AcknowledgeReview:
    """The person has read it; `comment` may be empty."""

    cycle: Ref
    person: Person
    comment: str
