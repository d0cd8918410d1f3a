"""All that is published and taken from outside, by service: topics, schemas and pages are made from it."""

from collections.abc import Iterator, Sequence
from types import ModuleType

from typing_extensions import TypeIs

from shared.contracts import (
    feedback,
    goals,
    goals_initiatives,
    goals_periods,
    goals_templates,
    notifications,
    people,
    reviews,
)
from shared.contracts.base import Event, Inbound, Message, State

PUBLISHERS: dict[str, ModuleType] = {
    "people": people,
    "goals": goals,
    "feedback": feedback,
    "reviews": reviews,
    "notifications": notifications,
}
FURTHER: dict[str, Sequence[ModuleType]] = {"goals": (goals_initiatives, goals_periods, goals_templates)}
"""Where a contract goes on."""


def messages_of(publisher: str) -> Sequence[type[Message]]:
    """The published types of one service in the order in which its contract lists them."""
    modules = (PUBLISHERS[publisher], *FURTHER.get(publisher, ()))
    return [kind for module in modules for kind in _published(module)]


def all_messages() -> Sequence[type[Message]]:
    """The published types of all services."""
    return [kind for publisher in PUBLISHERS for kind in messages_of(publisher)]


def inbound_of(service: str) -> Sequence[type[Inbound]]:
    """What a service takes from outside, in the order in which its contract lists it."""
    return [kind for kind in vars(PUBLISHERS[service]).values() if _is_inbound(kind, PUBLISHERS[service])]


def all_inbound() -> Sequence[type[Inbound]]:
    """What all services take from outside."""
    return [kind for service in PUBLISHERS for kind in inbound_of(service)]


def all_topics() -> Sequence[type[Message]]:
    """A type for every topic there is: what is published and what is taken from outside."""
    return [*all_messages(), *all_inbound()]


def _is_inbound(kind: object, module: ModuleType) -> TypeIs[type[Inbound]]:
    return isinstance(kind, type) and issubclass(kind, Inbound) and kind.__module__ == module.__name__


def _published(module: ModuleType) -> Iterator[type[Message]]:
    for name, kind in vars(module).items():
        if name.startswith("_") or not isinstance(kind, type) or kind.__module__ != module.__name__:
            continue
        if issubclass(kind, (Event, State)):
            yield kind
