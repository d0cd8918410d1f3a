"""What feedback keeps of goals follows what the goals service publishes."""

from typing import Any

from shared.contracts.goals import GoalState

WORDS = {"receiver_id": "anna", "kind": "praise", "text": "Well aimed.", "goal_id": "goal_1"}


async def test_a_goal_can_be_named_once_it_is_known_and_until_it_is_erased(house: Any) -> None:
    peer = house.as_("peer")
    assert (await peer.post("/feedback", WORDS)).status_code == 404
    await house.know_goal("goal_1", owner_id="anna")
    given = await peer.post("/feedback", WORDS)
    assert given.status_code == 201
    await house.erase(GoalState, "goal_1")
    assert (await peer.post("/feedback", WORDS)).status_code == 404
    assert (await peer.get(given.headers["Location"])).json()["goal_id"] == "goal_1"


async def test_only_owner_and_visibility_are_kept_and_only_changes_are_written(house: Any) -> None:
    await house.know_goal("goal_1", owner_id="anna")
    await house.know_goal("goal_1", owner_id="anna")
    doc = await house.db["known_goals"].find_one({"_id": "goal_1"})
    assert doc == {"_id": "goal_1", "owner_id": "anna", "visibility": "everyone", "version": 1, "sequence": 0}
    await house.know_goal("goal_1", owner_id="anna", visibility="private")
    assert (await house.as_("peer").post("/feedback", WORDS)).status_code == 404
