"""After a restore the audit is verified as ever: what was lost is told, and hides nothing."""

import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared import mongo
from shared.audit.anchors import Anchor, read_anchors
from shared.audit.chain import Verdict, verify
from shared.audit.removing import Remover
from shared.audit.restoring import tell_restored
from shared.audit.rows import AUDIT, HEAD
from shared.work import Work
from tests.shared.audit.chaining import row, sealer
from tests.shared.audit.tampering import KINDS, ROWS, TAMPERINGS, chain_anew, truncate

KEPT = 12
"""Rows that the backup holds; then there were some more than `ROWS`."""
DAY = timedelta(days=1)


class House:
    """An audit with its anchors' file, and its backups."""

    def __init__(self, work: Work, file: Path) -> None:
        self.work = work
        self.db = work.db
        self.file = file
        self.lost: list[Any] = []

    async def grow(self, to: int, *, days_old: float = 0) -> None:
        """Up to this number, and an anchor there."""
        head = await self.db[HEAD].find_one({})
        at = datetime.now(UTC) - days_old * DAY
        more = [row(n) | {"at": at} for n in range(to - (head["number"] if head else 0))]
        await self.db[AUDIT].insert_many(more)
        await sealer(self.work, self.file).turn()

    async def backup(self) -> tuple[list[Any], Any]:
        return await self.db[AUDIT].find().to_list(None), await self.db[HEAD].find_one({})

    async def put_back(self, backup: tuple[list[Any], Any]) -> None:
        await self.db[AUDIT].delete_many({})
        await self.db[AUDIT].insert_many(backup[0])
        await self.db[HEAD].replace_one({}, backup[1])

    async def tell(self, epoch: int = 2, *, backup_at: datetime | None = None) -> Anchor:
        at = backup_at or datetime.now(UTC)
        return await tell_restored(self.db, service="feedback", file=self.file, backup_at=at, epoch=epoch)

    async def restored(self) -> None:
        """A backup of `KEPT` rows was put back, and the chain goes on to `ROWS`."""
        await self.grow(KEPT // 2)
        await self.grow(KEPT)
        backup = await self.backup()
        await self.grow(ROWS)
        await self.grow(ROWS + 5)
        self.lost = await self.db[AUDIT].find({"number": {"$gt": KEPT}}).to_list(None)
        await self.put_back(backup)
        await self.tell()
        await self.grow(ROWS)

    def anchors(self) -> Sequence[Anchor]:
        anchors, torn = read_anchors(self.file.read_text().splitlines())
        assert torn == []
        return anchors

    async def verdict(self, anchors: Sequence[Anchor] | None = None) -> Verdict:
        said = self.anchors() if anchors is None else anchors
        return await verify(self.db, service="feedback", anchors=said)

    def remover(self) -> Remover:
        return Remover(self.db, service="feedback", file=self.file, keep=30 * DAY)


@pytest.fixture
def house(work: Work, tmp_path: Path) -> House:
    return House(work, tmp_path / "anchors.jsonl")


async def test_what_a_restore_lost_is_told_and_the_rest_is_intact(house: House) -> None:
    await house.restored()
    verdict = await house.verdict()
    assert (verdict.intact, verdict.wrong, verdict.unanchored) == (ROWS, "", 0)
    [loss] = verdict.lost
    assert (loss.first, loss.last, loss.restored.epoch) == (KEPT + 1, ROWS + 5, 2)
    unsaid = [each for each in house.anchors() if not each.restored_to]
    assert f"row {ROWS} is not the one anchored at" in (await house.verdict(unsaid)).wrong


async def test_lines_say_the_same_in_whatever_order_files_are_put_together(house: House) -> None:
    await house.restored()
    told = [  # as if a second had gone by between them, and not less
        each._replace(at=(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=n)).isoformat())
        for n, each in enumerate(house.anchors())
    ]
    told = [each._replace(restored_to=told[1].at) if each.restored_to else each for each in told]
    as_written = await house.verdict(told)
    random.Random(4711).shuffle(told)
    assert await house.verdict(told) == as_written
    assert (as_written.wrong, len(as_written.lost)) == ("", 1)


async def put_lost_rows_back(db: mongo.Database, house: House) -> None:
    """They are chained well, and anchors vouched for them once."""
    await db[AUDIT].delete_many({"number": {"$gt": KEPT}})
    rows = [each for each in house.lost if each["number"] <= ROWS]
    await db[AUDIT].insert_many(rows)
    await db[HEAD].update_one({}, {"$set": {"number": ROWS, "seal": rows[-1]["seal"]}})


async def test_tamperings_after_a_restore_are_found(house: House) -> None:
    await house.restored()
    whole, dice, missed = await house.backup(), random.Random(4711), list[str]()
    for number in range(TAMPERINGS // 4):
        tamper: Callable[[mongo.Database, random.Random], Awaitable[None]] = KINDS[number % len(KINDS)]
        await tamper(house.db, dice)
        if not (await house.verdict()).wrong:
            missed.append(f"{number}: {tamper.__name__}")
        await house.put_back(whole)
    assert missed == []
    await put_lost_rows_back(house.db, house)
    assert f"row {ROWS} is not the one anchored" in (await house.verdict()).wrong


@pytest.mark.parametrize("tamper", [chain_anew, truncate])
async def test_what_was_done_to_a_backup_does_not_hide_behind_its_restore(house: House, tamper: Any) -> None:
    """Who tampers before the line is written has it say what they like of what is younger than the backup."""
    await house.grow(ROWS)
    backup = await house.backup()
    dice = random.Random(4711)
    for _ in range(20):
        await house.put_back(backup)
        await tamper(house.db, dice)
        await house.tell(backup_at=datetime.now(UTC) + DAY)  # every anchor here is from before it
        verdict = await house.verdict()
        assert verdict.wrong
        assert not verdict.lost
        lines = house.file.read_text().splitlines()
        house.file.write_text("\n".join(lines[:1]) + "\n")


async def test_a_restore_to_before_another_loses_that_one_too(house: House) -> None:
    await house.grow(2)
    older = await house.backup()
    await house.grow(5)
    newer = await house.backup()
    await house.grow(9)
    await house.put_back(newer)
    await house.tell(2)
    await house.grow(7)
    await house.put_back(older)
    await house.tell(4)
    await house.grow(3)
    verdict = await house.verdict()
    assert (verdict.intact, verdict.wrong) == (3, "")
    assert [(each.first, each.last, each.restored.epoch) for each in verdict.lost] == [(6, 9, 2), (3, 7, 4)]


async def test_a_database_that_was_lost_whole_begins_anew_and_that_is_told(house: House) -> None:
    await house.grow(5)
    for name in (AUDIT, HEAD):
        await house.db[name].delete_many({})
    assert (await house.tell()).number == 0
    await house.grow(2)
    verdict = await house.verdict()
    assert (verdict.intact, verdict.wrong, verdict.lost[0].first) == (2, "", 1)


async def test_rows_that_are_too_old_go_on_going_after_a_restore(house: House) -> None:
    """Also where the backup is older than what was removed: its rows come back, and go again."""
    await house.grow(2, days_old=90)
    backup = await house.backup()
    await house.grow(4, days_old=80)
    await house.grow(5)
    await house.remover().turn()
    assert [each.number for each in house.anchors() if each.removed_before] == [4]
    await house.put_back(backup)
    await house.tell()
    await house.grow(5)
    assert (await house.verdict()).wrong == ""
    await house.remover().turn()
    assert sorted([each["number"] async for each in house.db[AUDIT].find()]) == [3, 4, 5]
    verdict = await house.verdict()
    assert (verdict.intact, verdict.wrong, verdict.removed, verdict.lost[0].last) == (3, "", 2, 5)


async def test_a_line_of_a_restore_is_read_as_it_was_written_and_without_a_time_is_none(house: House) -> None:
    said = await house.tell(7)
    assert house.anchors() == [said]
    assert (said.number, said.epoch) == (0, 7)
    wrong = [said._replace(restored_to=text).line for text in ("yesterday", "2026-10-28T09:00:00")]
    assert read_anchors(wrong) == ([], [1, 2])
