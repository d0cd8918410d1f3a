"""The topics: made here with their partitions, retention and compaction, never by accident.

Which topics there are follows from the contracts.  Provisioning is safe to run again: it adds what
is missing, corrects the configuration that is ours, and tells what it must not change.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from shared.contracts.base import Inbound, Message, State
from shared.messaging import kafka
from shared.messaging.envelope import topic_of
from shared.settings import Settings

DAY_MS = 86_400_000
EVENTS_CONFIG: Mapping[str, str] = {"cleanup.policy": "delete", "retention.ms": str(90 * DAY_MS)}
INBOUND_CONFIG: Mapping[str, str] = {
    "cleanup.policy": "delete",
    "retention.ms": str(14 * DAY_MS),
    "segment.ms": str(DAY_MS),
}
"""What others tell may name people: it is kept for as long as it may take to find that it was wrong."""
INBOUND_KEPT: Final = timedelta(milliseconds=int(INBOUND_CONFIG["retention.ms"]))
STATE_CONFIG: Mapping[str, str] = {
    "cleanup.policy": "compact",
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": str(DAY_MS),
    "delete.retention.ms": str(30 * DAY_MS),
}
OF_THE_TOPIC: Final = 1
"""Where a value of a configuration comes from, as the protocol has it."""


LASTING_IN_KAFKA: Final = timedelta(
    milliseconds=max(
        2 * int(STATE_CONFIG["max.compaction.lag.ms"]),
        int(INBOUND_CONFIG["retention.ms"]) + int(INBOUND_CONFIG["segment.ms"]),
    )
)
"""How long a name may stay in Kafka once it is erased: in a state until it is compacted, which begins at most
a lag after the null, and in what was told until its segment goes.  Events hold no names.
Source: Apache Kafka, topic configuration, max.compaction.lag.ms, retention.ms and segment.ms."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it should be."""

    name: str
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """A topic as it is: `made` just now, and `remarks` on what differs and was left."""

    name: str
    partitions: int
    made: bool
    remarks: tuple[str, ...]


class Layout(NamedTuple):
    """How many partitions a topic has, and how many copies of each."""

    partitions: int
    copies: int


def topics_for(messages: Iterable[type[Message]]) -> Sequence[Topic]:
    """The topics of these message types, by name."""
    names = {topic_of(kind): kind for kind in messages}
    return [Topic(name, _config_of(kind)) for name, kind in sorted(names.items())]


def _config_of(kind: type[Message]) -> Mapping[str, str]:
    if issubclass(kind, State):
        return STATE_CONFIG
    return INBOUND_CONFIG if issubclass(kind, Inbound) else EVENTS_CONFIG


async def provision(settings: Settings, topics: Sequence[Topic]) -> Sequence[Found]:
    """Make the topics that are missing and set their configuration.

    Raises `KafkaError` when the cluster cannot be reached or refuses.
    """
    client = kafka.admin(settings)
    try:
        await client.start()
        made = await _create(client, settings, topics)
        laid = await _laid_out(client, [topic.name for topic in topics])
        await _configure(client, topics, laid)
    finally:
        await client.close()
    return [
        Found(
            topic.name,
            laid[topic.name].partitions,
            topic.name in made,
            _remarks(laid[topic.name], settings),
        )
        for topic in topics
    ]


async def _configure(
    client: AIOKafkaAdminClient, topics: Sequence[Topic], laid: Mapping[str, Layout]
) -> None:
    """Set what is ours; what an operator has set besides stays: what is not named would fall back."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics]
    described: Any = await client.describe_configs(asked)
    own = {name: _set_there(entries) for name, entries in _taken(described)}
    altered: Any = await client.alter_configs(
        [
            ConfigResource(
                ConfigResourceType.TOPIC,
                topic.name,
                configs={**own[topic.name], **_whole(topic, laid[topic.name].copies)},
            )
            for topic in topics
        ]
    )
    _taken(altered)


def _taken(answers: Iterable[Any]) -> Sequence[tuple[str, Sequence[Any]]]:
    """Of each topic its name and what else was answered; raises `KafkaError` for one that was refused."""
    found: list[tuple[str, Sequence[Any]]] = []
    for code, message, _, name, *more in (row for answer in answers for row in answer.resources):
        if code:
            raise for_code(code)(f"{name}: {message}")
        found.append((name, more[0] if more else ()))
    return found


def _set_there(entries: Iterable[Sequence[Any]]) -> dict[str, str]:
    """What of a topic's configuration was set for it, and not for the broker or nowhere."""
    return {name: value for name, value, _, source, *_ in entries if source == OF_THE_TOPIC}


def _whole(topic: Topic, copies: int) -> dict[str, str]:
    """All that is ours of a topic's configuration."""
    return {**topic.config, "min.insync.replicas": str(min(2, copies))}


async def missing_topics(settings: Settings, names: Iterable[str]) -> Sequence[str]:
    """Which of the topics do not exist."""
    client = kafka.admin(settings)
    try:
        await client.start()
        known = set(await client.list_topics())
    finally:
        await client.close()
    return sorted(set(names) - known)


def _remarks(found: Layout, settings: Settings) -> tuple[str, ...]:
    partitions, copies = settings.kafka_partitions, settings.kafka_replication
    remarks: list[str] = []
    if found.partitions != partitions:
        kept = "kept, since keys would change places"
        remarks.append(f"has {found.partitions} partitions, settings say {partitions}: {kept}")
    if found.copies != copies:
        remarks.append(f"copies: {found.copies}, settings say {copies}: kept, to be reassigned by hand")
    return tuple(remarks)


async def _create(client: AIOKafkaAdminClient, settings: Settings, topics: Sequence[Topic]) -> set[str]:
    known = set(await client.list_topics())
    missing = [topic for topic in topics if topic.name not in known]
    if not missing:
        return set()
    answer: Any = await client.create_topics(
        [
            NewTopic(
                topic.name,
                settings.kafka_partitions,
                settings.kafka_replication,
                topic_configs=_whole(topic, settings.kafka_replication),
            )
            for topic in missing
        ]
    )
    for name, code, *detail in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error(f"{name}: {detail[0] if detail else ''}")
    return {topic.name for topic in missing}


async def _laid_out(
    client: AIOKafkaAdminClient, names: Sequence[str], *, deadline: float = 15.0
) -> Mapping[str, Layout]:
    """How the topics are laid out, once every broker knows them."""
    until = asyncio.get_running_loop().time() + deadline
    while True:
        described: list[dict[str, Any]] = await client.describe_topics(list(names))
        found = {
            topic["topic"]: Layout(len(topic["partitions"]), len(topic["partitions"][0]["replicas"]))
            for topic in described
            if not topic["error_code"]
        }
        if len(found) == len(names):
            return found
        if asyncio.get_running_loop().time() > until:
            raise KafkaError(f"not there after {deadline:.0f} s: {sorted(set(names) - set(found))}")
        await asyncio.sleep(0.1)


__all__ = ["Found", "KafkaError", "Topic", "missing_topics", "provision", "topics_for"]
