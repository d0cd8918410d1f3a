"""One holder at a time, by the server's clock."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared import mongo
from shared.lease import Lease
from shared.worker import Worker


@pytest.fixture
async def db(engines: Any, name: str) -> AsyncIterator[mongo.Database]:
    async with mongo.connect(engines.mongo) as client:
        yield mongo.database(client, name)


async def test_of_many_who_ask_at_once_one_gets_it(db: mongo.Database) -> None:
    await db.create_collection("leases")
    leases = [Lease(db, "relay") for _ in range(8)]
    granted = await asyncio.gather(*(lease.acquire() for lease in leases))
    assert sum(granted) == 1
    assert [lease.held for lease in leases] == granted


async def test_the_holder_renews_and_keeps_its_token(db: mongo.Database) -> None:
    lease, other = Lease(db, "relay", seconds=30), Lease(db, "relay", seconds=30)
    assert await lease.acquire()
    token = lease.token
    assert await lease.acquire()
    assert lease.token == token
    assert not await other.acquire()


async def test_a_lease_that_is_not_renewed_goes_to_another_with_a_higher_token(db: mongo.Database) -> None:
    silent, next_ = Lease(db, "relay", seconds=0.2), Lease(db, "relay", seconds=30)
    assert await silent.acquire()
    async with asyncio.timeout(10):
        while not await next_.acquire():
            await asyncio.sleep(0.02)
    assert next_.token > silent.token
    assert not silent.held
    assert not await silent.acquire()


async def test_a_released_lease_is_free_at_once(db: mongo.Database) -> None:
    lease, other = Lease(db, "relay", seconds=30), Lease(db, "relay", seconds=30)
    assert await lease.acquire()
    await lease.release()
    assert not lease.held
    assert await other.acquire()


async def test_a_worker_that_has_lost_its_lease_is_told_once(db: mongo.Database) -> None:
    lease, lost = Lease(db, "relay", seconds=30), list[bool]()

    async def turn() -> bool:
        return False

    worker = Worker("relay", turn, poll=0.01, lease=lease, on_lost=lambda: lost.append(worker.leading))
    worker.start()
    async with asyncio.timeout(10):
        while not worker.leading:
            await asyncio.sleep(0.01)
        await db["leases"].update_one({}, {"$set": {"holder": "another"}})
        lease._until = 0.0
        while not lost:
            await asyncio.sleep(0.01)
    await worker.stop()
    assert lost == [False]
