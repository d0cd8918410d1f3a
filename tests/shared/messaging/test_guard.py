"""Each event once, in order, none lost: duplicates, gaps, poison, waiting, redrive, erasure."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import orjson
import pytest

from shared import mongo
from shared.contracts.base import Event, State
from shared.errors import Refusal
from shared.messaging.envelope import Envelope, Record
from shared.messaging.guard import WATERMARKS, Guard
from shared.messaging.incoming import Erased, EventJob, Subscription, to_row
from shared.messaging.parked import PARKED, REFUSED
from shared.messaging.sweeper import GAPS_A_TURN, SOURCES_A_TURN, Sweeper, ask_redrive
from shared.work import NotYet, Transaction, Work

AT = datetime(2026, 3, 1, tzinfo=UTC)


class Counted(Event):
    subject_field: ClassVar[str] = "source_id"
    source_id: str
    n: int


class CountState(State):
    subject_field: ClassVar[str] = "source_id"
    source_id: str
    n: int


class NotTwo(Refusal):
    pass


@pytest.fixture
async def work(engines: Any, name: str) -> AsyncIterator[Work]:
    async with mongo.connect(engines.mongo) as client:
        yield Work(client, name)


def record(
    source: str, n: int, *, kind: type[Any] = Counted, epoch: int = 0, topic: str = "e.events"
) -> Record:
    envelope = Envelope(f"{source}-{n}", "/t", kind.wire_type, source, AT, n, epoch)
    value = orjson.dumps({"source_id": source, "n": n})
    return Record(topic, 0, n, source.encode(), value, tuple(envelope.headers()))


async def note(event: Counted, tx: Transaction) -> None:
    """Keeps every number it has applied, so that doubles, losses and disorder all show."""
    doc = await tx.get("logs", event.source_id) or {"_id": event.source_id, "version": 0, "seen": []}
    doc["seen"].append(event.n)
    tx.put("logs", doc)
    tx.update("totals", "all", {"$inc": {"n": 1}})


def guard_of(reaction: Any = note, **options: Any) -> Guard:
    return Guard.of(Subscription("e.events", {Counted: (reaction,)}), **options)


async def deliver(work: Work, guard: Guard, *events: tuple[str, int]) -> list[EventJob]:
    return await feed(work, guard, *(record(*event) for event in events))


async def feed(work: Work, guard: Guard, *records: Record) -> list[EventJob]:
    jobs = [guard.reader.read(each) for each in records]
    await work.execute(jobs, guard.plan_final)
    return jobs


async def seen(work: Work, source: str) -> list[int]:
    doc = await work.db["logs"].find_one({"_id": source})
    return doc["seen"] if doc else []


async def state(work: Work, source: str) -> str:
    doc = await work.db[WATERMARKS].find_one({"source": source})
    assert doc is not None
    return doc["state"]


async def test_duplicates_and_disorder_have_one_effect_in_order(work: Work) -> None:
    guard = guard_of()
    mixed = [(f"g{n % 10}", n // 10 + 1) for n in range(300)] * 3
    random.Random(7).shuffle(mixed)
    for start in range(0, len(mixed), 50):
        await deliver(work, guard, *mixed[start : start + 50])
    for n in range(10):
        assert await seen(work, f"g{n}") == list(range(1, 31))
        assert await state(work, f"g{n}") == "open"
    assert await work.db[PARKED].count_documents({}) == 0
    total = await work.db["totals"].find_one({})
    assert total is not None
    assert total["n"] == 300


async def test_a_source_never_seen_must_start_at_one(work: Work) -> None:
    guard = guard_of()
    jobs = await deliver(work, guard, ("a", 2), ("a", 3))
    assert [job.outcome for job in jobs] == ["held", "held"]
    assert await seen(work, "a") == []
    await deliver(work, guard, ("a", 1))
    assert await seen(work, "a") == [1, 2, 3]


async def test_a_higher_epoch_goes_on_and_a_lower_one_is_over(work: Work) -> None:
    guard = guard_of()
    await deliver(work, guard, ("a", 1), ("a", 2), ("a", 3))
    await feed(work, guard, record("a", 2, epoch=1), record("a", 3, epoch=1))
    await deliver(work, guard, ("a", 4))
    assert await seen(work, "a") == [1, 2, 3, 2, 3]


async def test_poison_is_parked_with_its_successors_until_redriven(work: Work) -> None:
    broken = True

    async def picky(event: Counted, tx: Transaction) -> None:
        if event.source_id == "bad" and event.n == 3 and broken:
            raise ValueError("poison")
        if event.n == 2:
            raise NotTwo("not two")
        await note(event, tx)

    guard, both = guard_of(picky), ("bad", "good")
    sweeper = Sweeper(work, [guard])
    await deliver(work, guard, *[(source, n) for n in range(1, 6) for source in both])
    await deliver(work, guard, *[(source, n) for n in range(4, 9) for source in both])
    assert await seen(work, "good") == [1, 3, 4, 5, 6, 7, 8]
    assert await seen(work, "bad") == [1]
    rows = await work.db[PARKED].find().sort("_id", 1).to_list(None)
    assert [(row["sequence"], row["reason"]) for row in rows] == [
        (3, "failed"),
        (4, "behind"),
        (5, "behind"),
        (6, "behind"),
        (7, "behind"),
        (8, "behind"),
    ]
    assert "poison" in rows[0]["error"]
    assert not any("expires_at" in row for row in rows), "an event of ours is not given up by itself"
    assert await work.db[REFUSED].count_documents({"rule": "not-two"}) == 2
    assert not await sweeper.turn()
    assert await ask_redrive(work.db, source="bad") == 1
    await sweeper.turn()
    assert await state(work, "bad") == "failed"
    assert await work.db[PARKED].count_documents({}) == 6
    broken = False
    await ask_redrive(work.db)
    await sweeper.turn()
    assert await seen(work, "bad") == [1, 3, 4, 5, 6, 7, 8]
    assert await state(work, "bad") == "open"
    assert await work.db[PARKED].count_documents({}) == 0


async def test_an_event_whose_write_is_rejected_is_parked_and_not_its_neighbours(work: Work) -> None:
    async def huge(event: Counted, tx: Transaction) -> None:
        size = 17_000_000 if event.source_id == "g5" and event.n >= 2 else 1
        doc = await tx.get("docs", event.source_id)
        version = doc["version"] if doc else 0
        tx.put("docs", {"_id": event.source_id, "version": version, "x": "y" * size})

    await deliver(work, guard_of(huge), *[(f"g{n}", k) for k in (1, 2, 3) for n in range(6)])
    assert await work.db["docs"].count_documents({"version": 3}) == 5
    rows = await work.db[PARKED].find().sort("_id", 1).to_list(None)
    assert [(row["source"], row["sequence"]) for row in rows] == [("g5", 2), ("g5", 3)]


async def test_in_a_released_gap_the_held_event_is_blamed_for_its_own_failure(work: Work) -> None:
    async def huge_from_two(event: Counted, tx: Transaction) -> None:
        doc = await tx.get("docs", event.source_id)
        size = 17_000_000 if event.n >= 2 else 1
        tx.put("docs", {"_id": event.source_id, "version": doc["version"] if doc else 0, "x": "y" * size})

    guard = guard_of(huge_from_two)
    await deliver(work, guard, ("a", 2), ("a", 3))
    await deliver(work, guard, ("a", 1))
    sweeper = Sweeper(work, [guard])
    while await sweeper.turn():
        pass
    mark = await work.db[WATERMARKS].find_one({"source": "a"})
    assert mark is not None
    assert (mark["sequence"], mark["state"]) == (1, "failed")
    rows = await work.db[PARKED].find().sort("_id", 1).to_list(None)
    assert [(row["sequence"], row["reason"]) for row in rows] == [(2, "failed"), (3, "behind")]


async def test_a_reaction_that_is_too_early_waits_and_then_goes_on_in_order(work: Work) -> None:
    known = False

    async def early(event: Counted, tx: Transaction) -> None:
        if not known:
            raise NotYet("no such person yet")
        await note(event, tx)

    guard = guard_of(early)
    jobs = await deliver(work, guard, ("a", 1), ("a", 2))
    assert [job.outcome for job in jobs] == ["not_yet", "held"]
    await deliver(work, guard, ("a", 3))
    assert await state(work, "a") == "waiting"
    known = True
    await work.db[WATERMARKS].update_many({}, {"$set": {"retry_at": datetime.now(UTC)}})
    assert await Sweeper(work, [guard]).turn()
    assert await seen(work, "a") == [1, 2, 3]
    assert await state(work, "a") == "open"


async def test_a_reaction_that_is_too_early_for_too_long_is_parked(work: Work) -> None:
    async def never(event: Counted, tx: Transaction) -> None:
        raise NotYet("still nobody")

    guard = guard_of(never, patience=timedelta(seconds=-1))
    await deliver(work, guard, ("a", 1))
    assert await state(work, "a") == "failed"


async def test_what_cannot_be_read_is_parked_with_the_reason_and_stops_nothing(work: Work) -> None:
    guard = guard_of()
    good = record("a", 1)
    bad = [
        Record("e.events", 0, 10, b"k", b"{not json", good.headers),
        Record("e.events", 0, 11, b"k", good.value, ()),
        Record("e.events", 0, 12, b"k", good.value, (("ce_id", b"\xff"),)),
        Record("e.events", 0, 13, b"k", good.value, ((None, None),)),
        Record("e.events", 0, 14, b"a", None, good.headers),
        Record("e.events", 0, 15, b"k", b"", (("content-type", b"application/cloudevents+json"),)),
    ]
    await feed(work, guard, *bad, good)
    assert await seen(work, "a") == [1]
    rows = await work.db[PARKED].find({"reason": "unreadable"}).to_list(None)
    assert not any("expires_at" in row for row in rows)
    assert len(rows) == len(bad)
    assert all(row["error"] for row in rows)
    assert {row["offset"]: bytes(row["value"] or b"") for row in rows}[10] == b"{not json"


async def test_an_unreadable_record_that_can_be_read_after_a_fix_is_redriven(work: Work) -> None:
    good = record("a", 1)
    future = tuple((k, v.replace(b".v1", b".v2")) for k, v in good.headers if v is not None)
    newer = Record("e.events", 0, 1, b"a", good.value, future)
    jobs = await feed(work, guard_of(), newer)
    assert jobs[0].outcome == "parked"
    assert "newer" in jobs[0].unreadable
    await work.db[PARKED].update_many({}, {"$set": {"headers": [[k, v] for k, v in good.headers]}})
    await ask_redrive(work.db)
    assert await Sweeper(work, [guard_of()]).turn()
    assert await seen(work, "a") == [1]
    assert await work.db[PARKED].count_documents({}) == 0


async def test_an_unknown_type_is_passed_and_counted(work: Work) -> None:
    other = record("a", 1)
    headers = tuple((k, v.replace(b"counted", b"discounted")) for k, v in other.headers if v is not None)
    jobs = await feed(work, guard_of(), Record("e.events", 0, 1, b"a", other.value, headers), record("a", 2))
    assert [job.outcome for job in jobs] == ["unknown", "applied"]
    assert await seen(work, "a") == [2]


async def test_on_a_state_topic_any_higher_one_wins_and_a_null_erases(work: Work) -> None:
    async def keep(state_: CountState, tx: Transaction) -> None:
        doc = await tx.get("kept", state_.source_id)
        version = doc["version"] if doc else 0
        tx.put("kept", {"_id": state_.source_id, "version": version, "n": state_.n})

    async def forget(erased: Erased, tx: Transaction) -> None:
        doc = await tx.get("kept", erased.subject)
        if doc is not None:
            tx.delete("kept", erased.subject, version=doc["version"])

    guard = Guard.of(Subscription("e.state", {CountState: (keep,)}, {CountState: (forget,)}))
    states = [record("a", n, kind=CountState, topic="e.state") for n in (3, 7, 5)]
    await feed(work, guard, *states)
    doc = await work.db["kept"].find_one({"_id": "a"})
    assert doc is not None
    assert doc["n"] == 7
    await feed(work, guard, record("a", 6, kind=CountState, topic="e.state"))
    last = record("a", 9, kind=CountState, topic="e.state")
    await feed(work, guard, Record("e.state", 0, 9, b"a", None, last.headers))
    assert await work.db["kept"].count_documents({}) == 0


async def test_gaps_that_never_close_keep_nobody_waiting(work: Work) -> None:
    early = True

    async def too_early(event: Counted, tx: Transaction) -> None:
        if event.source_id == "waiting" and early:
            raise NotYet("early")
        await note(event, tx)

    guard = guard_of(too_early)
    await deliver(work, guard, *[(f"gap{n:03d}", 2) for n in range(SOURCES_A_TURN + 20)], ("waiting", 1))
    early = False
    await work.db[WATERMARKS].update_many({"state": "waiting"}, {"$set": {"retry_at": AT}})
    await Sweeper(work, [guard]).turn()
    assert await seen(work, "waiting") == [1]


async def test_a_gap_whose_next_event_is_parked_is_found_among_many(work: Work) -> None:
    guard, sweeper = guard_of(), Sweeper(work, [guard_of()])
    await deliver(work, guard, *[(f"gap{n:03d}", 2) for n in range(3 * GAPS_A_TURN)])
    await deliver(work, guard, ("zzz", 1), ("zzz", 3))
    missing = guard.reader.read(record("zzz", 2))
    row = {**to_row(missing.record), "source": "zzz", "epoch": 0, "sequence": 2, "reason": "gap"}
    await work.db[PARKED].insert_one({"_id": guard.row_id("zzz", (0, 2)), **row})
    for _ in range(5):
        await sweeper.turn()
    assert await seen(work, "zzz") == [1, 2, 3]
