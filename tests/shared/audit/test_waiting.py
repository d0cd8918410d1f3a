"""What nothing vouches for yet is measured, and so is when the newest anchor was written."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shared.audit.rows import ANCHORED, AUDIT
from shared.audit.waiting import waiting
from shared.metrics import Metrics
from shared.observation import Observer
from shared.work import Work
from tests.shared.audit.chaining import row, sealer

NEVER = 3600.0


async def at_of(work: Work, **wanted: Any) -> datetime:
    found = await work.db[AUDIT].find_one(wanted, sort=[("_id", 1)])
    assert found is not None
    return found["at"]


async def test_rows_wait_first_for_a_seal_and_then_for_an_anchor(work: Work, tmp_path: Path) -> None:
    assert await waiting(work.db) == (0, 0, None, None)
    await work.db[AUDIT].insert_many([row(n) for n in range(3)])
    assert await waiting(work.db) == (3, 0, await at_of(work), None)
    never = sealer(work, seconds=NEVER)
    await never.turn()
    assert await waiting(work.db) == (0, 3, await at_of(work, number=1), None)
    file = tmp_path / "anchors.jsonl"
    before = datetime.now(UTC) - timedelta(seconds=1)
    await sealer(work, file).turn()
    found = await waiting(work.db)
    assert found[:3] == (0, 0, None)
    assert found.anchored_at is not None
    assert before <= found.anchored_at <= datetime.now(UTC)
    await work.db[AUDIT].insert_many([row(n) for n in range(3, 5)])
    await never.turn()
    await work.db[AUDIT].insert_one(row(5))
    assert await waiting(work.db) == (1, 2, await at_of(work, number=4), found.anchored_at)


async def test_an_anchor_that_could_not_be_written_is_none(work: Work, tmp_path: Path) -> None:
    await work.db[AUDIT].insert_one(row(1))
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        await sealer(work, tmp_path / "file" / "anchors.jsonl").turn()
    assert (await waiting(work.db)).unanchored == 1
    assert await work.db[ANCHORED].count_documents({}) == 0


async def test_it_is_told_to_metrics(work: Work) -> None:
    metrics = Metrics("feedback")
    runtime: Any = SimpleNamespace(
        db=work.db, metrics=metrics, settings=SimpleNamespace(audit_anchor_seconds=600.0)
    )
    observer = Observer(runtime)
    old = row(1) | {"at": datetime.now(UTC) - timedelta(hours=2)}
    await work.db[AUDIT].insert_many([old, row(2)])
    await sealer(work, seconds=NEVER).turn()
    await work.db[AUDIT].insert_one(row(3))
    await observer._audit()
    assert told(metrics, "unsealed_rows") == 1
    assert told(metrics, "unanchored_rows") == 2
    assert told(metrics, "oldest_unanchored_seconds") == pytest.approx(7200, abs=60)
    assert told(metrics, "newest_anchor_timestamp_seconds") == 0
    assert told(metrics, "anchor_interval_seconds") == 600
    await sealer(work).turn()
    await observer._audit()
    assert told(metrics, "unanchored_rows") == told(metrics, "oldest_unanchored_seconds") == 0
    now = datetime.now(UTC).timestamp()
    assert told(metrics, "newest_anchor_timestamp_seconds") == pytest.approx(now, abs=60)


def told(metrics: Metrics, what: str) -> float | None:
    return metrics.registry.get_sample_value(f"cairn_audit_{what}")
