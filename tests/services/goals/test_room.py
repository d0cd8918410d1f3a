"""Weights add up to the whole at most, whichever two processes add to them at the same moment."""

import asyncio

from tests.overlap import met_before_commit
from tests.services.goals.house import GoalsHouse
from tests.services.goals.usecases.test_assign_goal import asking


async def weighing(house: GoalsHouse) -> float:
    """What anna's goals weigh together that are proposed or agreed."""
    taking = {"owner_id": "anna", "status": {"$in": ["proposed", "agreed"]}}
    return sum([doc["weight"] async for doc in house.db["goals"].find(taking)])


async def test_two_changes_of_weight_that_are_agreed_to_at_once(house: GoalsHouse) -> None:
    paths = [f"/goals/{await house.agreed(weight=30)}/amendment" for _ in range(2)]
    for path in paths:
        await house.as_("anna").does(path, {"weight": 60, "reason": "It grows."})
    async with house.twin() as twin:
        with met_before_commit() as met:
            answers = await asyncio.gather(
                house.as_("manager").post(f"{paths[0]}/agreement"),
                twin.as_("manager").post(f"{paths[1]}/agreement"),
            )
    assert met
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    assert await weighing(house) == 90


async def test_a_goal_that_is_assigned_while_another_is_proposed(house: GoalsHouse) -> None:
    drafted = await house.drafted(weight=60)
    await house.as_("admin", "hr_admin").does("/goal-assignments", asking("anna", weight=60))
    async with house.twin() as twin:
        with met_before_commit() as met:
            _, answer = await asyncio.gather(
                house.expand(), twin.as_("anna").post(f"/goals/{drafted}/proposal")
            )
    assert met
    assert await weighing(house) == 60
    job = await house.db["fan_outs"].find_one({})
    assert (job["done"], answer.status_code) in {(1, 422), (0, 200)}
