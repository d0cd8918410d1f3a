"""What was closed long ago goes with all that belongs to it, and what is open or held does not."""

from datetime import UTC, datetime, timedelta

from services.goals.store import PERIODS
from tests.services.goals.house import NOW, GoalsHouse
from tests.services.goals.usecases.test_fold_goals import below, fold
from tests.services.goals.usecases.test_initiatives import planned
from tests.services.goals.usecases.test_run_period import Q1

DAYS = 1000
DUE = NOW + timedelta(days=DAYS)
LATER = DUE + timedelta(seconds=1)
LONG_AFTER = datetime(2036, 1, 1, tzinfo=UTC)
OF_A_GOAL = ("measurements", "check_ins", "editions", "initiatives", "initiative_reports", "outlooks")


async def lived(house: GoalsHouse, owner_id: str = "anna") -> str:
    """A goal with everything that a goal can have, closed at NOW."""
    goal_id = await house.amended(owner_id, visibility="everyone")
    owner, manager = house.as_(owner_id), house.as_("manager")
    await manager.does(f"/goals/{goal_id}/amendment/agreement")
    await owner.does(f"/goals/{goal_id}/key-results/reach/measurements", {"value": 1})
    await owner.does(f"/goals/{goal_id}/check-ins", {"confidence": 0.5})
    path = await planned(house, goal_id, owner_id)
    await house.as_("peer").does(f"{path}/reports", {"share_done": 0.5})
    await house.look()
    await owner.does(f"/goals/{goal_id}/closure", {"outcome": "achieved"})
    return goal_id


async def left(house: GoalsHouse) -> dict[str, int]:
    return {name: await house.db[name].count_documents({}) for name in OF_A_GOAL}


async def goals(house: GoalsHouse) -> set[str]:
    return {*await house.db["goals"].distinct("_id")}


async def test_a_goal_goes_at_its_age_and_not_before_with_all_that_belongs_to_it(house: GoalsHouse) -> None:
    goal_id = await lived(house)
    before = await left(house)
    assert all(before.values()), before
    [initiative] = await house.db["initiatives"].distinct("_id")
    assert await house.retain("goal", days=DAYS, at=DUE) == 0
    assert (await goals(house), await left(house)) == ({goal_id}, before)
    assert await house.retain("goal", days=DAYS, at=LATER) == 1
    await house.look(LATER)
    assert (await goals(house), await left(house)) == (set(), dict.fromkeys(OF_A_GOAL, 0))
    assert "gone" in await house.state(goal_id)
    assert "gone" in await house.state(initiative)
    assert (await house.as_("auditor", "auditor").get(f"/goals/{goal_id}")).status_code == 404


async def test_whose_owner_is_held_stays_until_the_hold_is_lifted(house: GoalsHouse) -> None:
    held, other = await house.closed("anna"), await house.closed("ben")
    assert await house.retain("goal", days=DAYS, at=LATER, held={"anna", "somebody"}) == 1
    assert await goals(house) == {held}
    assert other not in await goals(house)
    assert await house.retain("goal", days=DAYS, at=LATER) == 1
    assert await goals(house) == set()


async def test_what_is_not_closed_never_goes_and_what_was_declined_or_cancelled_does(
    house: GoalsHouse,
) -> None:
    open_ = {await house.drafted(), await house.proposed(to="manager"), await house.agreed()}
    open_.add(await house.amended())
    declined = await house.proposed(to="manager")
    await house.as_("manager").does(f"/goals/{declined}/refusal", {"reason": "Not now."})
    cancelled = await house.drafted()
    await house.as_("anna").does(f"/goals/{cancelled}/closure", {"outcome": "cancelled"})
    assert await house.retain("goal", days=1, at=LONG_AFTER) == 2
    assert await goals(house) == open_


async def test_a_goal_whose_period_goes_on_stays(house: GoalsHouse) -> None:
    period_id = (await house.as_("admin", "hr_admin").does("/periods", Q1))["period_id"]
    goal_id = await house.closed(period_id=period_id)
    for status in ("open", "closing"):
        await house.db[PERIODS].update_one({"_id": period_id}, {"$set": {"status": status}})
        assert await house.retain("goal", days=1, at=LONG_AFTER) == 0
    await house.db[PERIODS].update_one({"_id": period_id}, {"$set": {"status": "closed"}})
    assert await house.retain("goal", days=1, at=LONG_AFTER) == 1
    assert goal_id not in await goals(house)


async def test_it_is_taken_out_of_the_sums_of_what_it_served(house: GoalsHouse) -> None:
    top = await house.agreed("chief", by="partner", visibility="everyone")
    old = await house.closed(parent_id=top, visibility="everyone")
    kept = await house.agreed("ben", parent_id=top, visibility="everyone")
    await fold(house)
    assert ((await below(house, top)) or {})["direct"] == 2
    assert await house.retain("goal", days=DAYS, at=LATER) == 1
    await fold(house)
    assert ((await below(house, top)) or {})["direct"] == 1
    assert await goals(house) == {top, kept}
    assert old not in await goals(house)


async def test_more_than_a_page_goes_in_the_audit_by_ids_alone(house: GoalsHouse) -> None:
    first = await house.closed(title="canary-4711")
    doc = await house.db["goals"].find_one({"_id": first})
    assert doc is not None
    await house.db["goals"].insert_many([{**doc, "_id": f"g{number:03d}"} for number in range(120)])
    assert await house.retain("goal", days=DAYS, at=LATER) == 121
    rows = await house.db["audit"].find({"deed": "remove_old_goals"}).to_list(None)
    assert [row["by"] for row in rows] == ["service:goals"] * 3
    assert all(row["person_id"] is None for row in rows)
    assert "canary" not in str(rows)
