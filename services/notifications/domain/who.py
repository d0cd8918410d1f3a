"""How a row of the table names people, and what it may make a condition of.

Pure: who manages whom is an argument, and so is the time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from shared.contracts.base import Event
from shared.contracts.feedback import FeedbackGiven
from shared.contracts.goals import GoalCheckedIn
from shared.contracts.people import ManagerChanged, PersonJoined, PersonLeft
from shared.ids import PersonId

LOW_CONFIDENCE: Final = 0.4
"""Below this share somebody should hear that a goal is in trouble."""
NEWS_DAYS: Final = 30
"""For so long it is news that somebody came or went; an old company's directory is none."""

Condition = Callable[[Any, datetime], bool]
"""(event, when it happened) -> whether the row applies."""
Managers = Mapping[PersonId, PersonId | None]
"""The managers of those that the rows ask about, None for who has none."""


@dataclass(frozen=True, slots=True)
class Who:
    """The people in a field of the event, or the manager of each of them."""

    field: str
    is_manager: bool = False

    def named(self, event: Event) -> Sequence[PersonId]:
        """The people in the field."""
        value: Any = getattr(event, self.field)
        return () if value is None else (PersonId(value),) if isinstance(value, str) else tuple(value)

    def among(self, event: Event, managers: Managers) -> Iterable[PersonId]:
        """Who is meant."""
        for person_id in self.named(event):
            meant = managers[person_id] if self.is_manager else person_id
            if meant is not None:
                yield meant

    def __str__(self) -> str:
        return f"manager of {self.field}" if self.is_manager else self.field


def person(field: str) -> Who:
    """The person, or each of the people, in a field."""
    return Who(field)


def manager_of(field: str) -> Who:
    """The manager of whoever is in a field."""
    return Who(field, is_manager=True)


def always(event: Event, at: datetime) -> bool:
    """Whatever the event says."""
    del event, at
    return True


def in_trouble(event: GoalCheckedIn, at: datetime) -> bool:
    """Confidence is below 0.4, or something blocks the goal."""
    del at
    return event.confidence < LOW_CONFIDENCE or bool(event.blocker_kinds)


def unasked(event: FeedbackGiven, at: datetime) -> bool:
    """Nobody asked for it; what was asked for is told by its answer."""
    del at
    return event.request_id is None


def shared_up(event: FeedbackGiven, at: datetime) -> bool:
    """Nobody asked for it, and the giver wants the receiver's manager to see it."""
    return event.visibility == "receiver_and_manager" and unasked(event, at)


def joined_lately(event: PersonJoined, at: datetime) -> bool:
    """They joined at most 30 days ago, or are yet to come."""
    return event.joined_on is not None and _is_news(event.joined_on, at)


def left_lately(event: PersonLeft, at: datetime) -> bool:
    """They left at most 30 days ago, or are yet to go."""
    return _is_news(event.left_on, at)


def has_manager_now(event: ManagerChanged, at: datetime) -> bool:
    """They report to somebody."""
    del at
    return event.to_manager_id is not None


def _is_news(on: date, at: datetime) -> bool:
    return on >= at.date() - timedelta(days=NEWS_DAYS)
