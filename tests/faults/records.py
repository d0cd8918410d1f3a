"""What lies on Kafka, read with the bare client and none of the suite's code."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

Doc = Mapping[str, Any]
INJECTED = "x-injected"
"""The header of records that the faults have put on a topic."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One record as it lies on its topic."""

    topic: str
    partition: int
    offset: int
    key: str
    attributes: Mapping[str, str]
    data: Doc | None
    injected: str

    @property
    def id(self) -> str:
        """The event's id."""
        return self.attributes.get("id", "")

    @property
    def kind(self) -> str:
        """Such as `goal_closed`."""
        parts = self.attributes.get("type", "").split(".")
        return parts[2] if len(parts) > 3 else ""

    @property
    def position(self) -> tuple[int, int]:
        """Epoch and number: what is higher is newer."""
        return int(self.attributes.get("epoch", 0)), self.sequence

    @property
    def sequence(self) -> int:
        """Its number among the events of its key."""
        return int(self.attributes["sequence"])


async def read_log(bootstrap: str, *, seconds: float = 120.0) -> list[Recorded]:
    """Every record of the suite's topics that is there now, partition by partition."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    topics = sorted(name for name in await admin.list_topics() if name.startswith("cairn."))
    await admin.close()
    consumer: Any = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    found: list[Recorded] = []
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        async with asyncio.timeout(seconds):
            while any([await consumer.position(place) < end for place, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += map(_recorded, records)
    finally:
        await consumer.stop()
    return found


def _recorded(raw: Any) -> Recorded:
    headers = {name: (value or b"").decode(errors="replace") for name, value in raw.headers}
    injected = headers.get(INJECTED, "")
    data = None
    if raw.value is not None and not injected:
        data = json.loads(raw.value)
    attributes = {name[3:]: value for name, value in headers.items() if name.startswith("ce_")}
    key = (raw.key or b"").decode(errors="replace")
    return Recorded(raw.topic, raw.partition, raw.offset, key, attributes, data, injected)


def first_of_each(log: Sequence[Recorded]) -> list[Recorded]:
    seen: set[tuple[str, str]] = set()
    found: list[Recorded] = []
    for each in log:
        if (each.topic, each.id) not in seen:
            seen.add((each.topic, each.id))
            found.append(each)
    return found


def last_of(log: Sequence[Recorded]) -> dict[tuple[str, str], int]:
    last: dict[tuple[str, str], int] = {}
    for each in log:
        place = each.topic, each.key
        last[place] = max(last.get(place, 0), each.sequence)
    return last


def newest_of(log: Sequence[Recorded], topic: str, kind: str) -> dict[str, Doc]:
    newest: dict[str, Recorded] = {}
    for each in log:
        if each.topic == topic and (each.key not in newest or each.sequence >= newest[each.key].sequence):
            newest[each.key] = each
    return {key: each.data for key, each in newest.items() if each.data is not None and each.kind == kind}
