"""What waits to be sent, since when, and what was given up of late is told to the metrics, by channel."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notifications.app import workers
from services.notifications.backlog import BacklogWatch
from services.notifications.store import DELIVERIES
from tests.services.notifications.house import House


def delivery(state: str, channel: str, *, ago: timedelta, **more: Any) -> dict[str, Any]:
    at = datetime.now(UTC) - ago
    return {"state": state, "channel": channel, "raised_at": at, "due_at": at, **more}


async def told(house: House, name: str, channel: str) -> float | None:
    await BacklogWatch(house.db, house.runtime.metrics).turn()
    return house.runtime.metrics.registry.get_sample_value(f"cairn_deliveries_{name}", {"channel": channel})


async def test_what_waits_is_counted_and_how_long_the_oldest_does(house: House) -> None:
    for ago in (1, 5, 3):
        await house.db[DELIVERIES].insert_one(delivery("due", "email", ago=timedelta(hours=ago)))
    await house.db[DELIVERIES].insert_one(delivery("delivered", "email", ago=timedelta(hours=9)))
    assert await told(house, "due", "email") == 3
    assert await told(house, "oldest_seconds", "email") == pytest.approx(5 * 3600, abs=600)
    assert await told(house, "due", "webhook") == 0
    await house.db[DELIVERIES].delete_many({"state": "due"})
    assert await told(house, "due", "email") == await told(house, "oldest_seconds", "email") == 0


async def test_what_was_given_up_counts_for_a_day_unless_nobody_is_to_hear_of_it(house: House) -> None:
    for reason, hours in (("smtp_550", 1), ("smtp_550", 30), ("person_left", 1), ("forgotten", 1)):
        row = delivery("failed", "email", ago=timedelta(hours=hours), reason=reason)
        await house.db[DELIVERIES].insert_one(row)
    assert await told(house, "given_up", "email") == 1
    assert await told(house, "given_up", "webhook") == 0


async def test_each_process_looks(house: House) -> None:
    assert "backlog" in {worker.name for worker in workers(house.runtime)}
