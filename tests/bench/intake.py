"""Events from Kafka into a read model: fold, guard, and an event of our own for one in ten."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer
from bson import ObjectId
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from pydantic import BaseModel
from pymongo import InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import DuplicateKeyError

from shared import mongo
from shared.messaging import kafka
from shared.messaging.consumer import Consumer, Intake
from shared.messaging.envelope import Record
from shared.messaging.guard import Guard
from shared.messaging.incoming import Subscription
from shared.work import Transaction, Work
from tests.bench import sessions
from tests.bench.arena import AGGREGATES, Arena, Doc, GoalUpdated, ProgressNoted, fold

EVENTS, NAIVE_EVENTS = 40_000, 3_000
DEADLINE = 240


class Meter:
    """Rate from the first batch to the last event."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.seen, self.done = wanted, 0, asyncio.Event()
        self.began = self.ended = 0.0

    def begin(self) -> None:
        self.began = self.began or time.perf_counter()

    def count(self, more: int) -> None:
        self.seen += more
        if self.seen >= self.wanted and not self.done.is_set():
            self.ended = time.perf_counter()
            self.done.set()

    async def rate(self) -> float:
        async with asyncio.timeout(DEADLINE):
            await self.done.wait()
        return self.wanted / (self.ended - self.began)


async def check(client: Any, name: str, events: int) -> None:
    """All sides must have had the same effects."""
    db = client[name]
    ours = {"$match": {"_id": {"$lt": f"goal_{AGGREGATES:06d}"}}}
    totals = await mongo.aggregate(db["views"], [ours, {"$group": {"_id": None, "n": {"$sum": "$updates"}}}])
    noted = await db["outbox"].count_documents({"sent": False})
    expected = sum(1 for number in range(events) if (number // AGGREGATES + 1) % 10 == 0)
    assert totals[0]["n"] == events, totals
    assert noted == expected, (noted, expected)


async def track(event: GoalUpdated, tx: Transaction) -> None:
    """The reaction that is measured."""
    view = fold(
        await tx.get("views", event.goal_id), event.goal_id, lambda name: _plain(getattr(event, name))
    )
    tx.put("views", view)
    if view["updates"] % 10 == 0:
        tx.publish(ProgressNoted(goal_id=event.goal_id, progress=event.progress))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


class Gauges:
    def __init__(self, meter: Meter) -> None:
        self.meter = meter

    def handled(self, topic: str, type_: str, outcome: str, count: int) -> None:
        assert outcome == "applied", outcome

    def batch(self, topic: str, size: int, seconds: float) -> None:
        self.meter.count(size)


async def intake_through_work(arena: Arena) -> float:
    """Our own consumer, guard and work."""
    count = arena.count(EVENTS)
    topic = await arena.topic_with_events(count)
    async with arena.database() as (client, name):
        settings, meter = arena.settings(name), Meter(count)
        broker = kafka.broker(settings)
        guard = Guard.of(Subscription(topic, {GoalUpdated: (track,)}))

        class Timed(Intake):
            async def take(self, records: Sequence[Record]) -> None:
                meter.begin()
                await super().take(records)

        Consumer(broker, Timed(Work(client, name), guard, settings, Gauges(meter)), settings)
        await broker.start()
        rate = await meter.rate()
        await broker.stop()
        await check(client, name, count)
        return rate


async def intake_raw(arena: Arena) -> float:
    """What one would write by hand for exactly these effects, without validation."""
    count = arena.count(EVENTS)
    topic = await arena.topic_with_events(count)
    async with arena.database() as (client, name):
        db, meter = mongo.database(client, name), Meter(count)
        consumer = AIOKafkaConsumer(
            topic,
            bootstrap_servers=arena.kafka,
            group_id=name,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        while not meter.done.is_set():
            fetched = await consumer.getmany(timeout_ms=100, max_records=1000)
            records = [record for part in fetched.values() for record in part]
            if records:
                meter.begin()
                await _raw_batch(client, db, [orjson.loads(record.value) for record in records])
                await consumer.commit()
                meter.count(len(records))
        await consumer.stop()
        await check(client, name, count)
        return await meter.rate()


async def _raw_batch(client: Any, db: Any, events: list[Doc]) -> None:
    ids = list({event["goal_id"] for event in events})
    within, size = {"_id": {"$in": ids}}, len(ids) + 1
    async with sessions.session(client) as session:
        await sessions.begin(session)
        found = await db["watermarks"].find(within, session=session, batch_size=size).to_list(None)
        marks = {mark["_id"]: mark["sequence"] for mark in found}
        known = await db["views"].find(within, session=session, batch_size=size).to_list(None)
        views: dict[str, Doc] = {view["_id"]: view for view in known}
        versions = {id_: view["version"] for id_, view in views.items()}
        had = set(marks)
        rows: list[Doc] = []
        for event in events:
            id_ = event["goal_id"]
            if event["sequence"] != marks.get(id_, 0) + 1:
                continue
            view = views[id_] = fold(views.get(id_), id_, event.__getitem__)
            view["version"] += 1
            marks[id_] = event["sequence"]
            if view["updates"] % 10 == 0:
                view["sequence"] = view.get("sequence", 0) + 1
                rows.append(_row(view))
        await db["views"].bulk_write(
            [
                ReplaceOne({"_id": id_, "version": versions[id_]}, view)
                if id_ in versions
                else InsertOne(view)
                for id_, view in views.items()
            ],
            ordered=False,
            session=session,
        )
        await db["watermarks"].bulk_write(
            [
                UpdateOne({"_id": id_}, {"$set": {"sequence": mark}})
                if id_ in had
                else InsertOne({"_id": id_, "sequence": mark})
                for id_, mark in marks.items()
            ],
            ordered=False,
            session=session,
        )
        if rows:
            await db["outbox"].insert_many(rows, ordered=False, session=session)
        await session.commit_transaction()


def _row(view: Doc) -> Doc:
    return {
        "_id": ObjectId(),
        "key": view["_id"],
        "sequence": view["sequence"],
        "value": orjson.dumps({"goal_id": view["_id"], "progress": view["progress"]}),
        "sent": False,
    }


class NaiveEvent(BaseModel):
    """The event as the framework's front page would type it."""

    id: str
    sequence: int
    goal_id: str
    owner_id: str
    manager_id: str
    title: str
    description: str
    status: str
    progress: int
    weight: float
    due_on: str
    tags: list[str]


async def intake_naive(arena: Arena) -> float:
    """FastStream, one message at a time, four workers, a transaction an event, commit after the work."""
    count = arena.count(NAIVE_EVENTS)
    topic = await arena.topic_with_events(count)
    async with arena.database() as (client, name):
        db, meter = mongo.database(client, name), Meter(count)
        broker = KafkaBroker(arena.kafka, logger=None)

        @broker.subscriber(
            topic,
            group_id=name,
            auto_offset_reset="earliest",
            max_workers=4,
            ack_policy=AckPolicy.ACK,
        )
        async def handle(event: NaiveEvent) -> None:
            meter.begin()

            async def effects(session: Any) -> None:
                await db["inbox"].insert_one({"_id": event.id}, session=session)
                view = await db["views"].find_one({"_id": event.goal_id}, session=session)
                view = fold(view, event.goal_id, lambda field: getattr(event, field))
                view["version"] += 1
                noted = view["updates"] % 10 == 0
                if noted:
                    view["sequence"] = view.get("sequence", 0) + 1
                await db["views"].replace_one({"_id": event.goal_id}, view, upsert=True, session=session)
                if noted:
                    await db["outbox"].insert_one(_row(view), session=session)

            async with sessions.session(client) as session:
                with contextlib.suppress(DuplicateKeyError):
                    await session.with_transaction(effects, write_concern=mongo.MAJORITY)
            meter.count(1)

        await broker.start()
        rate = await meter.rate()
        await broker.stop()
        await check(client, name, count)
        return rate
