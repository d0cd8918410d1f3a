"""How a row of the table names people, and what it may make a condition of.

Pure: who manages and who partners whom are arguments, and so is the time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from shared.contracts.base import Event
from shared.contracts.feedback import FeedbackGiven
from shared.contracts.goals import (
    GoalChanged,
    GoalCheckedIn,
    GoalForecastTurned,
    GoalGraded,
    MeasurementCorrected,
)
from shared.contracts.goals_initiatives import InitiativeChanged, InitiativeClosed, InitiativeLeftAlone
from shared.contracts.people import ManagerChanged, PersonJoined, PersonLeft
from shared.contracts.reviews import ReviewerChanged, SelfAssessmentSubmitted, SelfAssessmentWaived
from shared.ids import PersonId

LOW_CONFIDENCE: Final = 0.4
"""Below this share somebody should hear that a goal is in trouble."""
NEWS_DAYS: Final = 30
"""For so long it is news that somebody came or went; an old company's directory is none."""

Condition = Callable[[Any, datetime], bool]
"""(event, when it happened) -> whether the row applies."""
Relation = Literal["manager", "manager in effect", "HR partners"]
Relatives = Mapping[tuple[Relation, PersonId], Sequence[PersonId]]
"""The managers or the HR partners of those that the rows ask about."""


@dataclass(frozen=True, slots=True)
class Who:
    """The people in a field of the event, or those who stand in a relation to each of them.

    `unless` is a field of somebody who hears of it otherwise.
    """

    field: str
    relation: Relation | None = None
    unless: str = ""

    def named(self, event: Event) -> Sequence[PersonId]:
        """The people in the field."""
        value: Any = getattr(event, self.field)
        return () if value is None else (PersonId(value),) if isinstance(value, str) else tuple(value)

    def among(self, event: Event, relatives: Relatives) -> Iterable[PersonId]:
        """Who is meant; nobody is their own manager or HR partner."""
        told_otherwise = getattr(event, self.unless) if self.unless else None
        for person_id in self.named(event):
            if self.relation is None:
                yield person_id
                continue
            for meant in relatives[self.relation, person_id]:
                if meant not in {person_id, told_otherwise}:
                    yield meant

    def __str__(self) -> str:
        words = f"{self.relation} of {self.field}" if self.relation else self.field
        return f"{words}, unless {self.unless}" if self.unless else words


def person(field: str) -> Who:
    """The person, or each of the people, in a field."""
    return Who(field)


def manager_of(field: str, *, unless: str = "") -> Who:
    """The manager of whoever is in a field."""
    return Who(field, "manager", unless)


def manager_in_effect_of(field: str) -> Who:
    """The manager of whoever is in a field, or the nearest above where those between have left."""
    return Who(field, "manager in effect")


def hr_partners_of(field: str) -> Who:
    """The HR partners of whoever is in a field."""
    return Who(field, "HR partners")


def always(event: Event, at: datetime) -> bool:
    """Whatever the event says."""
    del event, at
    return True


def in_trouble(event: GoalCheckedIn, at: datetime) -> bool:
    """Confidence is below 0.4, or something blocks the goal."""
    del at
    return event.confidence < LOW_CONFIDENCE or bool(event.blocker_kinds)


def of_agreed(event: GoalChanged, at: datetime) -> bool:
    """The goal was agreed to before."""
    del at
    return bool(event.changes)


def for_a_miss(event: GoalForecastTurned, at: datetime) -> bool:
    """It is heading for a miss now."""
    del at
    return event.to_heading == "miss"


def recovered(event: GoalForecastTurned, at: datetime) -> bool:
    """It was heading for a miss and is no longer."""
    del at
    return event.from_heading == "miss" and event.to_heading == "reach"


def given_anew(event: InitiativeChanged, at: datetime) -> bool:
    """It was somebody else's to do before."""
    del at
    return event.from_owner_id is not None


def planned_otherwise(event: InitiativeChanged, at: datetime) -> bool:
    """What is planned has changed, and not the goal alone that it is for."""
    del at
    return event.from_goal_id is None


def of_their_own_goal(event: InitiativeLeftAlone, at: datetime) -> bool:
    """Who has left was the goal's owner too, who hears of nothing any more."""
    del at
    return event.owner_id == event.goal_owner_id


def by_a_person(event: MeasurementCorrected | InitiativeClosed, at: datetime) -> bool:
    """A person did it; what a machine or the suite does by itself is no news."""
    del at
    return event.by_person_id is not None


def graded_by_owner(event: GoalGraded, at: datetime) -> bool:
    """It is the owner's own view."""
    del at
    return event.graded_as == "self"


def finally_graded(event: GoalGraded, at: datetime) -> bool:
    """It is the final grade."""
    del at
    return event.graded_as == "final"


def unasked(event: FeedbackGiven, at: datetime) -> bool:
    """Nobody asked for it; what was asked for is told by its answer."""
    del at
    return event.request_id is None


def shared_up(event: FeedbackGiven, at: datetime) -> bool:
    """The giver wants the receiver's manager to see it."""
    del at
    return event.visibility == "receiver_and_manager"


def hr_assesses(
    event: ReviewerChanged | SelfAssessmentSubmitted | SelfAssessmentWaived, at: datetime
) -> bool:
    """The review has no reviewer, so that HR assesses."""
    del at
    return event.reviewer_id is None


def joined_lately(event: PersonJoined, at: datetime) -> bool:
    """They joined at most 30 days ago, or are yet to come."""
    return event.joined_on is not None and _is_news(event.joined_on, at)


def left_lately(event: PersonLeft, at: datetime) -> bool:
    """They left on a day that is known, at most 30 days ago, or are yet to go."""
    return event.left_on is not None and _is_news(event.left_on, at)


def has_manager_now(event: ManagerChanged, at: datetime) -> bool:
    """They report to somebody."""
    del at
    return event.to_manager_id is not None


def _is_news(on: date, at: datetime) -> bool:
    return on >= at.date() - timedelta(days=NEWS_DAYS)
