"""A new group on a topic whose early events have expired begins at the published state."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, ClassVar

import orjson
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import RecordsToDelete

from shared import mongo
from shared.contracts.base import Event, State
from shared.messaging import kafka
from shared.messaging.baseline import take_baseline
from shared.messaging.envelope import Envelope, Record
from shared.messaging.guard import Guard
from shared.messaging.incoming import Subscription
from shared.messaging.topics import EVENTS_CONFIG, STATE_CONFIG, Topic, provision
from shared.settings import Settings, read
from shared.work import Transaction, Work


class Ticked(Event):
    subject_field: ClassVar[str] = "clock_id"
    clock_id: str
    n: int


class ClockState(State):
    subject_field: ClassVar[str] = "clock_id"
    clock_id: str
    n: int


@pytest.fixture
def settings(engines: Any, name: str) -> Settings:
    return read(
        "baseline",
        mongo_url=engines.mongo,
        mongo_database=name,
        kafka_bootstrap=engines.kafka,
        oidc_issuer="http://localhost/issuer",
        kafka_partitions=1,
        development=True,
    )


@pytest.fixture
async def topics(settings: Settings, name: str) -> AsyncIterator[tuple[str, str]]:
    events, state = f"{name}.events", f"{name}.state"
    await provision(settings, [Topic(events, EVENTS_CONFIG), Topic(state, STATE_CONFIG)])
    yield events, state
    admin = kafka.admin(settings)
    await admin.start()
    await admin.delete_topics([events, state])
    await admin.close()


def record(topic: str, kind: Any, clock: str, n: int) -> Record:
    envelope = Envelope(f"{clock}-{n}", "/t", kind.wire_type, clock, datetime.now(UTC), n)
    value = orjson.dumps({"clock_id": clock, "n": n})
    return Record(topic, 0, n, clock.encode(), value, tuple(envelope.headers()))


async def send(settings: Settings, *records: Record) -> None:
    async with AIOKafkaProducer(**kafka.client_options(settings)) as producer:
        for each in records:
            await producer.send_and_wait(
                each.topic, value=each.value, key=each.key, headers=list(each.headers)
            )


async def note(event: Any, tx: Transaction) -> None:
    doc = await tx.get("seen", event.clock_id) or {"_id": event.clock_id, "version": 0, "ns": []}
    doc["ns"].append(event.n)
    tx.put("seen", doc)


async def test_a_new_group_goes_on_above_the_state(
    settings: Settings, topics: tuple[str, str], name: str
) -> None:
    events, state = topics
    await send(
        settings,
        *(record(events, Ticked, "old", n) for n in (1, 2, 3)),
        record(state, ClockState, "old", 3),
    )
    admin = kafka.admin(settings)
    await admin.start()
    await admin.delete_records({TopicPartition(events, 0): RecordsToDelete(before_offset=3)})
    await admin.close()
    async with mongo.connect(settings.mongo_url.get_secret_value()) as client:
        work = Work(client, name)
        guard = Guard.of(Subscription(events, {Ticked: (note,)}))
        assert await take_baseline(settings, work.db, guard) == 1
        assert await take_baseline(settings, work.db, guard) == 0
        arriving = [record(events, Ticked, clock, n) for clock, n in (("old", 3), ("old", 4), ("new", 1))]
        await work.execute([guard.reader.read(each) for each in arriving], guard.plan_final)
        found = {doc["_id"]: doc["ns"] async for doc in work.db["seen"].find()}
    assert found == {"old": [4], "new": [1]}


async def test_where_nothing_has_expired_every_source_starts_at_one(
    settings: Settings, topics: tuple[str, str], name: str
) -> None:
    events, state = topics
    await send(settings, record(events, Ticked, "c", 1), record(state, ClockState, "c", 1))
    async with mongo.connect(settings.mongo_url.get_secret_value()) as client:
        work = Work(client, name)
        guard = Guard.of(Subscription(events, {Ticked: (note,)}))
        assert await take_baseline(settings, work.db, guard) == 0
