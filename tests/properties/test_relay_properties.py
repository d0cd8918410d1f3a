"""Two relays that lose the lease, crash, sleep and overlap: no row is lost or passes one of its key."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from bson import ObjectId
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import mongo
from shared.lease import LEASES, Lease
from shared.messaging.relay import OUTBOX, Relay

KEYS = ("a", "b")
TOPICS = ("t.events", "t.state")
Step = tuple[str, int]


class Broker:
    """Takes records in the order in which they are sent; may lose the acknowledgement, or everything."""

    def __init__(self) -> None:
        self.log: list[tuple[str, str, int]] = []
        self.mood = "well"

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def send(self, topic: str, *, value: bytes, key: bytes, headers: Any) -> "asyncio.Future[None]":
        del headers
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.mood != "away":
            self.log.append((topic, key.decode(), int(value)))
        if self.mood == "well":
            answer.set_result(None)
        else:
            answer.set_exception(KafkaConnectionError(self.mood))
        return answer


class Process:
    """One process with a relay and its lease."""

    def __init__(self, db: mongo.Database, broker: Broker) -> None:
        self.lease = Lease(db, "relay", seconds=60)
        self.relay = Relay(db, lambda: broker, size=4)
        self.read: list[mongo.Doc] | None = None

    async def turn(self) -> None:
        if await self.lease.acquire():
            await self.relay.turn()

    async def fall_asleep(self) -> None:
        """Read, and go no further."""
        if await self.lease.acquire():
            self.read, _ = await self.relay._next()

    async def wake(self) -> None:
        """Go on with what was read, whoever holds the lease by now."""
        rows, self.read = self.read, None
        if rows:
            await self.relay._deliver(rows)


class World:
    def __init__(self, db: mongo.Database) -> None:
        self.db = db

    async def reset(self) -> None:
        for name in (OUTBOX, LEASES):
            await self.db[name].delete_many({})
        self.broker = Broker()
        self.processes = [Process(self.db, self.broker) for _ in range(2)]
        self.written: defaultdict[str, int] = defaultdict(int)

    async def take(self, step: Step) -> None:
        kind, n = step
        match kind:
            case "write":
                await self.write(KEYS[n % 2], late=n > 1)
            case "turn":
                self.broker.mood = "well"
                await self.processes[n % 2].turn()
            case "turn_unanswered" | "turn_away":
                self.broker.mood = "unanswered" if kind == "turn_unanswered" else "away"
                await self.processes[n % 2].turn()
            case "sleep":
                await self.processes[n % 2].fall_asleep()
            case "wake":
                self.broker.mood = "well"
                await self.processes[n % 2].wake()
            case "crash":
                self.processes[n % 2] = Process(self.db, self.broker)
            case _:
                await self.db[LEASES].update_many({}, [{"$set": {"expires_at": "$$NOW"}}])

    async def write(self, key: str, *, late: bool) -> None:
        """A row; a late one has an id that sorts before all others, as a slow writer's has."""
        self.written[key] += 1
        for topic in TOPICS:
            time = datetime.now(UTC) - timedelta(minutes=late)
            id_ = ObjectId(ObjectId.from_datetime(time).binary[:4] + ObjectId().binary[4:])
            row = {"_id": id_, "topic": topic, "key": key, "epoch": 0, "sequence": self.written[key]}
            value = str(self.written[key]).encode()
            said = {"type": "cairn.t.said.v1", "time": datetime.now(UTC), "cause": ["", "", ""]}
            await self.db[OUTBOX].insert_one({**row, **said, "value": value, "sent": False})


steps: st.SearchStrategy[Step] = st.tuples(
    st.sampled_from(
        ["write"] * 4 + ["turn"] * 3 + ["turn_unanswered", "turn_away", "crash", "expire", "sleep", "wake"]
    ),
    st.integers(0, 3),
)


@pytest.fixture
async def world(engines: Any, name: str) -> AsyncIterator[World]:
    async with mongo.connect(engines.mongo) as client:
        yield World(mongo.database(client, name))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=30))
async def test_every_row_arrives_and_a_subscriber_who_drops_repeats_sees_each_key_in_order(
    world: World, history: list[Step]
) -> None:
    await world.reset()
    for step in history:
        await world.take(step)
    for n in (0, 1):
        await world.take(("wake", n))
    await world.take(("expire", 0))
    for _ in range(4 * len(history) + 4):
        await world.take(("turn", 0))
    assert await world.db[OUTBOX].count_documents({"sent": False}) == 0
    for topic in TOPICS:
        for key in KEYS:
            sent = [n for t, k, n in world.broker.log if (t, k) == (topic, key)]
            newest = 0
            for n in sent:
                assert n <= newest + 1, world.broker.log
                newest = max(newest, n)
            assert newest == world.written[key]
            if topic.endswith(".state") and sent:
                assert sent[-1] == newest, "compaction would keep an old state"
