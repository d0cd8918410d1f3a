"""Which goal serves which: the tree and its rules."""

import asyncio
import random

import pytest

from services.goals.domain.alignment import MOST_ABOVE
from tests.services.asker import rule_of
from tests.services.goals.house import GoalsHouse, wording


async def align(house: GoalsHouse, goal_id: str, parent_id: str | None, who: str = "anna") -> str:
    """Empty, or the rule that refused."""
    answer = await house.as_(who).put(f"/goals/{goal_id}/parent", {"parent_id": parent_id})
    return "" if answer.status_code == 200 else rule_of(answer)


async def test_a_goal_serves_another_and_is_found_by_it(house: GoalsHouse) -> None:
    parent = await house.agreed("manager", by="chief", visibility="everyone")
    goal_id = await house.agreed()
    assert await align(house, goal_id, parent) == ""
    assert [goal["goal_id"] for goal in await house.as_("anna").listed("/goals", parent_id=parent)] == [
        goal_id
    ]
    event = await house.last(goal_id)
    assert (event["said"], event["from_parent_id"], event["to_parent_id"]) == ("goal_aligned", None, parent)
    assert (await house.state(goal_id))["parent_id"] == parent
    assert await align(house, goal_id, None) == ""
    assert (await house.last(goal_id))["to_parent_id"] is None


async def test_aligning_to_the_same_parent_again_changes_nothing(house: GoalsHouse) -> None:
    parent, goal_id = await house.drafted(), await house.drafted()
    await align(house, goal_id, parent)
    before = await house.said(goal_id)
    assert await align(house, goal_id, parent) == ""
    assert await house.said(goal_id) == before


async def test_a_parent_that_is_hidden_is_answered_like_one_that_is_not_there(house: GoalsHouse) -> None:
    hidden = await house.agreed("peer", by="other_manager", visibility="private")
    goal_id = await house.drafted()
    answers = [
        await house.as_("anna").put(f"/goals/{goal_id}/parent", {"parent_id": parent_id})
        for parent_id in (hidden, "nothing")
    ]
    assert {answer.status_code for answer in answers} == {422}
    bodies = [{**answer.json(), "correlation_id": None} for answer in answers]
    assert bodies[0] == bodies[1]


async def test_a_closed_goal_is_served_no_more_and_a_proposed_one_does_not_move(house: GoalsHouse) -> None:
    closed, parent = await house.closed(), await house.drafted()
    assert await align(house, await house.drafted(), closed) == "parent-closed"
    assert await align(house, await house.proposed(), parent) == "goal-not-in-stage"
    assert await align(house, closed, parent) == "goal-not-in-stage"


async def test_no_way_leads_back_to_a_goal(house: GoalsHouse) -> None:
    a, b, c = [await house.drafted() for _ in range(3)]
    assert await align(house, a, a) == "alignment-cycle"
    assert await align(house, b, a) == await align(house, c, b) == ""
    assert await align(house, a, b) == await align(house, a, c) == "alignment-cycle"
    assert await align(house, c, None) == await align(house, a, c) == ""


async def test_a_line_grows_only_so_long(house: GoalsHouse) -> None:
    parent_id = await house.drafted()
    for _ in range(MOST_ABOVE - 1):
        parent_id = await house.drafted(parent_id=parent_id)
    last, beyond = await house.drafted(parent_id=parent_id), await house.drafted()
    assert await align(house, beyond, last) == "alignment-too-deep"
    assert await align(house, beyond, parent_id) == ""


async def test_an_agreed_goal_without_relevance_keeps_its_parent(house: GoalsHouse) -> None:
    parent = await house.drafted()
    goal_id = await house.agreed(parent_id=parent, relevance="")
    assert await align(house, goal_id, None) == "goal-not-smart"


async def test_two_processes_that_close_a_cycle_together_are_refused_once(house: GoalsHouse) -> None:
    async with house.twin() as twin:
        for _ in range(6):
            a, b = await house.drafted(), await house.drafted()
            found = await asyncio.gather(align(house, a, b), align(twin, b, a))
            assert sorted(found) == ["", "alignment-cycle"]


async def test_commands_of_one_batch_that_close_a_cycle_together_are_refused_once(house: GoalsHouse) -> None:
    ring = [await house.drafted() for _ in range(6)]
    found = await asyncio.gather(
        *[align(house, goal_id, ring[place - 1]) for place, goal_id in enumerate(ring)]
    )
    assert sorted(found) == ["", "", "", "", "", "alignment-cycle"]


@pytest.mark.parametrize("seed", range(3))
async def test_the_tree_stays_a_tree_whatever_is_aligned_at_once(house: GoalsHouse, seed: int) -> None:
    random_ = random.Random(seed)
    goals = [await house.drafted() for _ in range(10)]
    async with house.twin() as twin:
        for _ in range(4):
            moves = [(random_.choice(goals), random_.choice(goals)) for _ in range(12)]
            await asyncio.gather(
                *[align(random_.choice((house, twin)), goal_id, parent) for goal_id, parent in moves]
            )
    parents = {goal["_id"]: goal["parent_id"] async for goal in house.db["goals"].find()}
    assert any(parents.values())
    for goal_id in goals:
        met, above = {goal_id}, parents[goal_id]
        while above is not None:
            assert above not in met
            met.add(above)
            above = parents[above]


async def test_a_draft_that_is_reworded_tells_what_it_serves_now_by_how_much_and_to_whom(
    house: GoalsHouse,
) -> None:
    old, new = [await house.agreed("manager", by="chief", visibility="everyone") for _ in range(2)]
    goal_id = await house.drafted(visibility="line")
    anna = house.as_("anna")
    await anna.does(f"/goals/{goal_id}/parent", {"parent_id": old, "contribution": 3}, method="PUT")
    etag = (await anna.get(f"/goals/{goal_id}")).headers["ETag"]
    said = wording(parent_id=new, visibility="everyone")
    await anna.does(f"/goals/{goal_id}", said, method="PUT", If_Match=etag)
    event = next(
        each
        for each in await house.published(subject=goal_id)
        if each["said"] == "goal_aligned" and each["to_parent_id"] == new
    )
    assert (event["from_parent_id"], event["contribution"], event["visibility"]) == (old, 3, "everyone")
    assert event["edition"] == 1
