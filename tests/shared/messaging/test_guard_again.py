"""What comes a second time to a source that is put aside, and a gap that closes on a failure."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.messaging.envelope import Record
from shared.messaging.guard import WATERMARKS, Guard
from shared.messaging.incoming import Subscription, to_row
from shared.messaging.parked import PARKED
from shared.messaging.sweeper import Sweeper, ask_redrive
from shared.work import NotYet, Transaction, Work
from tests.shared.messaging.test_guard import Counted, deliver, guard_of, note, record, seen, state, work

__all__ = ["work"]


class Moody:
    """A reaction that fails, or is too early, for some events at the moment."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.for_: set[int] = set()
        self.tried = 0

    async def react(self, event: Counted, tx: Transaction) -> None:
        self.tried += 1
        if self.error is not None and event.n in self.for_:
            raise self.error
        await note(event, tx)


async def rows_of(work: Work) -> list[tuple[int, str]]:
    rows = await work.db[PARKED].find().sort("_id", 1).to_list(None)
    return [(row["sequence"], row["reason"]) for row in rows]


@pytest.mark.parametrize(("error", "reason"), [(ValueError("bad"), "failed"), (NotYet("early"), "waiting")])
async def test_what_is_put_aside_and_delivered_again_is_not_tried_and_keeps_its_reason(
    work: Work, error: Exception, reason: str
) -> None:
    """As after a crash between the transaction and the commit of its offsets."""
    moody = Moody()
    moody.error, moody.for_ = error, {2}
    guard = guard_of(moody.react)
    await deliver(work, guard, ("a", 1), ("a", 2), ("a", 3))
    before, tried = await work.db[PARKED].find().sort("_id", 1).to_list(None), moody.tried
    assert await rows_of(work) == [(2, reason), (3, "behind")]
    moody.error = None
    jobs = await deliver(work, guard, ("a", 1), ("a", 2), ("a", 3))
    assert [job.outcome for job in jobs] == ["duplicate", "held", "held"]
    assert (moody.tried, await state(work, "a")) == (tried, reason)
    assert await work.db[PARKED].find().sort("_id", 1).to_list(None) == before
    await ask_redrive(work.db)
    await work.db[WATERMARKS].update_many({}, {"$set": {"retry_at": datetime.now(UTC)}})
    await Sweeper(work, [guard]).turn()
    assert (await seen(work, "a"), await rows_of(work)) == ([1, 2, 3], [])


async def test_a_gap_that_closes_on_a_failure_keeps_what_went_before_and_finds_the_rest(work: Work) -> None:
    """The first try of a batch leaves what fails; what was parked behind the gap comes from no consumer."""
    moody = Moody()
    moody.error, moody.for_ = ValueError("bad"), {4}
    guard = guard_of(moody.react)
    await deliver(work, guard, ("a", 2), ("a", 3), ("a", 4), ("a", 5))
    await work.execute([guard.reader.read(record("a", 1))], guard.plan)
    assert (await seen(work, "a"), await state(work, "a")) == ([1, 2, 3], "gap")
    assert await rows_of(work) == [(4, "gap"), (5, "gap")]
    moody.error = None
    assert await Sweeper(work, [guard]).turn()
    assert (await seen(work, "a"), await rows_of(work)) == ([1, 2, 3, 4, 5], [])
    assert await state(work, "a") == "open"


async def test_what_waits_is_tried_ever_more_seldom_and_not_before_its_time(work: Work) -> None:
    moody = Moody()
    moody.error, moody.for_ = NotYet("early"), {1}
    guard = Guard.of(guard_of(moody.react).subscription, patience=timedelta(hours=1))
    sweeper, pauses = Sweeper(work, [guard]), list[float]()
    await deliver(work, guard, ("a", 1))
    first = await mark_of(work)
    for _ in range(3):
        tried = moody.tried
        await work.db[WATERMARKS].update_many(
            {}, {"$set": {"retry_at": datetime.now(UTC) + timedelta(minutes=1)}}
        )
        assert not await sweeper.turn()
        assert moody.tried == tried
        await work.db[WATERMARKS].update_many({}, {"$set": {"retry_at": datetime.now(UTC)}})
        before = datetime.now(UTC)
        await sweeper.turn()
        assert moody.tried == tried + 1
        pauses.append(((await mark_of(work))["retry_at"] - before).total_seconds())
    last = await mark_of(work)
    assert (last["since"], last["tries"]) == (first["since"], 4)
    assert pauses[0] >= 0.099
    assert pauses[1] >= 0.249
    assert pauses[2] >= 0.499
    await work.db[WATERMARKS].update_many({}, {"$set": {"since": last["since"] - timedelta(hours=2)}})
    await work.db[WATERMARKS].update_many({}, {"$set": {"retry_at": datetime.now(UTC)}})
    await sweeper.turn()
    assert (await state(work, "a"), await rows_of(work)) == ("failed", [(1, "failed")])
    await ask_redrive(work.db)
    assert (await mark_of(work))["tries"] == 0
    moody.error = None
    await sweeper.turn()
    opened = await mark_of(work)
    assert opened.keys().isdisjoint({"since", "error", "tries", "retry_at"})


async def test_what_is_too_early_waits_whether_or_not_it_may_be_tried_again(work: Work) -> None:
    """The consumer tries again what fails, not what waits: that must be put aside by its first try."""
    moody = Moody()
    moody.error, moody.for_ = NotYet("early"), {2}
    guard = guard_of(moody.react)
    jobs = [guard.reader.read(record("a", n)) for n in (1, 2, 3)]
    await work.execute(jobs, guard.plan)
    assert [job.outcome for job in jobs] == ["applied", "not_yet", "held"]
    assert await state(work, "a") == "waiting"
    assert await rows_of(work) == [(2, "waiting"), (3, "behind")]


async def test_a_source_of_two_topics_stands_in_each_by_itself(work: Work) -> None:
    """What is parked of it on one topic is no gap on the other."""
    early = Guard.of(guard_of().subscription)
    late = Guard.of(Subscription("z.events", {Counted: (note,)}))
    await work.execute([late.reader.read(record("a", 5, topic="z.events"))], late.plan_final)
    await deliver(work, early, ("a", 2))
    await deliver(work, early, ("a", 1))
    marks = {mark["topic"]: mark["state"] async for mark in work.db[WATERMARKS].find()}
    assert marks == {"e.events": "open", "z.events": "gap"}


async def test_a_higher_epoch_that_is_parked_is_ripe_however_high_its_number(work: Work) -> None:
    guard = guard_of()
    await deliver(work, guard, ("a", 1), ("a", 3))
    newer = guard.reader.read(record("a", 7, epoch=1))
    row = {**to_row(newer.record), "source": "a", "epoch": 1, "sequence": 7, "reason": "gap"}
    await work.db[PARKED].delete_many({})
    await work.db[PARKED].insert_one({"_id": guard.row_id("a", (1, 7)), **row})
    assert await Sweeper(work, [guard]).turn()
    assert (await seen(work, "a"), await rows_of(work)) == ([1, 7], [])


async def test_what_could_not_be_read_is_read_again_where_it_was_asked_for_and_nowhere_else(
    work: Work,
) -> None:
    guard = guard_of()
    bad = [Record("e.events", 0, n, b"k", b"{", record("a", n).headers) for n in (1, 2)]
    for each in bad:
        await work.execute([guard.reader.read(each)], guard.plan_final)
    for n in (1, 2):
        mended = {"$set": {"value": record("a", n).value}}
        await work.db[PARKED].update_one({"offset": n}, mended)
    assert not await Sweeper(work, [guard]).turn()
    assert await seen(work, "a") == []
    assert await ask_redrive(work.db, source=bad[0].place) == 1
    await Sweeper(work, [guard]).turn()
    assert await seen(work, "a") == [1]
    assert [row["offset"] async for row in work.db[PARKED].find()] == [2]


async def mark_of(work: Work) -> dict[str, Any]:
    mark = await work.db[WATERMARKS].find_one({"source": "a"})
    assert mark is not None
    return mark
