"""A backup whose collections were read at different moments is told from one that was read at one."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId

from services.goals.app import SERVICE as GOALS
from shared import torn
from shared.audit.anchors import Anchor
from shared.audit.chain import FIRST, verify
from shared.audit.rows import AUDIT, HEAD
from shared.messaging.relay import OUTBOX
from shared.work import Work
from tests.shared.audit.chaining import audit_in, row, sealer

NOW = datetime.now(UTC)


@pytest.fixture
async def work(engines: Any, name: str) -> AsyncIterator[Work]:
    async with audit_in(engines, name) as work:
        yield work


async def signs(work: Work, *, anchors: Path | None = None, backup_at: datetime = NOW) -> str:
    return "; ".join(await torn.signs(work.db, GOALS, anchors, backup_at))


async def says(work: Work, goal_id: str, sequence: int, *, epoch: int = 0, gone: bool = False) -> None:
    """An event and a state in the outbox, or that it is gone."""
    said = {"key": goal_id, "epoch": epoch, "sequence": sequence, "sent": True, "value": b"{}"}
    rows: list[dict[str, Any]] = [{**said, "_id": ObjectId(), "topic": "cairn.goals.state"}]
    if gone:
        rows[0]["value"] = None
    else:
        rows.append({**said, "_id": ObjectId(), "topic": "cairn.goals.events"})
    await work.db[OUTBOX].insert_many(rows)


async def is_at(work: Work, goal_id: str, sequence: int) -> None:
    await work.db["goals"].replace_one({"_id": goal_id}, {"sequence": sequence}, upsert=True)


async def test_what_was_read_at_one_moment_shows_nothing(work: Work) -> None:
    assert await signs(work) == "", "an empty database"
    await work.db[AUDIT].insert_many([row(n) for n in range(3)])
    await sealer(work).turn()
    await work.db[AUDIT].insert_one(row(3))
    await is_at(work, "goal_a", 2)
    for sequence in (1, 2):
        await says(work, "goal_a", sequence)
    await is_at(work, "swept", 7)
    await says(work, "erased", 4)
    await says(work, "erased", 6, gone=True)
    await is_at(work, "put_back_before", 3)
    await says(work, "put_back_before", 9)
    await says(work, "put_back_before", 3, epoch=2)
    await work.db[OUTBOX].insert_one({"topic": "cairn.goals.erasures", "key": "other", "sequence": 3})
    assert await signs(work) == ""


@pytest.mark.parametrize("at", [4, 6, 0])
async def test_an_aggregate_that_is_not_where_the_outbox_is_shows(work: Work, at: int) -> None:
    await says(work, "goal_a", 5)
    if at:
        await is_at(work, "goal_a", at)
    assert "goal_a" in await signs(work)
    await is_at(work, "goal_a", 5)
    assert await signs(work) == ""


async def test_an_aggregate_that_the_outbox_calls_gone_shows_and_only_some_of_many_are_named(
    work: Work,
) -> None:
    for number in range(5):
        await says(work, f"goal_{number}", 5, gone=True)
        await is_at(work, f"goal_{number}", 5)
    found = await signs(work)
    assert found.count("where it is gone") == torn.MOST
    assert found.endswith("2 more like these")


@pytest.mark.parametrize("missing", [AUDIT, HEAD])
@pytest.mark.parametrize("whole", [False, True])
async def test_an_audit_whose_head_is_ahead_or_behind_shows_and_can_be_gone_on_from(
    work: Work, missing: str, whole: bool
) -> None:
    await work.db[AUDIT].insert_many([row(n) for n in range(3)])
    await sealer(work).turn()
    if whole:
        await work.db[missing].delete_many({})
    elif missing == AUDIT:
        await work.db[AUDIT].delete_one({"number": 3})
    else:
        first = await work.db[AUDIT].find_one({"number": 1})
        assert first is not None
        await work.db[HEAD].update_one({}, {"$set": {"number": 1, "seal": first["seal"]}})
    assert "and its head says" in await signs(work)
    await torn.go_on_from_last_row(work.db)
    assert await signs(work) == ""
    await work.db[AUDIT].insert_one(row(9))
    await sealer(work).turn()
    assert (await verify(work.db, service="goals")).wrong == ""


async def test_an_audit_all_of_whose_rows_were_removed_for_their_age_is_whole(
    work: Work, tmp_path: Path
) -> None:
    await work.db[AUDIT].insert_many([row(n) for n in range(3)])
    await sealer(work).turn()
    head = await work.db[HEAD].find_one({})
    assert head is not None
    await work.db[AUDIT].delete_many({})
    file = tmp_path / "anchors.jsonl"
    cut = Anchor("goals", 3, head["seal"], NOW.isoformat(), removed_before=NOW.isoformat())
    file.write_text(cut._replace(service="people").line + "\n")
    assert "has no rows" in await signs(work, anchors=file)
    file.write_text(cut.line + "\n")
    assert await signs(work, anchors=file) == ""


async def test_a_backup_that_is_older_than_is_said_shows_by_an_anchor(work: Work, tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    await work.db[AUDIT].insert_one(row(1))
    await sealer(work).turn()
    file.write_text(Anchor("goals", 9, FIRST, NOW.isoformat()).line + "\n")
    assert await signs(work, anchors=file, backup_at=NOW) == "", "that is what was lost"
    later = await signs(work, anchors=file, backup_at=NOW + timedelta(hours=1))
    assert "row 9 of the audit was anchored" in later
