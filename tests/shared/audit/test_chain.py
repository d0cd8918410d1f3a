"""Rows of the audit are chained once, and whatever is done to them afterwards is found."""

import asyncio
import random
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from shared import mongo
from shared.audit import chain
from shared.audit.anchors import Anchor, read_anchors
from shared.audit.chain import FIRST, seal_of, verify
from shared.audit.reads import ReadLog, noted
from shared.audit.rows import AUDIT, HEAD
from shared.audit.sealing import PAGE
from shared.work import Work
from tests.shared.audit.chaining import row, sealer
from tests.shared.audit.tampering import KINDS, ROWS, TAMPERINGS

MONDAY, TUESDAY = "2026-01-05T09:00:00+00:00", "2026-01-06T09:00:00+00:00"


async def test_rows_are_sealed_once_in_the_order_in_which_they_are_seen(work: Work) -> None:
    late, *rows = [row(n) for n in range(5)]
    await work.db[AUDIT].insert_many(rows)
    assert await sealer(work).turn() is False
    await work.db[AUDIT].insert_one(late)
    await sealer(work).turn()
    await sealer(work).turn()
    found = await work.db[AUDIT].find().sort("number", 1).to_list(None)
    assert [each["_id"] for each in found] == [each["_id"] for each in (*rows, late)]
    assert [each["number"] for each in found] == [1, 2, 3, 4, 5]
    assert found[0]["seal"] == seal_of(FIRST, found[0])
    assert await verify(work.db, service="feedback") == (5, "", 5, found[0]["at"], 0, 0, [])


async def test_two_sealers_at_once_make_one_chain_without_a_gap(work: Work, engines: Any, name: str) -> None:
    async with mongo.connect(engines.mongo) as client:
        other = Work(client, name)
        await work.db[AUDIT].insert_many([row(n) for n in range(PAGE * 2 + 7)])
        for _ in range(3):
            await asyncio.gather(sealer(work).turn(), sealer(other).turn())
        verdict = await verify(work.db, service="feedback")
    assert (verdict.intact, verdict.wrong, verdict.unsealed) == (PAGE * 2 + 7, "", 0)


async def test_an_anchor_is_written_when_it_is_due_and_says_how_far_the_chain_was(
    work: Work, tmp_path: Path
) -> None:
    file = tmp_path / "anchors.jsonl"
    one = sealer(work, file)
    assert await one.turn() is False, "there is nothing to anchor"
    await work.db[AUDIT].insert_many([row(n) for n in range(3)])
    await one.turn()
    await one.turn()
    never = sealer(work, file, seconds=3600)
    await work.db[AUDIT].insert_one(row(4))
    await never.turn()
    [anchor], torn = read_anchors(file.read_text().splitlines())
    assert torn == []
    last = await work.db[AUDIT].find_one({"number": 3})
    assert last is not None
    assert (anchor.service, anchor.number, anchor.seal) == ("feedback", 3, last["seal"])
    verdict = await verify(work.db, service="feedback", anchors=[anchor])
    newest = await work.db[AUDIT].find_one({"number": 4})
    assert newest is not None
    assert (verdict.intact, verdict.unanchored, verdict.since) == (4, 1, newest["at"])


async def test_an_anchor_after_a_torn_one_is_on_a_line_of_its_own(work: Work, tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    file.write_text('{"at": "2026-01-')
    await work.db[AUDIT].insert_one(row(1))
    await sealer(work, file).turn()
    anchors, torn = read_anchors(file.read_text().splitlines())
    assert ([each.number for each in anchors], torn) == ([1], [1])


async def test_a_sealer_that_is_new_anchors_what_others_have_sealed(work: Work, tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    await work.db[AUDIT].insert_one(row(1))
    await sealer(work, seconds=3600).turn()
    await sealer(work, file).turn()
    assert [each.number for each in read_anchors(file.read_text().splitlines())[0]] == [1]


async def test_a_sealer_that_leads_again_anchors_what_was_sealed_meanwhile(
    work: Work, tmp_path: Path
) -> None:
    file = tmp_path / "anchors.jsonl"
    first = sealer(work, file)
    await work.db[AUDIT].insert_one(row(1))
    await first.turn()
    await work.db[AUDIT].insert_one(row(2))
    await sealer(work, seconds=3600).turn()
    await first.turn()
    assert [each.number for each in read_anchors(file.read_text().splitlines())[0]] == [1, 2]


async def test_a_chain_that_grows_while_it_is_walked_is_intact(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    await work.db[AUDIT].insert_many([row(n) for n in range(3)])
    await sealer(work).turn()
    await work.db[AUDIT].insert_many([row(n) for n in range(3, 6)])
    head = chain._head

    async def grown(database: mongo.Database) -> Anchor:
        found = await head(database)
        await sealer(work).turn()
        return found

    with monkeypatch.context() as growing:
        growing.setattr(chain, "_head", grown)
        assert await verify(work.db, service="feedback") == (6, "", 6, ANY, 0, 0, [])
    assert await verify(work.db, service="feedback") == (6, "", 6, ANY, 0, 0, [])


async def test_a_tail_that_was_cut_and_grown_anew_is_found_by_the_anchor_of_the_first(work: Work) -> None:
    await work.db[AUDIT].insert_many([row(n) for n in range(5)])
    await sealer(work).turn()
    rows = await work.db[AUDIT].find().sort("number", 1).to_list(None)
    first = Anchor("feedback", 5, rows[4]["seal"], MONDAY)
    await work.db[AUDIT].delete_many({"number": {"$gt": 3}})
    await work.db[HEAD].update_one({}, {"$set": {"number": 3, "seal": rows[2]["seal"]}})
    await work.db[AUDIT].insert_many([row(n) for n in (7, 8)])
    await sealer(work).turn()
    newest = await work.db[AUDIT].find_one({"number": 5})
    assert newest is not None
    later = Anchor("feedback", 5, newest["seal"], TUESDAY)
    assert (
        f"anchored at {MONDAY}" in (await verify(work.db, service="feedback", anchors=[first, later])).wrong
    )


async def test_a_thousand_tamperings_are_found(work: Work) -> None:
    await work.db[AUDIT].insert_many([row(n) for n in range(ROWS)])
    await sealer(work).turn()
    rows, head = await work.db[AUDIT].find().to_list(None), await work.db[HEAD].find_one({})
    assert head is not None
    anchor = Anchor("feedback", ROWS, head["seal"], "2026-01-01T00:00:00+00:00")
    assert (await verify(work.db, service="feedback", anchors=[anchor])).wrong == ""
    dice, missed = random.Random(4711), list[str]()
    for number in range(TAMPERINGS):
        tamper = KINDS[number % len(KINDS)]
        await tamper(work.db, dice)
        if not (await verify(work.db, service="feedback", anchors=[anchor])).wrong:
            missed.append(f"{number}: {tamper.__name__}")
        await work.db[AUDIT].delete_many({})
        await work.db[AUDIT].insert_many(rows)
        await work.db[HEAD].replace_one({}, head)
    assert missed == []
    assert (await verify(work.db, service="feedback", anchors=[anchor])).wrong == ""


async def test_reads_of_which_some_were_taken_already_are_written_once(work: Work) -> None:
    log, scope = ReadLog(work.db), dict[str, Any]()
    rows = [row(n) for n in range(PAGE + 3)]
    noted(scope).extend(rows)
    log.take(scope)
    log.take(scope)
    await work.db[AUDIT].insert_one(rows[1])  # as if the answer to an earlier try was lost
    await log.flush()
    assert await work.db[AUDIT].count_documents({}) == PAGE + 3
    assert await log.turn() is False
