"""What older versions of the goals service have stored is put right when it is migrated."""

from services.goals.migrations import MIGRATIONS
from services.goals.store import GOALS
from shared.migrations import migrate
from tests.services.goals.house import GoalsHouse
from tests.services.goals.usecases.test_orphan_goals import coverage, listed, parent_of, settled

STOOD = {"pace": "behind", "heading": "miss", "overdue": True, "silent": True, "neglect": "owner_left"}


async def test_closed_goals_are_not_overdue_any_more(house: GoalsHouse) -> None:
    closed, open_ = await house.closed(), await house.agreed("ben")
    await house.db[GOALS].update_many({"_id": {"$in": [closed, open_]}}, {"$set": {"standing": STOOD}})
    auditor = house.as_("auditor", "auditor")
    assert {goal["goal_id"] for goal in await auditor.listed("/goals", overdue="true")} == {closed, open_}
    await migrate(house.work, MIGRATIONS)
    assert {goal["goal_id"] for goal in await auditor.listed("/goals", overdue="true")} == {open_}
    docs = {doc["_id"]: doc["standing"] async for doc in house.db[GOALS].find()}
    assert docs[open_] == STOOD
    assert not any(docs[closed].values())


async def test_goals_below_what_ended_before_are_found_as_serving_none(house: GoalsHouse) -> None:
    ended, erased, other = await parent_of(house), await parent_of(house), await parent_of(house)
    kid, left = await house.agreed(parent_id=ended), await house.drafted("ben", parent_id=erased)
    kept, done = await house.agreed("ben", parent_id=other), await house.closed(parent_id=ended)
    await settled(house)
    # As older versions left them: nobody was told.
    await house.db[GOALS].update_one({"_id": ended}, {"$set": {"status": "closed", "outcome": "missed"}})
    await house.db[GOALS].delete_one({"_id": erased})
    assert (await listed(house, aligned=False), await coverage(house)) == (set(), 1.0)
    before = {doc["_id"]: doc["version"] async for doc in house.db[GOALS].find()}
    await migrate(house.work, MIGRATIONS)
    await settled(house)
    assert (await listed(house, aligned=False), await coverage(house)) == ({kid, left}, 0.5)
    assert await listed(house, aligned=True) == {kept, done}
    after = {doc["_id"]: doc["version"] async for doc in house.db[GOALS].find()}
    assert {goal_id for goal_id in after if after[goal_id] != before[goal_id]} == {kid, left}
