"""What falls due by the clock is found among very many that do not."""

from datetime import timedelta
from typing import Any

import pytest

from shared import due, mongo
from shared.due import Due, DueWorker
from shared.work import Transaction, Work
from tests.profiler import profiled

TURNS = "turns"
LATER = 1_000


async def rest(turn: Due, tx: Transaction) -> None:
    due.rest(tx, TURNS, turn.id)


@pytest.mark.parametrize("timers", [True, False])
async def test_what_is_due_later_is_not_even_looked_at(engines: Any, name: str, *, timers: bool) -> None:
    async with mongo.connect(engines.mongo) as client:
        work = Work(client, name)
        now = work.clock.now()
        later = [{"_id": f"later-{n}", "due_at": now + timedelta(days=1)} for n in range(LATER)]
        earlier = {"_id": "now", "due_at": now, "woken_at": now}
        await work.db[TURNS].create_indexes([*due.INDEXES])
        await work.db[TURNS].insert_many([*later, earlier])
        worker = DueWorker(work, TURNS, rest, timers=timers)
        async with profiled(work.db, ns=f"{name}.{TURNS}", op="query") as ran:
            assert await worker.turn() is False
        assert sum(each["docsExamined"] for each in ran) < LATER / 10
        assert await work.db[TURNS].count_documents({}) == LATER
        await work.close()
