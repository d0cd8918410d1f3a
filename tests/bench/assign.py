"""One goal with two key results set for a thousand people: until each has been asked and notified."""

import time

from tests.bench.load import connections
from tests.bench.requests import WORDING
from tests.bench.stand import Stand, person, until

PEOPLE = 1000


async def assign(stand: Stand, count: int = PEOPLE) -> float:
    """Seconds until the last of so many has a notification of a goal of their own."""
    notifications = stand.db("notifications")["notifications"]
    of_goals = {"kind": "goal_proposed"}
    before, known = (
        await notifications.estimated_document_count(),
        await notifications.count_documents(of_goals),
    )
    if count >= stand.people:
        population: dict[str, object] = {"everyone": True}
        count = stand.people - 1  # nobody is notified of what they did themselves
    else:
        population = {"person_ids": [person(1 + n) for n in range(count)]}
    async with connections(stand.suite.urls["goals"], 1) as (connection,):
        began = time.perf_counter()
        body = {"wording": WORDING, "population": population}
        token = stand.token(person(0), "hr_admin")
        await connection.ask("POST", "/goal-assignments", token=token, body=body)

        async def all_nearly() -> bool:
            return await notifications.estimated_document_count() >= before + count

        async def all_notified() -> bool:
            return await notifications.count_documents(of_goals) >= known + count

        await until(all_nearly)  # costs the database nothing, but counts what is not committed yet
        await until(all_notified)
        seconds = time.perf_counter() - began
    await stand.forget_mail()
    await stand.quiet()
    return seconds
