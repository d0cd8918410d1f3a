"""Whatever arrives in whatever order, fails, waits and is redriven: each event once and in order."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, ClassVar

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import mongo
from shared.contracts.base import Event
from shared.messaging.envelope import Envelope, Record
from shared.messaging.guard import WATERMARKS, Guard
from shared.messaging.incoming import Subscription
from shared.messaging.parked import PARKED
from shared.messaging.sweeper import Sweeper, ask_redrive
from shared.work import NotYet, Transaction, Work

AT = datetime(2026, 3, 1, tzinfo=UTC)
SOURCES = ("a", "b", "c")
LAST = 6
TOPIC = "p.events"
Step = tuple[str, Any]


class Counted(Event):
    subject_field: ClassVar[str] = "source_id"
    source_id: str
    n: int


class World:
    """The guard under test, what fails in it at the moment, and what must be true of it."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.failing: set[tuple[str, int]] = set()
        self.early: set[tuple[str, int]] = set()
        self.guard = Guard.of(Subscription(TOPIC, {Counted: (self.note,)}))
        self.sweeper = Sweeper(work, [self.guard])

    async def note(self, event: Counted, tx: Transaction) -> None:
        place = event.source_id, event.n
        doc = await tx.get("logs", event.source_id) or {"_id": event.source_id, "version": 0, "seen": []}
        if place in self.failing:
            raise ArithmeticError("failing")
        if place in self.early:
            raise NotYet("early")
        doc["seen"].append(event.n)
        tx.put("logs", doc)

    async def reset(self) -> None:
        for name in ("logs", WATERMARKS, PARKED, "outbox", "refused_reactions"):
            await self.work.db[name].delete_many({})
        self.failing, self.early = set(), set()

    async def take(self, step: Step) -> None:
        kind, what = step
        match kind:
            case "deliver":
                jobs = [self.guard.reader.read(record(*place)) for place in what]
                await self.work.execute(jobs, self.guard.plan_final)
            case "deliver_patiently":
                jobs = [self.guard.reader.read(record(*place)) for place in what]
                await self.work.execute(jobs, self.guard.plan)
            case "fail":
                self.failing ^= {what}
            case "early":
                self.early ^= {what}
            case "redrive":
                await ask_redrive(self.work.db, source=what)
            case _:
                await self.sweep()

    async def sweep(self) -> None:
        await self.work.db[WATERMARKS].update_many({"state": "waiting"}, {"$set": {"retry_at": AT}})
        await self.sweeper.turn()

    async def seen(self) -> dict[str, list[int]]:
        return {doc["_id"]: doc["seen"] async for doc in self.work.db["logs"].find()}


def record(source: str, n: int) -> Record:
    envelope = Envelope(f"{source}-{n}", "/t", Counted.wire_type, source, AT, n, 0)
    value = orjson.dumps({"source_id": source, "n": n})
    return Record(TOPIC, 0, n, source.encode(), value, tuple(envelope.headers()))


places = st.tuples(st.sampled_from(SOURCES), st.integers(1, LAST))
batches = st.lists(places, min_size=1, max_size=12)
steps: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.sampled_from(["deliver", "deliver", "deliver_patiently"]), batches),
    st.tuples(st.just("fail"), places),
    st.tuples(st.just("early"), places),
    st.tuples(st.just("redrive"), st.one_of(st.none(), st.sampled_from(SOURCES))),
    st.tuples(st.just("sweep"), st.none()),
)


@pytest.fixture
async def world(engines: Any, name: str) -> AsyncIterator[World]:
    async with mongo.connect(engines.mongo) as client:
        yield World(Work(client, name))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=25))
async def test_any_interleaving_gives_the_fold_in_order(world: World, history: list[Step]) -> None:
    await world.reset()
    for step in history:
        await world.take(step)
        for seen in (await world.seen()).values():
            assert seen == list(range(1, len(seen) + 1))
    world.failing, world.early = set(), set()
    for n in range(1, LAST + 1):
        await world.take(("deliver", [(source, n) for source in SOURCES]))
    await ask_redrive(world.work.db)
    for _ in range(3):
        await world.sweep()
    assert await world.seen() == {source: list(range(1, LAST + 1)) for source in SOURCES}
    assert await world.work.db[PARKED].count_documents({}) == 0
    marks = [(m["source"], m["sequence"], m["state"]) async for m in world.work.db[WATERMARKS].find()]
    assert sorted(marks) == [(source, LAST, "open") for source in SOURCES]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(batches, max_size=10), st.sets(places, max_size=3))
async def test_what_is_put_aside_is_what_could_not_be_applied(
    world: World, deliveries: list[list[tuple[str, int]]], failing: set[tuple[str, int]]
) -> None:
    """Parked are the events that arrived and were not applied, each once; nothing arrived is missing."""
    await world.reset()
    world.failing = failing
    arrived: defaultdict[str, set[int]] = defaultdict(set)
    for batch in deliveries:
        await world.take(("deliver", batch))
        for source, n in batch:
            arrived[source].add(n)
    seen = await world.seen()
    rows = Counter([(row["source"], row["sequence"]) async for row in world.work.db[PARKED].find()])
    expected = {(source, n) for source, all_ in arrived.items() for n in all_ - set(seen.get(source, ()))}
    assert dict(rows) == dict.fromkeys(expected, 1)
