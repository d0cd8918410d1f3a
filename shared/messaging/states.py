"""What a state topic says by now, read from its beginning to its end."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition

from shared.messaging import kafka
from shared.messaging.consumer import to_record
from shared.messaging.envelope import UnreadableRecord, read_envelope
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class Newest:
    """What a state topic last says of a subject."""

    type: str
    epoch: int
    sequence: int
    gone: bool


async def newest_states(
    settings: Settings, topic: str, *, seconds: float = 600, strict: bool = False
) -> Mapping[str, Newest]:
    """What a state topic says of every subject, those that are gone included.

    What is no record of ours is passed over, or if `strict` raises `UnreadableRecord`.  Raises `TimeoutError`
    if it cannot be read to its end in `seconds`.
    """
    consumer: Any = kafka.reader(settings, topic)
    await consumer.start()
    found: dict[str, Newest] = {}
    try:
        ends: Mapping[TopicPartition, int] = await consumer.end_offsets(consumer.assignment())
        async with asyncio.timeout(seconds):
            while any([await consumer.position(part) < end for part, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for raw in records:
                        try:
                            told, value = read_envelope(to_record(raw))
                        except UnreadableRecord:
                            if strict:
                                raise
                            continue
                        before = found.get(told.subject)
                        if before is None or (before.epoch, before.sequence) <= (told.epoch, told.sequence):
                            found[told.subject] = Newest(told.type, told.epoch, told.sequence, value is None)
        return found
    finally:
        await consumer.stop()
