"""The event log as an outsider reads it: a bare Kafka client, headers and JSON, nothing of ours."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient


@dataclass(frozen=True, slots=True)
class Seen:
    """One record: its CloudEvents attributes and its data, None for an erasure."""

    topic: str
    key: str
    attributes: Mapping[str, str]
    data: Mapping[str, Any] | None

    @property
    def kind(self) -> str:
        """The type without publisher and version, such as `goal_closed`."""
        return self.attributes["type"].split(".")[2]

    @property
    def sequence(self) -> int:
        """Its place among the events of its subject."""
        return int(self.attributes["sequence"])


async def read_topics(kafka: Mapping[str, Any], *, seconds: float = 60.0) -> Sequence[Seen]:
    """Every record on the suite's topics, from the first to what is the last one now.

    Args:
        kafka: the options by which a client of aiokafka comes in.
        seconds: how long it may take.
    """
    consumer: Any = AIOKafkaConsumer(*await _topics(kafka), **kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        ends: Mapping[TopicPartition, int] = await consumer.end_offsets(consumer.assignment())
        seen: list[Seen] = []
        async with asyncio.timeout(seconds):
            while any([await consumer.position(place) < end for place, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    seen += [_seen(record) for record in records]
        return seen
    finally:
        await consumer.stop()


async def _topics(kafka: Mapping[str, Any]) -> Sequence[str]:
    client = AIOKafkaAdminClient(**kafka)
    await client.start()
    try:
        return sorted(name for name in await client.list_topics() if name.startswith("cairn."))
    finally:
        await client.close()


def _seen(record: Any) -> Seen:
    attributes = {name[3:]: value.decode() for name, value in record.headers if name.startswith("ce_")}
    data = None if record.value is None else json.loads(record.value)
    return Seen(record.topic, record.key.decode(), attributes, data)


def events_of(log: Sequence[Seen]) -> Sequence[Seen]:
    """The events without the states, each once."""
    found: dict[str, Seen] = {}
    for seen in log:
        if seen.topic.endswith(".events"):
            found.setdefault(seen.attributes["id"], seen)
    return list(found.values())


def disorder(log: Sequence[Seen]) -> Sequence[str]:
    """Subjects whose events are not numbered 1, 2, 3 and so on, or do not lie in that order."""
    sequences: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for seen in events_of(log):
        sequences[seen.topic, seen.key].append(seen.sequence)
    return [
        f"out of order on {topic}: {key}: {found[:10]}"
        for (topic, key), found in sequences.items()
        if found != list(range(1, len(found) + 1))
    ]


def doubles(log: Sequence[Seen]) -> int:
    """How many event records lie on the topics more than once."""
    ids = Counter(seen.attributes["id"] for seen in log if seen.topic.endswith(".events"))
    return sum(count - 1 for count in ids.values())
