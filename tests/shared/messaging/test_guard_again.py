"""What comes a second time to a source that is put aside, and a gap that closes on a failure."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.messaging.guard import PARKED, WATERMARKS, Guard
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


async def mark_of(work: Work) -> dict[str, Any]:
    mark = await work.db[WATERMARKS].find_one({"source": "a"})
    assert mark is not None
    return mark
