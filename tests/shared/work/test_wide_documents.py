"""A document of many fields is stored as it was put, though only what differs is sent."""

import asyncio
from typing import Any

import pytest
from pymongo import ReplaceOne, UpdateOne

from shared import mongo
from shared.work import Transaction, Work
from shared.work.engine import ByKey
from shared.work.job import Job
from shared.work.operations import WIDE
from tests.overlap import met_before_commit

REST = {f"field_{number}": number for number in range(WIDE)}
Doc = dict[str, Any]


@pytest.fixture
async def work(engines: Any, name: str) -> Any:
    async with mongo.connect(engines.mongo) as client:
        yield Work(client, name)


async def keep(command: tuple[Doc, bool], tx: Transaction) -> None:
    """Put a document in place of the one with its id; found by a query, so that what waits is sent before."""
    said, finding = command
    if finding:
        found = await tx.find("wide", {"_id": "w"})
        before = found[0] if found else None
    else:
        before = await tx.get("wide", "w")
    tx.put("wide", {**said, "_id": "w", "version": before["version"] if before else 0})


STEPS: list[Doc] = [
    {**REST, "list": [1, {"x": 1}], "gone": 1},
    {**REST, "list": [1, {"x": 2}], "gone": None},
    {**REST, "list": []},
    {**REST, "list": [1, {"x": 2}], "new": {"a": {"b": [True, None, 0.5]}}},
    {**REST, "field_0": "text", "list": [False]},
    {"field_1": 1},
    {**REST, "field_1": None},
]


@pytest.mark.parametrize("finding", [False, True], ids=["read", "found"])
@pytest.mark.parametrize("together", [1, 2, 7])
async def test_what_was_put_is_what_is_stored(work: Work, together: int, *, finding: bool) -> None:
    for start in range(0, len(STEPS), together):
        some = STEPS[start : start + together]
        jobs = [Job("w", keep, (said, finding), work.clock.now()) for said in some]
        await work.execute(jobs, ByKey.plan)
        assert [job.error for job in jobs] == [None] * len(jobs)
        stored = await work.db["wide"].find_one({"_id": "w"})
        assert stored == {**some[-1], "_id": "w", "version": start + len(some), "sequence": 0}


async def test_truth_takes_the_place_of_a_number_that_equals_it(work: Work) -> None:
    for said in ({**REST, "field_1": 1, "list": [0, 1]}, {**REST, "field_1": True, "list": [0, True]}):
        await work.run(keep, (said, False), key="w")
    stored = await work.db["wide"].find_one({"_id": "w"})
    assert stored is not None
    assert (stored["field_1"] is True, stored["list"][1] is True) == (True, True)


async def test_only_what_differs_is_sent(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    await work.run(keep, (STEPS[0], False), key="w")
    sent: list[Any] = []
    write = mongo.InTransaction._write

    def watched(self: mongo.InTransaction, writes: Any) -> None:
        sent.extend(op for each in writes if each.collection == "wide" for op in each.ops)
        write(self, writes)

    monkeypatch.setattr(mongo.InTransaction, "_write", watched)
    await work.run(keep, ({**STEPS[0], "field_3": 4}, False), key="w")
    assert sent == [UpdateOne({"_id": "w", "version": 1}, {"$set": {"field_3": 4, "version": 2}})]
    await work.run(keep, ({"narrow": 1}, False), key="w")
    assert isinstance(sent[-1], ReplaceOne)


async def test_of_two_writers_that_meet_neither_is_lost(engines: Any, name: str) -> None:
    async def count_up(field: str, tx: Transaction) -> None:
        doc = await tx.get("wide", "w")
        assert doc is not None
        tx.put("wide", {**doc, "field_0": doc["field_0"] + 1, field: "mine"})

    async with mongo.connect(engines.mongo) as one, mongo.connect(engines.mongo) as other:
        works = [Work(one, name), Work(other, name)]
        await works[0].run(keep, (STEPS[0], False), key="w")
        with met_before_commit() as met:
            calls = [work.run(count_up, f"field_{n + 1}", key=n) for n, work in enumerate(works)]
            await asyncio.gather(*calls)
        assert met
        stored = await works[0].db["wide"].find_one({"_id": "w"})
    assert stored is not None
    assert [stored[each] for each in ("field_0", "field_1", "field_2", "version")] == [2, "mine", "mine", 3]
