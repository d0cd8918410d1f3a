"""To read what is private of goals, or how they were graded, stands in the audit."""

from typing import Any

import pytest

from shared.audit.rows import AUDIT
from tests.services.goals.house import GoalsHouse


@pytest.fixture
async def house(house: GoalsHouse) -> GoalsHouse:
    """In which nothing waits to be noted from before."""
    await house.runtime.reads.flush()
    await house.db[AUDIT].delete_many({})
    return house


async def reads(house: GoalsHouse) -> list[tuple[Any, ...]]:
    await house.runtime.reads.flush()
    found = await house.db[AUDIT].find({"kind": "read"}).sort("_id", 1).to_list(None)
    return [(row["by"], row["action"], *row["about"]) for row in found]


async def test_who_reads_a_private_goal_or_grades_is_noted(house: GoalsHouse) -> None:
    private, shared = await house.agreed(visibility="private"), await house.agreed(visibility="everyone")
    manager = house.as_("manager")
    for goal_id in (private, shared):
        await manager.read(f"/goals/{goal_id}")
    await manager.read(f"/goals/{shared}/grades")
    assert (await house.as_("peer").get(f"/goals/{private}")).status_code == 404
    assert await reads(house) == [
        ("manager", "read", f"goals/{private}"),
        ("manager", "read_grades", f"goals/{shared}"),
    ]
