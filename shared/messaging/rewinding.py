"""A service's groups set back to an earlier time, after a restore, and whether anybody reads in them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, for_code

from shared.messaging import kafka
from shared.messaging.envelope import group_of
from shared.settings import Settings


class ServiceRunsError(Exception):
    """A process of the service reads its topics: its place in them cannot be changed."""


async def require_stopped(settings: Settings, topics: Iterable[str]) -> None:
    """Return if nobody reads in the service's groups.  Raises `ServiceRunsError` and `KafkaError`."""
    admin = kafka.admin(settings)
    await admin.start()
    try:
        for topic in topics:
            group = group_of(settings.service, topic)
            # One at a time: the client misreads an answer about several.
            (answer,) = await admin.describe_consumer_groups([group])
            described: Any = answer
            code, *_, members = described.groups[0][:6]
            if code:
                raise for_code(code)(group)
            if members:
                raise ServiceRunsError(f"{group} has {len(members)} members")
    finally:
        await admin.close()


async def rewind(settings: Settings, topics: Iterable[str], *, to: datetime) -> None:
    """Let the service's groups begin again where their topics were at that time.

    Raises `ServiceRunsError`.
    """
    at = int(to.timestamp() * 1000)
    for topic in topics:
        group = group_of(settings.service, topic)
        numbers = await _partitions(settings, topic)
        consumer: Any = kafka.reader(settings, group_id=group)
        await consumer.start()
        try:
            parts = [TopicPartition(topic, number) for number in sorted(numbers)]
            consumer.assign(parts)
            found: Mapping[Any, Any] = await consumer.offsets_for_times(dict.fromkeys(parts, at))
            ends: Mapping[Any, int] = await consumer.end_offsets(parts)
            await consumer.commit(
                {part: found[part].offset if found.get(part) else ends[part] for part in parts}
            )
        except KafkaError as error:
            raise ServiceRunsError(f"{group}: {error!r}") from error
        finally:
            await consumer.stop()


async def _partitions(settings: Settings, topic: str) -> Collection[int]:
    producer: Any = kafka.producer(settings)
    await producer.start()
    try:
        return await producer.partitions_for(topic)
    finally:
        await producer.stop()
