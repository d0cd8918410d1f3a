"""Who may do what in Kafka and MongoDB: what is not here is denied.

What a service may follows from what it consists of: it reads its topics, each in a group of its own,
writes what it publishes, and has a database that is its own.  Users of others are named by the operator.
Topics, users and rights are made by the provisioner, which alone may.  Does no I/O.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, Literal, TypeAlias, cast

from shared.contracts.base import State
from shared.contracts.catalogue import all_inbound, all_topics
from shared.contracts.people import HoldState
from shared.messaging.envelope import group_of, state_topic_beside, topic_of
from shared.service import Service

Resource: TypeAlias = Literal["topic", "group"]
Operation: TypeAlias = Literal["read", "write"]
USER: Final = re.compile(r"[a-z][a-z0-9-]{0,40}")
SERVICE_PREFIX: Final = "cairn-"
ELSEWHERE: Final = "kept_elsewhere"


class WrongDoors(ValueError):  # noqa: N818  it names what is wrong with a file, not a fault of ours
    """The operator's list of integrators cannot be granted: what is wrong in it, and how to mend it."""


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One operation on one topic or group of exactly this name; each lets its holder describe it too."""

    resource: Resource
    name: str
    operation: Operation


@dataclass(frozen=True, slots=True)
class Door:
    """A user of Kafka, all that it may do there, and the name of its secrets' directory."""

    holder: str
    user: str
    grants: frozenset[Grant]


def door_of(service: Service) -> Door:
    """What a service needs, and nothing else.

    A group that is new to a topic of events may have to begin at the publisher's states, so that
    who reads the one reads the other (`shared.messaging.baseline`).  What it has said itself of its states
    it must know after a restore (`shared.restored`), and who is on hold before it removes what is old.
    """
    subscriptions = service.subscriptions()
    read = [each.topic for each in (*subscriptions, *service.inbound_subscriptions())]
    states = [state_topic_beside(each.topic) for each in subscriptions if each.strict]
    own = {topic_of(kind) for kind in service.publishes}
    states += [topic_of(kind) for kind in service.publishes if issubclass(kind, State)]
    states += [topic_of(HoldState)] if service.ages else []
    return Door(
        service.name,
        f"{SERVICE_PREFIX}{service.name}",
        frozenset(
            chain(
                _granted("topic", "read", (*read, *states)),
                _granted("topic", "write", own),
                _granted("group", "read", (group_of(service.name, topic) for topic in read)),
            )
        ),
    )


def doors_of_integrators(text: str) -> Sequence[Door]:
    """The doors that an operator opens to others, from TOML: a table for each user.

        [warehouse]
        reads = ["cairn.goals.events"]
        groups = ["warehouse"]

        [hcm]
        writes = ["cairn.people.inbound"]

    Nobody but a service writes its topics; others write those that are there to tell a service something.

    Raises:
        WrongDoors: what cannot be granted.
    """
    return [_integrator(user, wishes) for user, wishes in _told(text).items() if user != ELSEWHERE]


def kept_elsewhere(text: str) -> Sequence[str]:
    """The principals whose rights somebody else keeps, such as `User:CN=connect`: named before the tables.

    Raises:
        WrongDoors: it is no list of names.
    """
    return _names("", _told(text), ELSEWHERE)


def _told(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongDoors(f"the list of integrators is not TOML: {error}") from error


def _integrator(user: str, wishes: Any) -> Door:
    if not USER.fullmatch(user) or user.startswith(SERVICE_PREFIX):
        raise WrongDoors(
            f"[{user}]: a user is named by small letters, digits and -, and not {SERVICE_PREFIX}..."
        )
    if not isinstance(wishes, dict):
        raise WrongDoors(f"{user} must be a table: [{user}]")
    wanted = cast("dict[str, Any]", wishes)
    strange = sorted(set(wanted) - {"reads", "writes", "groups"})
    if strange:
        raise WrongDoors(f"[{user}] has {', '.join(strange)}; it may have reads, writes and groups")
    topics = {topic_of(kind) for kind in all_topics() if not kind.internal}
    inbound = {topic_of(kind) for kind in all_inbound()}
    read = _among(user, wanted, "reads", topics - inbound)
    write = _among(user, wanted, "writes", inbound)
    groups = _names(user, wanted, "groups")
    ours = [group for group in groups if ".cairn." in group or group == "*"]
    if ours:
        raise WrongDoors(f"[{user}] groups: {', '.join(ours)} cannot be given; groups of services are theirs")
    grants = chain(
        _granted("topic", "read", read), _granted("topic", "write", write), _granted("group", "read", groups)
    )
    return Door(user, user, frozenset(grants))


def _among(user: str, wishes: Mapping[str, Any], wish: str, known: Iterable[str]) -> Sequence[str]:
    names, allowed = _names(user, wishes, wish), sorted(known)
    wrong = [name for name in names if name not in allowed]
    if wrong:
        raise WrongDoors(
            f"[{user}] {wish}: {', '.join(wrong)} cannot be given; any of {', '.join(allowed)} can"
        )
    return names


def _names(user: str, wishes: Mapping[str, Any], wish: str) -> Sequence[str]:
    names: Any = wishes.get(wish, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in cast("list[Any]", names)):
        raise WrongDoors(f"{f'[{user}] ' if user else ''}{wish} must be a list of names")
    return cast("list[str]", names)


def _granted(resource: Resource, operation: Operation, names: Iterable[str]) -> Iterable[Grant]:
    return (Grant(resource, name, operation) for name in names)


__all__ = [
    "Door",
    "Grant",
    "Operation",
    "Resource",
    "WrongDoors",
    "door_of",
    "doors_of_integrators",
    "kept_elsewhere",
]
