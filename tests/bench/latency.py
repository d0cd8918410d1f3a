"""From the answer to a command until its effect is there in another service.

At a fixed rate goals are proposed; the effect is the manager's notification.  It is seen by a change
stream on the other service's database, begun beforehand, so that looking costs that service nothing.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from typing import Any

from shared import mongo
from tests.bench.load import Connection, open_loop
from tests.bench.requests import Agreed, drafted_goals
from tests.bench.stand import Stand, person

EACH_SECOND = 200
PROPOSALS = 2_000
WARM_UP = 0.2
"""The share of proposals, at the start, that is not counted."""


async def effect_latency(stand: Stand, *, rounds: int, scale: float) -> dict[str, Any]:
    """Milliseconds: the medians of the rounds' `p50`, `p99` and greatest, and what each round found."""
    found = [await _round(stand, scale=scale) for _ in range(rounds)]
    medians = {name: statistics.median(each[name] for each in found) for name in ("p50", "p99", "max")}
    return {**medians, "rounds": found}


async def _round(stand: Stand, *, scale: float) -> dict[str, float]:
    goals = await drafted_goals(stand, max(100, int(PROPOSALS * scale)))
    await stand.quiet()
    answered: dict[str, float] = {}

    async def propose(connection: Connection, number: int) -> None:
        goal = goals[number]
        path = f"/goals/{goal.goal_id}/proposal"
        await connection.ask("POST", path, token=stand.token(person(goal.owner)), body={})
        answered[goal.goal_id] = time.perf_counter()

    raised = [{"$match": {"operationType": "insert", "fullDocument.kind": "goal_proposed"}}]
    collection = mongo.database(stand.client, "cairn_notifications")["notifications"]
    changes = await mongo.watch(collection, raised, wait_ms=1000)
    try:
        await changes.try_next()  # opens it
        watching = asyncio.create_task(_seen(changes, len(goals)))
        await open_loop(stand.suite.urls["goals"], propose, count=len(goals), each_second=EACH_SECOND)
        async with asyncio.timeout(60):
            seen = await watching
    finally:
        await changes.close()
    return _told(goals[int(len(goals) * WARM_UP) :], answered, seen)


async def _seen(changes: mongo.Changes, count: int) -> dict[str, float]:
    """When each of so many goals has come."""
    seen: dict[str, float] = {}
    async for change in changes:
        seen.setdefault(change["fullDocument"]["about_id"], time.perf_counter())
        if len(seen) == count:
            break
    return seen


def _told(goals: Sequence[Agreed], answered: dict[str, float], seen: dict[str, float]) -> dict[str, float]:
    waits = sorted(max(0.0, seen[goal.goal_id] - answered[goal.goal_id]) * 1000 for goal in goals)
    hundredths = statistics.quantiles(waits, n=100)
    return {
        "p50": round(statistics.median(waits), 1),
        "p99": round(hundredths[98], 1),
        "max": round(waits[-1], 1),
    }
