"""Documents of older versions are brought to what newer ones store: all, each once, while others write."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from shared import mongo
from shared.migrations import PAGE, Migration, migrate
from shared.service import Service
from shared.work import Transaction, Work
from shared.work.transaction import Doc

NAMES = ("people", "goals", "feedback", "reviews", "notifications")
THINGS = "things"
MANY = 2 * PAGE + 7


async def count(docs: Sequence[Doc], tx: Transaction) -> None:
    for doc in docs:
        tx.put(THINGS, {**doc, "brought": doc.get("brought", 0) + 1})


BRINGING = Migration("bring", THINGS, {"old": True}, count)


@pytest.fixture
async def work(engines: Any, name: str) -> AsyncIterator[Work]:
    async with mongo.connect(engines.mongo) as client:
        work = Work(client, name)
        old = [{"_id": f"{number:04d}", "old": True, "version": 1} for number in range(MANY)]
        await work.db[THINGS].insert_many([*old, {"_id": "new", "old": False, "version": 1}])
        yield work
        await work.close()


def app(name: str) -> Service:
    return importlib.import_module(f"services.{name}.app").SERVICE


async def brought(work: Work) -> list[int]:
    return [doc.get("brought", 0) async for doc in work.db[THINGS].find({"old": True})]


async def test_all_that_is_wanted_is_brought_once_however_often_it_is_asked_for(work: Work) -> None:
    for _ in range(2):
        (done,) = await migrate(work, [BRINGING])
        assert (done.documents, done.ended_at is not None) == (MANY, True)
        assert await brought(work) == [1] * MANY
    assert "brought" not in (await work.db[THINGS].find_one({"_id": "new"}) or {})


async def test_one_that_is_broken_off_goes_on_where_it_was_left(work: Work) -> None:
    given: list[str] = []

    async def fails_late(docs: Sequence[Doc], tx: Transaction) -> None:
        if docs[-1]["_id"] > f"{PAGE:04d}" and not given:
            given.append(docs[0]["_id"])
            raise RuntimeError("the disk is full")
        await count(docs, tx)

    failing = Migration("bring", THINGS, {"old": True}, fails_late)
    with pytest.raises(RuntimeError, match="the disk is full"):
        await migrate(work, [failing])
    assert given == [f"{PAGE:04d}"]
    assert sum(await brought(work)) == PAGE
    (done,) = await migrate(work, [failing])
    assert (done.documents, await brought(work)) == (MANY, [1] * MANY)


async def test_two_at_once_bring_each_document_once(engines: Any, name: str, work: Work) -> None:
    async with mongo.connect(engines.mongo) as client:
        other = Work(client, name)
        await asyncio.gather(migrate(work, [BRINGING]), migrate(other, [BRINGING]))
        await other.close()
    assert await brought(work) == [1] * MANY


async def test_after_a_way_back_it_is_done_again_when_that_is_asked_for(work: Work) -> None:
    await migrate(work, [BRINGING])
    (done,) = await migrate(work, [BRINGING], again=True)
    assert (done.documents, await brought(work)) == (MANY, [2] * MANY)


async def test_one_that_was_broken_off_is_done_again_from_its_beginning(work: Work) -> None:
    async def fails(docs: Sequence[Doc], tx: Transaction) -> None:
        if docs[0]["_id"] == f"{PAGE:04d}":
            raise RuntimeError("the disk is full")
        await count(docs, tx)

    with pytest.raises(RuntimeError, match="the disk is full"):
        await migrate(work, [Migration("bring", THINGS, {"old": True}, fails)])
    await work.db[THINGS].update_many({"old": True}, {"$unset": {"brought": ""}})  # by older code
    (done,) = await migrate(work, [BRINGING], again=True)
    assert (done.documents, await brought(work)) == (MANY, [1] * MANY)


@pytest.mark.parametrize("service", NAMES)
def test_migrations_have_names_of_their_own_and_collections_of_the_service(service: str) -> None:
    found = app(service)
    names = [each.name for each in found.migrations]
    assert len(set(names)) == len(names)
    assert {each.collection for each in found.migrations} <= set(found.collections)
