"""What serves a goal that has ended counts as serving none, soon after the end."""

from typing import Any

import pytest

from services.goals.store import ENDINGS, GOALS
from services.goals.usecases import orphan_goals as usecase
from services.goals.usecases.fold_goals import FoldWorker
from shared.contracts.people import PersonState
from shared.due import DueWorker
from tests.services.goals.house import GoalsHouse


async def settled(house: GoalsHouse) -> None:
    ending, folding = DueWorker(house.work, ENDINGS, usecase.orphan_goals), FoldWorker(house.work)
    while await house.db[ENDINGS].count_documents({}):
        await ending.turn()
    while await folding.turn():
        pass


async def parent_of(house: GoalsHouse, owner_id: str = "chief", by: str = "partner", **changes: Any) -> str:
    return await house.agreed(owner_id, by=by, level="organisation", visibility="everyone", **changes)


async def ends(house: GoalsHouse, goal_id: str, outcome: str) -> None:
    said = {"outcome": outcome, "comment": "So it is."}
    await house.as_("chief").does(f"/goals/{goal_id}/closure", said)
    await settled(house)


async def listed(house: GoalsHouse, *, aligned: bool) -> set[str]:
    goals = await house.as_("auditor", "auditor").listed(
        "/goals", aligned=str(aligned).lower(), level="person"
    )
    return {goal["goal_id"] for goal in goals}


async def coverage(house: GoalsHouse) -> float | None:
    return (await house.as_("auditor", "auditor").read("/goal-coverage"))["aligned"]


@pytest.mark.parametrize("outcome", ["cancelled", "achieved"])
async def test_what_serves_a_closed_goal_is_found_as_serving_none(house: GoalsHouse, outcome: str) -> None:
    ending, other = await parent_of(house), await parent_of(house)
    kid, kept = await house.agreed(parent_id=ending), await house.agreed("ben", parent_id=other)
    sketch, done = await house.drafted(parent_id=ending), await house.closed(parent_id=ending)
    await settled(house)
    assert (await listed(house, aligned=False), await coverage(house)) == (set(), 1.0)
    await ends(house, ending, outcome)
    assert (await listed(house, aligned=False), await coverage(house)) == ({kid, sketch}, 0.5)
    assert await listed(house, aligned=True) == {kept, done}
    assert (await house.goal(kid))["parent_id"] == ending


async def test_what_serves_the_goal_of_an_erased_person_is_found_as_serving_none(house: GoalsHouse) -> None:
    ending = await parent_of(house)
    kid = await house.agreed(parent_id=ending)
    await settled(house)
    await house.erase(PersonState, "chief")
    await settled(house)
    assert (await listed(house, aligned=False), await coverage(house)) == ({kid}, 0.0)


async def test_what_is_aligned_anew_serves_again(house: GoalsHouse) -> None:
    ending, other = await parent_of(house), await parent_of(house)
    kid, sketch = await house.agreed(parent_id=ending), await house.drafted(parent_id=ending)
    await ends(house, ending, "missed")
    for goal_id in (kid, sketch):
        await house.as_("anna").does(f"/goals/{goal_id}/parent", {"parent_id": other}, method="PUT")
    assert (await listed(house, aligned=False), await coverage(house)) == (set(), 1.0)
    await settled(house)
    assert (await listed(house, aligned=False), await coverage(house)) == (set(), 1.0)


async def test_very_many_are_told_page_by_page_each_once(
    house: GoalsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecase, "MOST", 2)
    ending = await parent_of(house)
    kids = {await house.agreed(parent_id=ending) for _ in range(5)}
    await settled(house)
    before = {doc["_id"]: doc["version"] async for doc in house.db[GOALS].find({"parent_id": ending})}
    await ends(house, ending, "missed")
    assert await listed(house, aligned=False) == kids
    after = {doc["_id"]: doc["version"] async for doc in house.db[GOALS].find({"parent_id": ending})}
    assert {after[kid] - before[kid] for kid in kids} == {1}


async def test_a_draft_below_what_has_ended_already_is_found_too(house: GoalsHouse) -> None:
    ending = await parent_of(house)
    await ends(house, ending, "missed")
    kid = await house.drafted()
    await house.db[GOALS].update_one({"_id": kid}, {"$set": {"parent_id": ending}})
    await house.as_("anna").does(f"/goals/{kid}/proposal", {"to_person_id": "manager"})
    await settled(house)
    assert await listed(house, aligned=False) == {kid}
