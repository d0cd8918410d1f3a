"""What all sides of a contest share: engines, fresh databases, the events and the fold."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import orjson
from aiokafka import AIOKafkaProducer
from bson import ObjectId

from shared import mongo
from shared.contracts.base import Event
from shared.messaging import kafka
from shared.messaging.envelope import Envelope
from shared.messaging.topics import EVENTS_CONFIG, Topic, provision
from shared.settings import Settings, read

Doc = dict[str, Any]
COLLECTIONS = ("views", "watermarks", "parked", "outbox", "inbox", "goals", "notes", "unread", "fan_outs")
FOLDED = ("owner_id", "manager_id", "title", "status", "progress", "weight", "tags")
AGGREGATES = 2000
EVENTS_EACH, SENT_EACH, PAGE = 20, 2, 1000


class GoalUpdated(Event):
    """As large as a real event is."""

    subject_field: ClassVar[str] = "goal_id"
    goal_id: str
    owner_id: str
    manager_id: str
    title: str
    description: str
    status: str
    progress: int
    weight: float
    due_on: str
    tags: tuple[str, ...]


class ProgressNoted(Event):
    """What the reaction publishes for one event in ten."""

    subject_field: ClassVar[str] = "goal_id"
    goal_id: str
    progress: int


@dataclass(frozen=True)
class Arena:
    """Where the contests take place."""

    kafka: str
    mongo: str
    scale: float
    growth: int = 1
    """How many times the data of a contest there already is when it begins."""

    def settings(self, name: str) -> Settings:
        """Settings of a service of that name."""
        return read(
            name,
            mongo_url=self.mongo,
            mongo_database=name,
            kafka_bootstrap=self.kafka,
            kafka_partitions=4,
            oidc_issuer="http://localhost/issuer",
            development=True,
        )

    def count(self, number: int) -> int:
        """A number of things to do, at this run's scale."""
        return max(1, int(number * self.scale))

    @asynccontextmanager
    async def database(self) -> AsyncGenerator[tuple[mongo.Client, str]]:
        """A client and the name of a fresh database with empty collections."""
        name = f"bench{uuid.uuid4().hex[:10]}"
        async with mongo.connect(self.mongo) as client:
            for collection in COLLECTIONS:
                await client[name].create_collection(collection)
            await self._fill(client[name])
            yield client, name
            await client.drop_database(name)

    async def _fill(self, db: Any) -> None:
        """Views, watermarks and sent events of other aggregates, as earlier contests would leave them."""
        for start in range(AGGREGATES, AGGREGATES * self.growth, PAGE):
            numbers = range(start, start + PAGE)
            views = [fold(None, f"goal_{n:06d}", _event(n).__getitem__) for n in numbers]
            marks = [
                {
                    "_id": f"old|goal_{n:06d}",
                    "topic": "old",
                    "epoch": 0,
                    "sequence": EVENTS_EACH,
                    "state": "open",
                }
                for n in numbers
            ]
            rows = [_sent_row(n) for n in numbers for _ in range(SENT_EACH)]
            for name, docs in (("views", views), ("watermarks", marks), ("outbox", rows)):
                await db[name].insert_many(docs, ordered=False)

    async def topic_with_events(self, count: int) -> str:
        """A topic of four partitions with so many events, in order for each aggregate."""
        settings = self.settings("bench")
        name = f"bench.{uuid.uuid4().hex[:8]}.events"
        await provision(settings, [Topic(name, EVENTS_CONFIG)])
        async with AIOKafkaProducer(**kafka.client_options(settings), linger_ms=5) as producer:
            for start in range(0, count, 4000):
                records = [make_event(number) for number in range(start, min(count, start + 4000))]
                sent = [
                    await producer.send(name, value=value, key=key, headers=headers)
                    for key, value, headers in records
                ]
                await asyncio.gather(*sent)
        return name


def make_event(number: int) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """The record of the number-th event: key, value, headers."""
    goal, sequence = f"goal_{number % AGGREGATES:06d}", number // AGGREGATES + 1
    event = GoalUpdated(
        goal_id=goal,
        owner_id=f"person_{number % 997:05d}",
        manager_id=f"person_{number % 97:05d}",
        title="Improve the onboarding time of the platform team",
        description="x" * 120,
        status="active",
        progress=sequence * 10 % 101,
        weight=0.25,
        due_on="2026-12-31",
        tags=("q4", "platform"),
    )
    envelope = Envelope(
        str(uuid.UUID(int=number)), "/bench", GoalUpdated.wire_type, goal, datetime.now(UTC), sequence
    )
    data = {"id": envelope.id, "sequence": sequence, **event.model_dump()}
    return goal.encode(), orjson.dumps(data), envelope.headers()


def _event(number: int) -> Doc:
    return orjson.loads(make_event(number)[1])


def _sent_row(number: int) -> Doc:
    key, value, _ = make_event(number)
    return {"_id": ObjectId(), "key": key.decode(), "sequence": 1, "value": value, "sent": True}


def fold(view: Doc | None, goal_id: str, said: Any) -> Doc:
    """The view after an event; `said` gives the event's fields by name."""
    view = view or {"_id": goal_id, "version": 0, "updates": 0}
    for name in FOLDED:
        view[name] = said(name)
    view["updates"] += 1
    return view
