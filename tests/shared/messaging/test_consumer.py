"""Kafka's records into a real database: killed, poisoned and repeated, each takes effect once."""

import asyncio
import importlib.util
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from shared import mongo
from shared.messaging import kafka
from shared.messaging.consumer import Consumer, Intake, TooManyParked
from shared.messaging.envelope import Envelope, Record
from shared.messaging.guard import WATERMARKS, Guard
from shared.messaging.incoming import Subscription
from shared.messaging.offsets import Applied
from shared.messaging.parked import PARKED
from shared.messaging.topics import EVENTS_CONFIG, Topic, provision
from shared.observation import check_consumers
from shared.settings import Settings, read
from shared.work import Transaction, Work

SCRIPT = Path(__file__).with_name("consumer_process.py")
# By the same module name as in the child, since wire types are made of it.
_spec = importlib.util.spec_from_file_location("consumer_process", SCRIPT)
assert _spec
assert _spec.loader
process_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(process_module)
Logged, log, NoGauges = process_module.Logged, process_module.log, process_module.NoGauges


@pytest.fixture
def settings(engines: Any, name: str) -> Settings:
    return read(
        "consumertest",
        mongo_url=engines.mongo,
        mongo_database=name,
        kafka_bootstrap=engines.kafka,
        oidc_issuer="http://localhost/issuer",
        kafka_partitions=4,
        development=True,
        park_stop_count=3,
        park_stop_share=0.5,
    )


@pytest.fixture
async def work(settings: Settings, name: str) -> AsyncIterator[Work]:
    async with mongo.connect(settings.mongo_url.get_secret_value()) as client:
        yield Work(client, name)


@pytest.fixture
async def topic(settings: Settings, name: str) -> AsyncIterator[str]:
    await provision(settings, [Topic(name, EVENTS_CONFIG)])
    yield name
    admin = kafka.admin(settings)
    await admin.start()
    await admin.delete_topics([name])
    await admin.close()


def record(source: str, n: int, *, topic: str = "e.events") -> Record:
    envelope = Envelope(f"{source}-{n}", "/t", Logged.wire_type, source, datetime.now(UTC), n)
    value = orjson.dumps({"source_id": source, "n": n})
    return Record(topic, 0, n, source.encode(), value, tuple(envelope.headers()))


async def send(settings: Settings, records: list[Record]) -> None:
    async with AIOKafkaProducer(**kafka.client_options(settings), linger_ms=5) as producer:
        sent = [
            await producer.send(r.topic, value=r.value, key=r.key, headers=list(r.headers)) for r in records
        ]
        await asyncio.gather(*sent)


async def told(settings: Settings, group: str) -> int:
    """The offsets that the broker has been told by a group, added up."""
    admin = kafka.admin(settings)
    await admin.start()
    try:
        known = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    return sum(max(0, each.offset) for each in known.values())


async def applied(work: Work) -> int:
    total = await work.db["totals"].find_one({})
    return total["n"] if total else 0


async def until(condition: Any, *, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


async def read_all(work: Work, settings: Settings, topic: str, *, applying: int, partitions: int) -> Intake:
    """Let one consumer read a topic to its end, until so many events are applied in all."""
    broker = kafka.broker(settings)
    intake = Intake(work, Guard.of(Subscription(topic, {Logged: (log,)})), settings, NoGauges())
    consumer = Consumer(broker, intake, settings)
    await broker.start()

    async def done() -> bool:
        read = not any((await consumer.lag()).values()) and consumer.assigned() == partitions
        return read and await applied(work) == applying

    await until(done)
    await consumer.stop()
    await broker.stop()
    return intake


async def test_killed_consumers_apply_every_event_once_and_in_order(
    work: Work, settings: Settings, topic: str
) -> None:
    sources, each = 300, 80
    records = [record(f"g{n}", k, topic=topic) for k in range(1, each + 1) for n in range(sources)]
    bad = Record(topic, 0, 0, b"x", b"not json", ())
    await send(settings, [*records, bad])
    start = "import asyncio, sys, consumer_process as c; asyncio.run(c.consume(*sys.argv[1:]))"
    command = [sys.executable, "-c", start, settings.mongo_url.get_secret_value(), *settings.kafka_bootstrap]
    environment = {**os.environ, "PYTHONPATH": f"{SCRIPT.parents[3]}:{SCRIPT.parent}"}
    progress: list[int] = []
    for _ in range(3):
        process = await asyncio.create_subprocess_exec(*command, topic, env=environment)
        before = await applied(work)

        async def moved(before: int = before) -> bool:
            return await applied(work) > before + 300

        await until(moved)
        await asyncio.sleep(random.uniform(0, 0.1))
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        progress.append(await applied(work))
    process = await asyncio.create_subprocess_exec(*command, topic, env=environment)

    async def all_applied() -> bool:
        parked = await work.db[PARKED].count_documents({"reason": "unreadable"})
        return await applied(work) >= sources * each and parked > 0

    await until(all_applied)
    process.terminate()
    await process.wait()
    assert progress[0] < sources * each, progress
    assert await applied(work) == sources * each
    logs = await work.db["logs"].find().to_list(None)
    assert len(logs) == sources
    assert all(doc["seen"] == list(range(1, each + 1)) for doc in logs)
    assert [row["value"] for row in await work.db[PARKED].find().to_list(None)] == [b"not json"]


async def test_a_failing_event_is_tried_again_before_it_is_parked(work: Work, settings: Settings) -> None:
    tries: list[str] = []

    async def moody(event: Any, tx: Transaction) -> None:
        if event.source_id == "moody":
            tries.append(event.source_id)
            if len(tries) < 3:
                raise RuntimeError("not in the mood")
        await log(event, tx)

    guard = Guard.of(Subscription("e.events", {Logged: (moody,)}))
    intake = Intake(work, guard, settings, NoGauges())
    await intake.take([record(f"g{n}", 1) for n in range(10)] + [record("moody", 1), record("moody", 2)])
    assert await applied(work) == 12
    assert intake.counts["applied"] == 12
    assert await work.db[PARKED].count_documents({}) == 0


async def test_poison_is_parked_after_its_tries_and_its_neighbours_go_on(
    work: Work, settings: Settings
) -> None:
    async def poisoned(event: Any, tx: Transaction) -> None:
        if event.source_id == "bad":
            raise RuntimeError("poison")
        await log(event, tx)

    intake = Intake(work, Guard.of(Subscription("e.events", {Logged: (poisoned,)})), settings, NoGauges())
    await intake.take([record(f"g{n}", 1) for n in range(10)] + [record("bad", 1), record("bad", 2)])
    assert await applied(work) == 10
    assert intake.counts == {"applied": 10, "parked": 1, "held": 1}
    mark = await work.db[WATERMARKS].find_one({"source": "bad"})
    assert mark is not None
    assert mark["state"] == "failed"


async def test_when_most_fails_nothing_more_is_taken(work: Work, settings: Settings) -> None:
    async def broken(event: Any, tx: Transaction) -> None:
        raise RuntimeError("a bad deploy")

    intake = Intake(work, Guard.of(Subscription("e.events", {Logged: (broken,)})), settings, NoGauges())
    with pytest.raises(TooManyParked, match="mended"):
        await intake.take([record(f"g{n}", 1) for n in range(20)])
    assert await work.db[PARKED].count_documents({}) == 0


async def test_what_was_committed_is_not_read_again_and_lag_is_told(
    work: Work, settings: Settings, topic: str
) -> None:
    for number in (1, 2):
        await send(settings, [record(f"g{n}", number, topic=topic) for n in range(50)])
        intake = await read_all(work, settings, topic, applying=50 * number, partitions=4)
        assert sum(intake.counts.values()) == 50


async def test_the_broker_is_told_of_what_is_applied_and_of_nothing_that_is_in_hand(
    work: Work, settings: Settings, topic: str
) -> None:
    first = [record("g", n, topic=topic) for n in range(1, 11)]
    await send(settings, first)
    held, go_on = asyncio.Event(), asyncio.Event()

    class HoldingTheSecond(Intake):
        async def take(self, records: Sequence[Record]) -> None:
            if records[0].offset:
                held.set()
                await go_on.wait()
            await super().take(records)

    broker, few = kafka.broker(settings), settings.model_copy(update={"event_batch_max": 4})
    intake = HoldingTheSecond(work, Guard.of(Subscription(topic, {Logged: (log,)})), few, NoGauges())
    consumer = Consumer(broker, intake, few)
    await broker.start()
    async with asyncio.timeout(60):
        await held.wait()

    async def first_told() -> bool:
        return await told(settings, consumer.group) > 0

    await until(first_told)
    assert await told(settings, consumer.group) == 4
    assert consumer.commit_failures == 0
    go_on.set()
    await consumer.stop()
    at_last = await applied(work)
    assert await told(settings, consumer.group) == at_last >= 8
    await broker.stop()


async def test_lag_counts_what_is_fetched_but_not_applied(work: Work, settings: Settings, topic: str) -> None:
    await send(settings, [record(f"g{n}", 1, topic=topic) for n in range(50)])
    taken, go_on = asyncio.Event(), asyncio.Event()

    class Held(Intake):
        async def take(self, records: Sequence[Record]) -> None:
            taken.set()
            await go_on.wait()
            await super().take(records)

    broker = kafka.broker(settings)
    intake = Held(work, Guard.of(Subscription(topic, {Logged: (log,)})), settings, NoGauges())
    consumer = Consumer(broker, intake, settings)
    await broker.start()
    async with asyncio.timeout(60):
        await taken.wait()
    assert sum((await consumer.lag()).values()) == 50
    go_on.set()

    async def caught_up() -> bool:
        return not any((await consumer.lag()).values())

    await until(caught_up)
    assert await applied(work) == 50
    await consumer.stop()
    await broker.stop()


async def test_pressure_is_felt_while_more_waits_than_is_taken_and_is_over_soon(
    work: Work, settings: Settings, topic: str
) -> None:
    await send(settings, [record(f"g{n}", 1, topic=topic) for n in range(60)])
    felt: list[bool] = []

    class Felt(Intake):
        async def take(self, records: Sequence[Record]) -> None:
            felt.append(consumer.pressed())
            await super().take(records)

    broker, few = kafka.broker(settings), settings.model_copy(update={"event_batch_max": 5})
    intake = Felt(work, Guard.of(Subscription(topic, {Logged: (log,)})), few, NoGauges())
    consumer = Consumer(broker, intake, few)
    assert not consumer.pressed()
    await broker.start()

    async def at_rest() -> bool:
        return await applied(work) == 60 and not consumer.pressed()

    await until(at_rest)
    await broker.stop()
    assert not felt[0]
    assert any(felt)


async def test_a_process_that_is_left_without_a_partition_is_ready_too(
    work: Work, settings: Settings, topic: str
) -> None:
    brokers = [kafka.broker(settings) for _ in range(5)]
    guard = Guard.of(Subscription(topic, {Logged: (log,)}))
    intake = Intake(work, guard, settings, NoGauges())
    consumers = [Consumer(broker, intake, settings) for broker in brokers]
    runtime: Any = SimpleNamespace(started=True, consumers=consumers)
    assert "no partitions assigned yet" in check_consumers(runtime)
    await asyncio.gather(*(broker.start() for broker in brokers))

    async def shared_out() -> bool:
        return sorted(each.assigned() for each in consumers) == [0, 1, 1, 1, 1]

    async def ready() -> bool:
        return check_consumers(runtime) == ""

    await until(shared_out)
    await until(ready)
    await asyncio.gather(*(consumer.stop() for consumer in consumers))
    await asyncio.gather(*(broker.stop() for broker in brokers))


def applied_record(partition: int, offset: int) -> Any:
    return SimpleNamespace(topic="t", partition=partition, offset=offset)


def test_what_is_known_of_a_partition_is_forgotten_when_it_goes_elsewhere() -> None:
    applied, parts = Applied(), [TopicPartition("t", n) for n in range(3)]
    applied.on_partitions_assigned(parts)
    applied.take(tuple(applied_record(n, 6) for n in range(3)))
    assert applied.offsets == dict.fromkeys(parts, 7)
    applied.on_partitions_revoked([parts[0], parts[2]])
    applied.take((applied_record(0, 7), applied_record(1, 7)))
    assert applied.offsets == {parts[1]: 8}


def test_an_offset_is_told_once_and_again_when_the_partition_has_come_back() -> None:
    applied, part = Applied(), TopicPartition("t", 0)
    applied.on_partitions_assigned([part])
    applied.take((applied_record(0, 6),))
    applied.committed(told := applied.uncommitted())
    assert told == {part: 7}
    assert applied.uncommitted() == {}
    applied.on_partitions_revoked([part])
    applied.committed(told)
    applied.on_partitions_assigned([part])
    applied.take((applied_record(0, 6),))
    assert applied.uncommitted() == {part: 7}
