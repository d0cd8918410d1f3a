"""A gap that a new epoch closes: what is missing never comes, what did happen behind it is applied."""

import pytest

from shared.messaging.envelope import Record
from shared.messaging.guard import WATERMARKS
from shared.messaging.incoming import to_row
from shared.messaging.parked import PARKED
from shared.messaging.sweeper import Sweeper
from shared.work import Work
from tests.shared.messaging.test_guard import deliver, feed, guard_of, record, seen, state, work

__all__ = ["work"]

TOGETHER_OR_NOT = pytest.mark.parametrize("together", [True, False])


async def come(work: Work, *records: Record, together: bool) -> None:
    """In one batch, or each in one of its own."""
    guard = guard_of()
    for batch in [records] if together else [[each] for each in records]:
        await feed(work, guard, *batch)


async def left(work: Work) -> int:
    return await work.db[PARKED].count_documents({})


@TOGETHER_OR_NOT
async def test_what_was_held_behind_a_gap_is_applied_before_the_new_epoch(
    work: Work, *, together: bool
) -> None:
    await deliver(work, guard_of(), ("a", 1))
    await come(work, record("a", 3), record("a", 4), record("a", 5, epoch=1), together=together)
    assert (await seen(work, "a"), await state(work, "a"), await left(work)) == ([1, 3, 4, 5], "open", 0)


@TOGETHER_OR_NOT
async def test_what_the_new_epoch_counts_again_did_not_happen(work: Work, *, together: bool) -> None:
    """The publisher went back to 3: its 4 and 5 of before were never told to who stood at the gap."""
    await deliver(work, guard_of(), ("a", 1))
    before = record("a", 3), record("a", 4), record("a", 5)
    await come(work, *before, record("a", 4, epoch=1), record("a", 5, epoch=1), together=together)
    assert (await seen(work, "a"), await state(work, "a"), await left(work)) == ([1, 3, 4, 5], "open", 0)
    mark = await work.db[WATERMARKS].find_one({"source": "a"})
    assert mark is not None
    assert (mark["epoch"], mark["sequence"]) == (1, 5)


@TOGETHER_OR_NOT
async def test_a_source_whose_first_event_never_came_begins_at_what_is_held(
    work: Work, *, together: bool
) -> None:
    await come(work, record("a", 2), record("a", 3, epoch=1), together=together)
    assert (await seen(work, "a"), await state(work, "a"), await left(work)) == ([2, 3], "open", 0)


async def test_a_gap_within_the_new_epoch_is_still_one(work: Work) -> None:
    guard = guard_of()
    await deliver(work, guard, ("a", 1), ("a", 3))
    await feed(work, guard, record("a", 4, epoch=1), record("a", 6, epoch=1))
    assert (await seen(work, "a"), await state(work, "a"), await left(work)) == ([1, 3, 4], "gap", 1)
    await feed(work, guard, record("a", 5, epoch=1))
    assert (await seen(work, "a"), await state(work, "a"), await left(work)) == ([1, 3, 4, 5, 6], "open", 0)


async def test_a_new_epoch_that_was_parked_behind_a_gap_is_found(work: Work) -> None:
    """As processes of before have left it."""
    guard = guard_of()
    await deliver(work, guard, ("a", 1), ("a", 3))
    newer = guard.reader.read(record("a", 4, epoch=1))
    row = {**to_row(newer.record), "source": "a", "epoch": 1, "sequence": 4, "reason": "gap"}
    await work.db[PARKED].insert_one({"_id": guard.row_id("a", (1, 4)), **row})
    assert await Sweeper(work, [guard]).turn()
    assert (await seen(work, "a"), await state(work, "a"), await left(work)) == ([1, 3, 4], "open", 0)


async def test_more_is_held_than_a_batch_reads_at_once_and_none_of_it_is_lost(work: Work) -> None:
    guard = guard_of()
    many = 2_100
    await feed(work, guard, *[record("a", n) for n in range(2, many)])
    await feed(work, guard, record("a", many, epoch=1))
    assert (await seen(work, "a"), await left(work)) == ([*range(2, many + 1)], 0)
