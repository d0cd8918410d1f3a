"""One event, many recipients: a note for each, and one more unread."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from shared import mongo
from shared.fan_out import FanOut, FanOutWorker, Recipient
from shared.work import FanOutJob, Transaction, Work
from tests.bench import sessions
from tests.bench.arena import Arena

RECIPIENTS, NAIVE_RECIPIENTS = 20_000, 600


async def note(person_id: str, tx: Transaction) -> None:
    """What one recipient gets."""
    tx.put("notes", {"_id": f"note_{person_id}", "version": 0, "person_id": person_id, "read": False})
    tx.update("unread", person_id, {"$inc": {"count": 1}})


async def fan_out_through_worker(arena: Arena) -> float:
    """The worker, in transactions of a page."""
    count = arena.count(RECIPIENTS)

    async def pages(
        db: mongo.Database, params: Mapping[str, Any], after: str | None, limit: int
    ) -> Sequence[Recipient]:
        first = int(after.removeprefix("p")) + 1 if after else 0
        return [Recipient(f"p{n:07d}", f"p{n:07d}") for n in range(first, min(count, first + limit))]

    async def order(_: None, tx: Transaction) -> None:
        tx.fan_out(FanOutJob("job", "notes", {}))

    async with arena.database() as (client, name):
        work = Work(client, name)
        await work.run(order, None, key="")
        worker = FanOutWorker(work, [FanOut("notes", pages, note)])
        began = time.perf_counter()
        while await worker.turn():
            pass
        seconds = time.perf_counter() - began
        await _check(client, name, count)
        return count / seconds


async def fan_out_one_by_one(arena: Arena) -> float:
    """A transaction for each recipient."""
    count = arena.count(NAIVE_RECIPIENTS)
    async with arena.database() as (client, name):
        db = mongo.database(client, name)
        began = time.perf_counter()
        for number in range(count):
            person = f"p{number:07d}"

            async def effects(session: Any, person: str = person) -> None:
                row = {"_id": f"note_{person}", "person_id": person, "read": False}
                await db["notes"].insert_one(row, session=session)
                await db["unread"].update_one(
                    {"_id": person}, {"$inc": {"count": 1}}, upsert=True, session=session
                )

            async with sessions.session(client) as session:
                await session.with_transaction(effects, write_concern=mongo.MAJORITY)
        seconds = time.perf_counter() - began
        await _check(client, name, count)
        return count / seconds


async def _check(client: Any, name: str, count: int) -> None:
    assert await client[name]["notes"].count_documents({}) == count
    assert await client[name]["unread"].count_documents({"count": 1}) == count
