"""Rows go when they are too old, sealed, anchored and intact; what stays can be verified from there on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.goals.app import SERVICE as GOALS
from shared.audit import removing
from shared.audit.anchors import Anchor, read_anchors
from shared.audit.chain import FIRST, ChainBrokenError, Verdict, seal_of, verify
from shared.audit.removing import Remover
from shared.audit.rows import AUDIT, HEAD
from shared.metrics import Metrics
from shared.runtime import Runtime
from shared.settings import read
from shared.work import Work
from tests.shared.audit.chaining import row, sealer

KEEP = timedelta(days=30)
NEVER = 3600.0


class Kept:
    """An audit whose rows are kept for thirty days, with its anchors' file."""

    def __init__(self, work: Work, file: Path) -> None:
        self.work = work
        self.file = file
        self.db = work.db

    async def seal(self, *days_old: float, anchored: bool = True) -> None:
        """Rows of such ages, sealed, and an anchor behind them."""
        now = datetime.now(UTC)
        rows = [row(n) | {"at": now - timedelta(days=old)} for n, old in enumerate(days_old)]
        await self.db[AUDIT].insert_many(rows)
        await sealer(self.work, self.file, seconds=0 if anchored else NEVER).turn()

    def remover(self, keep: timedelta = KEEP) -> Remover:
        return Remover(self.db, service="feedback", file=self.file, keep=keep)

    async def numbers(self) -> list[Any]:
        return [each.get("number") async for each in self.db[AUDIT].find().sort("_id", 1)]

    def cuts(self) -> list[int]:
        anchors, torn = read_anchors(self.file.read_text().splitlines())
        assert torn == []
        return [each.number for each in anchors if each.removed_before]

    async def verdict(self, *, without: int = 0) -> Verdict:
        """By the file's anchors, but for so many of the last."""
        anchors, _ = read_anchors(self.file.read_text().splitlines())
        return await verify(self.db, service="feedback", anchors=anchors[: len(anchors) - without])


@pytest.fixture
def kept(work: Work, tmp_path: Path) -> Kept:
    return Kept(work, tmp_path / "anchors.jsonl")


async def test_what_is_too_old_goes_and_what_stays_is_verified_from_there_on(kept: Kept) -> None:
    await kept.seal(90, 60)
    await kept.seal(40, 20)
    await kept.seal(10)
    assert await kept.remover().turn() is False
    assert await kept.numbers() == [3, 4, 5], "only up to an anchor, though the third is old as well"
    assert kept.cuts() == [2]
    verdict = await kept.verdict()
    assert (verdict.intact, verdict.wrong, verdict.unanchored, verdict.removed) == (3, "", 0, 2)
    assert "row 1 is gone" in (await kept.verdict(without=1)).wrong, "the file has to say that rows went"


async def test_what_is_not_anchored_or_not_sealed_stays_however_old_it_is(kept: Kept) -> None:
    await kept.seal(90, anchored=False)
    await kept.db[AUDIT].insert_one(row(9) | {"at": datetime.now(UTC) - timedelta(days=90)})
    assert await kept.remover().turn() is False
    assert await kept.numbers() == [1, None]
    assert not kept.file.exists()


async def test_anchors_of_others_are_none(kept: Kept) -> None:
    await kept.seal(90, anchored=False)
    found = await kept.db[AUDIT].find_one({"number": 1})
    assert found is not None
    kept.file.write_text(Anchor("goals", 1, found["seal"], "2026-01-01T00:00:00+00:00").line + "\n")
    await kept.remover().turn()
    assert await kept.numbers() == [1]


@pytest.mark.parametrize("tampered", [1, 2, 3])
async def test_a_chain_that_is_broken_is_evidence_and_stays(kept: Kept, tampered: int) -> None:
    await kept.seal(90, 80)
    await kept.seal(70)
    await kept.db[AUDIT].update_one({"number": tampered}, {"$set": {"by": "ben"}})
    with pytest.raises(ChainBrokenError, match=f"row {tampered} is not what was sealed"):
        await kept.remover().turn()
    assert await kept.numbers() == [1, 2, 3]
    assert kept.cuts() == []


async def test_a_chain_that_was_made_anew_stays_too(kept: Kept) -> None:
    await kept.seal(90, 80)
    seal = FIRST
    async for each in kept.db[AUDIT].find().sort("number", 1):
        forged = {**each, "by": "ben"}
        seal = seal_of(seal, forged)
        await kept.db[AUDIT].replace_one({"_id": each["_id"]}, {**forged, "seal": seal})
    await kept.db[HEAD].update_one({}, {"$set": {"seal": seal}})
    with pytest.raises(ChainBrokenError, match="row 2 is not the one anchored"):
        await kept.remover().turn()
    assert await kept.numbers() == [1, 2]


async def test_what_a_killed_remover_had_cut_is_removed_by_the_next_page_by_page(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kept.seal(90, 80, 70, 60, 50)
    await kept.seal(1)

    async def killed(self: Remover, cut: Anchor) -> bool:
        raise ConnectionError

    with monkeypatch.context() as dying:
        dying.setattr(Remover, "_remove", killed)
        with pytest.raises(ConnectionError):
            await kept.remover().turn()
    assert kept.cuts() == [5]
    assert (await kept.verdict()).wrong == "", "what is cut and still there is no fault"
    monkeypatch.setattr(removing, "PAGE", 2)
    remover = kept.remover()
    assert [await remover.turn() for _ in range(3)] == [True, True, False]
    assert await kept.numbers() == [6]
    assert kept.cuts() == [5]
    assert (await kept.verdict())[:2] == (1, "")


async def test_the_chain_is_cut_once_a_day_and_goes_on_from_the_cut_before(kept: Kept) -> None:
    await kept.seal(90)
    await kept.remover().turn()
    await kept.seal(80)
    await kept.remover(KEEP - timedelta(hours=23)).turn()
    assert kept.cuts() == [1]
    await kept.remover(KEEP - timedelta(hours=25)).turn()
    assert (kept.cuts(), await kept.numbers()) == ([1, 2], [])
    verdict = await kept.verdict()
    assert (verdict.intact, verdict.wrong, verdict.removed) == (0, "", 2)
    await kept.seal(0)
    verdict = await kept.verdict()
    assert (verdict.intact, verdict.wrong, verdict.removed) == (1, "", 2)


async def test_rows_that_a_restored_database_numbers_anew_stay_and_are_found(kept: Kept) -> None:
    await kept.seal(90, 80)
    before = await kept.db[AUDIT].find_one({"number": 1})
    assert before is not None
    await kept.remover().turn()
    await kept.db[AUDIT].insert_one(before)
    await kept.db[HEAD].update_one({}, {"$set": {"number": 1, "seal": before["seal"]}})
    await kept.seal(0, anchored=False)
    await kept.remover().turn()
    assert await kept.numbers() == [2]
    assert (await kept.verdict()).wrong


async def test_a_row_of_no_time_among_those_that_were_removed_is_found(kept: Kept) -> None:
    await kept.seal(90)
    await kept.seal(20)
    await kept.remover().turn()
    forged = row(9) | {"sealed": True, "number": 1, "seal": FIRST, "at": "2026-01-01T00:00:00.000+00:00"}
    await kept.db[AUDIT].insert_one(forged)
    assert (await kept.verdict()).wrong.startswith("row 1 is younger than what was removed")


async def test_nobody_but_the_file_can_say_that_rows_went(kept: Kept) -> None:
    await kept.seal(90)
    await kept.seal(20, 20)
    await kept.remover().turn()
    assert (await kept.verdict()).wrong == ""
    await kept.db[AUDIT].delete_one({"number": 2})
    assert (await kept.verdict()).wrong.startswith("row 2 is gone: the next one is 3")


async def test_a_cut_is_read_as_it_was_written_and_without_a_time_is_none() -> None:
    cut = Anchor("goals", 7, "5ea1", "2026-11-27T09:00:00+00:00", "2026-10-28T09:00:00+00:00")
    plain = cut._replace(removed_before="")
    assert (Anchor.read(cut.line), Anchor.read(plain.line)) == (cut, plain)
    assert "removed_before" not in plain.line
    wrong = [cut._replace(removed_before=before).line for before in ("yesterday", "2026-10-28T09:00:00")]
    assert read_anchors(wrong) == ([], [1, 2])


@pytest.mark.parametrize("days", [None, 365])
def test_a_service_removes_rows_only_where_it_is_said_how_long_they_are_kept(
    kept: Kept, engines: Any, days: int | None
) -> None:
    settings = read(
        "goals",
        mongo_url=engines.mongo,
        kafka_bootstrap=engines.kafka,
        oidc_issuer="https://id.example.com",
        audit_anchor_file=kept.file,
        audit_keep_days=days,
    )
    runtime = Runtime(GOALS, settings, Metrics("goals"))
    assert [worker.name for worker in runtime._removing()] == (["audit-remover"] if days else [])
    runtime.client.close()


async def test_a_cut_that_says_otherwise_than_the_anchor_before_it_is_found(kept: Kept) -> None:
    await kept.seal(90)
    await kept.remover().turn()
    anchor, cut = read_anchors(kept.file.read_text().splitlines())[0]
    forged = cut._replace(seal=FIRST)
    verdict = await verify(kept.db, service="feedback", anchors=[anchor, forged])
    assert verdict.wrong.startswith("row 1 is not the one")
