"""Two relays that lose the lease, crash, sleep and overlap: no row is lost or passes one of its key."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from bson import ObjectId
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared import mongo
from shared.lease import LEASES, Lease
from shared.messaging.relay import OUTBOX, Relay

KEYS = ("a", "b")
TOPICS = ("t.events", "t.state")
Step = tuple[str, int]


Record = tuple[str, str, int]


class Broker:
    """Takes records in the order in which they come; may lose the acknowledgement, or everything."""

    def __init__(self) -> None:
        self.log: list[Record] = []
        self.mood = "well"


class Client:
    """An idempotent producer: what the broker is silent about it goes on sending, in order."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.held: list[tuple[Record, asyncio.Future[None]]] = []

    async def start(self) -> None:
        pass

    async def abandon(self) -> None:
        self.held.clear()

    async def send(self, topic: str, *, value: bytes, key: bytes, headers: Any) -> "asyncio.Future[None]":
        del headers
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        record = (topic, key.decode(), int(value))
        match self.broker.mood:
            case "silent":
                self.held.append((record, answer))
            case "well":
                self.heard()
                self.broker.log.append(record)
                answer.set_result(None)
            case mood:
                self.broker.log += [record] if mood == "unanswered" else []
                answer.set_exception(KafkaConnectionError(mood))
        return answer

    def heard(self) -> None:
        """The broker takes and answers what it was silent about."""
        for record, answer in self.held:
            self.broker.log.append(record)
            if not answer.done():
                answer.set_result(None)
        self.held.clear()


class Process:
    """One process with a relay and its lease."""

    def __init__(self, db: mongo.Database, broker: Broker) -> None:
        self.lease = Lease(db, "relay", seconds=60)
        self.clients: list[Client] = []
        self.relay = Relay(db, lambda: self._client(broker), size=4, send_seconds=0.0)
        self.read: list[mongo.Doc] | None = None

    def _client(self, broker: Broker) -> Any:
        self.clients.append(Client(broker))
        return self.clients[-1]

    async def hear(self) -> None:
        """Of what the broker was silent about, whoever holds the lease by now."""
        for client in self.clients:
            client.heard()
        await self.relay.settle()

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
            case "turn_silent":
                self.broker.mood = "silent"
                await self.processes[n % 2].turn()
            case "hear":
                await self.processes[n % 2].hear()
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
        ["write"] * 4
        + ["turn"] * 3
        + ["turn_unanswered", "turn_away", "turn_silent", "hear", "crash", "expire", "sleep", "wake"]
    ),
    st.integers(0, 3),
)


@pytest.fixture
async def world(engines: Any, name: str) -> AsyncIterator[World]:
    async with mongo.connect(engines.mongo) as client:
        yield World(mongo.database(client, name))


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=30))
@example([("write", 0), ("turn_silent", 1), ("expire", 0), ("write", 0), ("turn", 0), ("hear", 1)])
async def test_every_row_arrives_and_a_subscriber_who_drops_repeats_sees_each_key_in_order(
    world: World, history: list[Step]
) -> None:
    await world.reset()
    for step in history:
        await world.take(step)
    for n in (0, 1):
        await world.take(("wake", n))
        await world.take(("hear", n))
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
