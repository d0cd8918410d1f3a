"""Who reads what in Kafka's consumer groups and how far, as the broker tells it to the bare client."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment

STABLE = "Stable"
EMPTY = "Empty"
Place = tuple[str, int]
Members = Mapping[str, frozenset[Place]]
"""The partitions that each member of a group reads, by the member's id."""


async def members_by_group(bootstrap: str, service: str) -> dict[str, Members]:
    """All groups of a service; empty while one of them shares out its partitions anew."""
    found: dict[str, Members] = {}
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        groups = [str(name) for name, *_ in await admin.list_consumer_groups()]
        for group in (name for name in groups if name.startswith(f"{service}.")):
            # One at a time: the client misreads an answer about several.
            (answer,) = await admin.describe_consumer_groups([group])
            described: Any = answer
            _, _, state, _, _, members = described.groups[0][:6]
            if state not in {STABLE, EMPTY}:
                return {}
            found[group] = {member[0]: _places(member[4]) for member in members}
    finally:
        await admin.close()
    return found


async def lags(bootstrap: str) -> dict[str, int]:
    """By group, how many records of its topic it has not committed yet; a group is `<service>.<topic>`."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await asyncio.gather(admin.start(), consumer.start())
    found: dict[str, int] = {}
    try:
        for group, *_ in await admin.list_consumer_groups():
            topic = str(group).partition(".")[2]
            places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
            ends = await consumer.end_offsets(places)
            begins = await consumer.beginning_offsets(places)
            offsets: Any = await admin.list_consumer_group_offsets(str(group))
            committed = {place: offsets[place].offset if place in offsets else -1 for place in places}
            found[str(group)] = sum(max(0, ends[p] - max(begins[p], committed[p])) for p in places)
    finally:
        await asyncio.gather(admin.close(), consumer.stop())
    return found


def goes_on_without_one(before: Members, now: Members) -> bool:
    """Whether a member is gone, and the others read everything instead if there are any."""
    gone = set(before) - set(now)
    return bool(gone) and (not now or _all(now) >= _all(before))


def _all(members: Members) -> frozenset[Place]:
    return frozenset[Place]().union(*members.values())


def _places(assignment: bytes) -> frozenset[Place]:
    if not assignment:
        return frozenset()
    decoded = ConsumerProtocolMemberAssignment.decode(assignment)
    return frozenset((topic, partition) for topic, parts in decoded.assignment for partition in parts)
