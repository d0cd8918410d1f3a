"""A row that no broker takes: what comes after it goes on, for every subscriber, and nothing is missing."""

from datetime import timedelta

import pytest
from bson import ObjectId

from shared.messaging import kafka
from shared.messaging.consumer import to_record
from shared.messaging.guard import WATERMARKS, Guard
from shared.messaging.incoming import Subscription
from shared.messaging.relay import OUTBOX, Relay
from shared.messaging.withheld import NotWithheldError, waiting_rows, withhold
from shared.settings import Settings
from shared.work import Transaction, Work
from tests.shared.messaging.test_relay import Ticked, received, sequence, settings, tick, topic, work
from tests.shared.messaging.test_relay_blocked import TOO_LARGE, too_large, tried_again

__all__ = ["settings", "topic", "work"]


async def test_what_comes_after_what_is_withheld_is_sent_and_applied(
    work: Work, settings: Settings, topic: str
) -> None:
    first = await too_large(work, topic)
    relay = Relay(work.db, lambda: kafka.producer(settings))
    await relay.turn()
    [listed, *_] = await waiting_rows(work.db, longer_than=timedelta(0), limit=9)
    assert (listed["_id"], listed["size"], listed["type"]) == (first["_id"], TOO_LARGE, Ticked.wire_type)
    was = await withhold(work.db, listed["_id"])
    assert was is not None
    assert was["type"] == Ticked.wire_type
    await tried_again(relay, work)
    await relay.close()
    records = await received(settings, topic, 3)
    assert [sequence(each) for each in records] == [1, 2, 3]
    assert b"xx" not in records[0].value
    assert Ticked.wire_type.encode() in records[0].value
    kept = await work.db[OUTBOX].find_one({"_id": first["_id"]})
    assert kept is not None
    assert len(kept["withheld"]["value"]) == TOO_LARGE
    seen: list[int] = []

    async def note(event: Ticked, tx: Transaction) -> None:
        del tx
        seen.append(event.n)

    guard = Guard.of(Subscription(topic, {Ticked: (note,)}))
    jobs = [guard.reader.read(to_record(each)) for each in records]
    await work.execute(jobs, guard.plan_final)
    assert ([job.outcome for job in jobs], len(seen)) == (["unknown", "applied", "applied"], 2)
    mark = await work.db[WATERMARKS].find_one({"source": "huge"})
    assert mark is not None
    assert (mark["sequence"], mark["state"]) == (3, "open")


async def test_what_was_sent_or_is_a_state_or_is_withheld_already_is_left_alone(work: Work) -> None:
    await work.run(tick, "c", key="c")
    row = await work.db[OUTBOX].find_one({})
    assert row is not None
    assert await withhold(work.db, ObjectId()) is None
    await work.db[OUTBOX].update_one({}, {"$set": {"topic": "cairn.clocks.state"}})
    with pytest.raises(NotWithheldError, match="a state"):
        await withhold(work.db, row["_id"])
    await work.db[OUTBOX].update_one({}, {"$set": {"topic": row["topic"]}})
    assert await withhold(work.db, row["_id"]) == row
    with pytest.raises(NotWithheldError, match="already"):
        await withhold(work.db, row["_id"])
    await work.db[OUTBOX].update_one({}, {"$set": {"sent": True}})
    assert await withhold(work.db, row["_id"]) is None
    assert await waiting_rows(work.db, longer_than=timedelta(0), limit=9) == []


async def test_only_what_waits_for_long_is_listed(work: Work) -> None:
    await work.run(tick, "c", key="c")
    for longer in (timedelta(hours=1), timedelta(days=1)):
        assert await waiting_rows(work.db, longer_than=longer, limit=9) == []
