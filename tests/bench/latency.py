"""From the answer to a command until its effect is there in another service.

At a fixed rate goals are proposed; the effect is the manager's notification.  It is seen by a change
stream on the other service's database, begun beforehand, so that looking costs that service nothing.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence

from shared import mongo
from tests.bench.load import Connection, open_loop
from tests.bench.requests import Agreed, drafted_goals
from tests.bench.stand import Stand, person

EACH_SECOND = 200
PROPOSALS = 2_000
WARM_UP = 0.2
"""The share of proposals, at the start, that is not counted."""


async def effect_latency(stand: Stand, *, scale: float) -> dict[str, float]:
    """Milliseconds: the median `p50`, `p99`, and the greatest."""
    goals = await drafted_goals(stand, max(100, int(PROPOSALS * scale)))
    await stand.quiet()
    answered: dict[str, float] = {}
    seen: dict[str, float] = {}
    watching = asyncio.create_task(_watch(stand, seen, len(goals)))
    await asyncio.sleep(0.5)

    async def propose(connection: Connection, number: int) -> None:
        goal = goals[number]
        path = f"/goals/{goal.goal_id}/proposal"
        await connection.ask("POST", path, token=stand.token(person(goal.owner)), body={})
        answered[goal.goal_id] = time.perf_counter()

    await open_loop(stand.suite.urls["goals"], propose, count=len(goals), each_second=EACH_SECOND)
    async with asyncio.timeout(60):
        await watching
    return _told(goals[int(len(goals) * WARM_UP) :], answered, seen)


async def _watch(stand: Stand, seen: dict[str, float], count: int) -> None:
    raised = [{"$match": {"operationType": "insert", "fullDocument.kind": "goal_proposed"}}]
    collection = mongo.database(stand.client, "cairn_notifications")["notifications"]
    changes = await mongo.watch(collection, raised, wait_ms=1000)
    async for change in changes:
        seen.setdefault(change["fullDocument"]["about_id"], time.perf_counter())
        if len(seen) == count:
            return


def _told(goals: Sequence[Agreed], answered: dict[str, float], seen: dict[str, float]) -> dict[str, float]:
    waits = sorted(max(0.0, seen[goal.goal_id] - answered[goal.goal_id]) * 1000 for goal in goals)
    hundredths = statistics.quantiles(waits, n=100)
    return {
        "p50": round(statistics.median(waits), 1),
        "p99": round(hundredths[98], 1),
        "max": round(waits[-1], 1),
    }
