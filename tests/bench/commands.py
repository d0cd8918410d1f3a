"""The same command two ways: change a goal's progress and publish it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from bson import ObjectId

from shared import mongo
from shared.work import Transaction, Work
from tests.bench import sessions
from tests.bench.arena import Arena, ProgressNoted

GOALS = 5000
COMMANDS = {64: (20_000, 1_500), 1: (600, 600)}
"""By number in flight: how many ours and theirs do in a round."""


async def set_progress(command: tuple[str, int], tx: Transaction) -> int:
    """The handler that is measured."""
    id_, progress = command
    goal = await tx.get("goals", id_) or {"_id": id_, "version": 0, "title": "t", "tags": ["a", "b"]}
    goal["progress"] = progress
    version = tx.put("goals", goal)
    tx.publish(ProgressNoted(goal_id=id_, progress=progress))
    return version


def commands_through_work(in_flight: int) -> Callable[[Arena], Awaitable[float]]:
    """Group commit."""

    async def side(arena: Arena) -> float:
        count = arena.count(COMMANDS[in_flight][0])
        async with arena.database() as (client, name):
            work = Work(client, name)

            async def call(id_: str, progress: int) -> None:
                await work.run(set_progress, (id_, progress), key=id_)

            return await _rate(client, name, call, count, in_flight)

    return side


def commands_one_by_one(in_flight: int) -> Callable[[Arena], Awaitable[float]]:
    """A transaction each, with the driver's own retry."""

    async def side(arena: Arena) -> float:
        count = arena.count(COMMANDS[in_flight][1])
        async with arena.database() as (client, name):
            db = mongo.database(client, name)

            async def call(id_: str, progress: int) -> None:
                async def effects(session: Any) -> None:
                    goal = await db["goals"].find_one({"_id": id_}, session=session)
                    goal = goal or {"_id": id_, "version": 0, "title": "t", "tags": ["a", "b"]}
                    version, goal["progress"] = goal["version"], progress
                    goal["version"], goal["sequence"] = version + 1, goal.get("sequence", 0) + 1
                    await db["goals"].replace_one(
                        {"_id": id_, "version": version}, goal, upsert=True, session=session
                    )
                    row = {"_id": ObjectId(), "key": id_, "sequence": goal["sequence"], "sent": False}
                    row["value"] = orjson.dumps({"goal_id": id_, "progress": progress})
                    await db["outbox"].insert_one(row, session=session)

                async with sessions.session(client) as session:
                    await session.with_transaction(effects, write_concern=mongo.MAJORITY)

            return await _rate(client, name, call, count, in_flight)

    return side


async def _rate(client: Any, name: str, call: Any, count: int, in_flight: int) -> float:
    numbers = iter(range(count))

    async def caller() -> None:
        for number in numbers:
            await call(f"goal_{number * 7919 % GOALS:06d}", number % 100)

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(in_flight)))
    seconds = time.perf_counter() - began
    assert await client[name]["outbox"].count_documents({}) == count
    return count / seconds
