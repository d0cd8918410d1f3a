"""All that is published, by publisher: what topics, schemas and catalogue pages are made from."""

from collections.abc import Iterator, Sequence
from types import ModuleType

from shared.contracts import feedback, goals, notifications, people, reviews
from shared.contracts.base import Event, Message, State

PUBLISHERS: dict[str, ModuleType] = {
    "people": people,
    "goals": goals,
    "feedback": feedback,
    "reviews": reviews,
    "notifications": notifications,
}


def messages_of(publisher: str) -> Sequence[type[Message]]:
    """The published types of one service in the order in which its contract lists them."""
    return list(_published(PUBLISHERS[publisher]))


def all_messages() -> Sequence[type[Message]]:
    """The published types of all services."""
    return [kind for publisher in PUBLISHERS for kind in messages_of(publisher)]


def _published(module: ModuleType) -> Iterator[type[Message]]:
    for name, kind in vars(module).items():
        if name.startswith("_") or not isinstance(kind, type) or kind.__module__ != module.__name__:
            continue
        if issubclass(kind, (Event, State)):
            yield kind
