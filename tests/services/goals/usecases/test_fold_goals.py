"""What serves a goal is added up within a second of any change, and equals what a fold from scratch gives."""

import asyncio
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.goals.domain.roll_up import RollUp, roll_up
from services.goals.store import FOLDS, counted
from services.goals.usecases import fold_goals as usecase
from services.goals.usecases.fold_goals import FoldWorker
from shared.contracts.people import PersonState
from shared.store import from_document
from tests.services.goals.house import NOW, REACH, GoalsHouse, clock_at


async def fold(house: GoalsHouse) -> None:
    worker = FoldWorker(house.work)
    while await worker.turn():
        pass
    assert await house.db[FOLDS].count_documents({"woken_at": {"$exists": True}}) == 0


async def below(house: GoalsHouse, goal_id: str) -> dict[str, Any] | None:
    return (await house.as_("auditor", "auditor").read(f"/goals/{goal_id}/tree"))["roll_up"]


async def measured(house: GoalsHouse, goal_id: str, value: float, *, by: str = "anna") -> None:
    await house.as_(by).does(f"/goals/{goal_id}/key-results/reach/measurements", {"value": value})


async def parent_of(house: GoalsHouse, **changes: Any) -> str:
    return await house.agreed("chief", by="partner", visibility="everyone", **changes)


async def test_progress_travels_up_to_the_top(house: GoalsHouse) -> None:
    top = await parent_of(house)
    middle = await house.agreed("manager", by="chief", parent_id=top, visibility="everyone")
    leaf = await house.agreed("anna", parent_id=middle, visibility="everyone")
    await house.as_("anna").does(
        f"/goals/{leaf}/check-ins",
        {"confidence": 0.3, "blockers": [{"kind": "resource", "description": "No budget."}]},
    )
    await measured(house, leaf, 5)
    await fold(house)
    of_middle, of_top = await below(house, middle), await below(house, top)
    assert of_middle is not None
    assert (of_middle["direct"], of_middle["below"], of_middle["progress"]) == (1, 1, 0.5)
    assert of_top is not None
    assert (of_top["direct"], of_top["below"], of_top["blockers"]) == (1, 2, {"resource": 1})
    assert of_top["progress"] == 0.0


async def test_contribution_weighs_and_can_be_changed(house: GoalsHouse) -> None:
    top = await parent_of(house)
    much = await house.agreed(parent_id=top, visibility="everyone")
    little = await house.agreed("ben", parent_id=top, visibility="everyone")
    await measured(house, much, 10)
    await house.as_("ben").does(
        f"/goals/{little}/parent", {"parent_id": top, "contribution": 3}, method="PUT"
    )
    await fold(house)
    found = await below(house, top)
    assert found is not None
    assert found["progress"] == 0.25


async def test_what_goes_elsewhere_or_is_cancelled_counts_no_more(house: GoalsHouse) -> None:
    old, new = await parent_of(house), await parent_of(house)
    moving = await house.agreed(parent_id=old, visibility="everyone")
    ending = await house.agreed(parent_id=old, visibility="everyone")
    await fold(house)
    assert ((await below(house, old)) or {})["direct"] == 2
    await house.as_("anna").does(f"/goals/{moving}/parent", {"parent_id": new}, method="PUT")
    await house.as_("anna").does(f"/goals/{ending}/closure", {"outcome": "cancelled", "comment": "No need."})
    await fold(house)
    assert ((await below(house, old)) or {})["direct"] == 0
    assert ((await below(house, new)) or {})["direct"] == 1


async def test_a_private_goal_is_in_no_sum_and_in_no_tree_of_others(house: GoalsHouse) -> None:
    top = await parent_of(house)
    private = await house.agreed(parent_id=top, visibility="private")
    await measured(house, private, 7)
    await fold(house)
    tree = await house.as_("peer").read(f"/goals/{top}/tree")
    assert (tree["roll_up"], tree["serving"]) == (None, [])
    own = await house.as_("anna").read(f"/goals/{top}/tree")
    assert [node["goal_id"] for node in own["serving"]] == [private]


async def test_a_sum_of_few_is_shown_to_who_sees_all_of_them_and_a_sum_of_many_to_everybody(
    house: GoalsHouse,
) -> None:
    top = await parent_of(house)
    kid = await house.agreed(parent_id=top, visibility="line")
    await measured(house, kid, 7)
    await fold(house)
    assert (await house.as_("peer").read(f"/goals/{top}/tree"))["roll_up"] is None
    assert (await house.as_("chief").read(f"/goals/{top}/tree"))["roll_up"]["progress"] == 0.7
    for _ in range(4):
        await house.agreed(parent_id=top, visibility="line")
    await fold(house)
    of_five = await house.as_("peer").read(f"/goals/{top}/tree")
    assert (of_five["roll_up"]["below"], of_five["serving"]) == (5, [])


async def test_a_goal_that_goes_elsewhere_while_its_mark_is_read_is_folded_where_it_went(
    house: GoalsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = await parent_of(house), await parent_of(house)
    kid = await house.agreed(parent_id=old, visibility="everyone")
    worker = FoldWorker(house.work)
    read = worker._parents

    async def parents(marks: Any) -> Any:
        found = await read(marks)
        await house.as_("anna").does(f"/goals/{kid}/parent", {"parent_id": new}, method="PUT")
        monkeypatch.undo()
        return found

    monkeypatch.setattr(worker, "_parents", parents)
    await worker.turn()
    await fold(house)
    assert ((await below(house, new)) or {"direct": None})["direct"] == 1
    assert await below(house, old) is None


async def test_erasing_an_owner_takes_the_goal_out_of_the_sum(house: GoalsHouse) -> None:
    top = await parent_of(house)
    await house.agreed(parent_id=top, visibility="everyone")
    await fold(house)
    assert ((await below(house, top)) or {})["direct"] == 1
    await house.erase(PersonState, "anna")
    await fold(house)
    assert ((await below(house, top)) or {})["direct"] == 0


async def test_goals_that_serve_none_are_found(house: GoalsHouse) -> None:
    top = await parent_of(house)
    aligned = await house.agreed(parent_id=top)
    orphan = await house.agreed()
    listed = await house.as_("anna").read("/goals", aligned="false", owner_id="anna")
    assert [each["goal_id"] for each in listed["items"]] == [orphan]
    listed = await house.as_("anna").read("/goals", aligned="true", owner_id="anna")
    assert [each["goal_id"] for each in listed["items"]] == [aligned]


async def test_a_fold_that_fails_keeps_no_other_from_its_turn_and_comes_again(
    house: GoalsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = await parent_of(house), await parent_of(house)
    for parent in (bad, good):
        await house.agreed(parent_id=parent, visibility="everyone")
    real = usecase.roll_up

    def failing(goal_id: Any, serving: Any) -> RollUp:
        if goal_id == bad:
            raise ArithmeticError("broken")
        return real(goal_id, serving)

    monkeypatch.setattr(usecase, "roll_up", failing)
    with clock_at(house.work, NOW):
        await fold(house)
    assert ((await below(house, good)) or {})["direct"] == 1
    assert await below(house, bad) is None
    monkeypatch.setattr(usecase, "roll_up", real)
    with clock_at(house.work, NOW + timedelta(seconds=61)):
        await fold(house)
    assert ((await below(house, bad)) or {})["direct"] == 1


async def test_what_very_many_serve_is_left_alone_for_a_while_after_a_fold_and_misses_nothing(
    house: GoalsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecase, "ORDINARY", 1)
    monkeypatch.setattr(usecase, "PAUSE_EACH", timedelta(seconds=10))
    top, old = await parent_of(house), await parent_of(house)
    kids = [await house.agreed(parent_id=top, visibility="everyone") for _ in range(2)]
    moving = await house.agreed(parent_id=old, visibility="everyone")
    with clock_at(house.work, NOW):
        await fold(house)
        await measured(house, kids[0], 5)
        await house.as_("anna").does(f"/goals/{moving}/parent", {"parent_id": top}, method="PUT")
        await fold(house)
    found = await below(house, top) or {}
    assert (found["direct"], found["progress"]) == (2, 0.0)
    assert ((await below(house, old)) or {})["direct"] == 0, "an ordinary one is folded at once"
    with clock_at(house.work, NOW + timedelta(seconds=19)):
        await fold(house)
    assert ((await below(house, top)) or {})["direct"] == 2
    with clock_at(house.work, NOW + timedelta(seconds=21)):
        await fold(house)
        found = await below(house, top) or {}
        assert (found["direct"], found["progress"]) == (3, pytest.approx(0.5 / 3))
        await measured(house, kids[1], 10)
        await fold(house)
    assert ((await below(house, top)) or {})["progress"] == pytest.approx(0.5 / 3)
    with clock_at(house.work, NOW + timedelta(seconds=60)):
        await fold(house)
    assert ((await below(house, top)) or {})["progress"] == pytest.approx(0.5)
    assert await house.db[FOLDS].count_documents({"due_at": {"$exists": True}}) == 0


async def test_of_what_serves_a_goal_a_fold_reads_what_counts_and_no_more(
    house: GoalsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = await parent_of(house)
    middle = await house.agreed("manager", by="chief", parent_id=top, visibility="everyone")
    await house.agreed("anna", parent_id=middle, visibility="everyone")
    read: list[dict[str, Any]] = []
    real = counted

    def seen(goal: dict[str, Any], below: dict[str, Any] | None) -> Any:
        read.append(goal)
        assert below is None or below["below"] > 0
        return real(goal, below)

    monkeypatch.setattr(usecase, "counted", seen)
    await fold(house)
    assert read
    assert all("title" not in each and "key_results" not in each for each in read)
    assert ((await below(house, top)) or {})["below"] == 2


async def from_scratch(house: GoalsHouse) -> Mapping[str, RollUp]:
    """The sums as they would be if they were made anew, from the leaves up."""
    goals = {doc["_id"]: doc async for doc in house.db["goals"].find({})}
    made: dict[str, RollUp] = {}

    def of(goal_id: str) -> RollUp:
        if goal_id not in made:
            serving = [
                counted(doc, of(doc["_id"]).model_dump() | {"_id": doc["_id"]})
                for doc in goals.values()
                if doc["parent_id"] == goal_id
            ]
            made[goal_id] = roll_up(goal_id, serving)
        return made[goal_id]

    return {goal_id: of(goal_id) for goal_id in goals}


@pytest.mark.parametrize("ordinary", [1_000, 1])
async def test_after_any_sequence_of_concurrent_changes_the_sums_are_those_made_from_scratch(
    house: GoalsHouse, ordinary: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecase, "ORDINARY", ordinary)
    monkeypatch.setattr(usecase, "PAUSE_EACH", timedelta(milliseconds=50))
    dice = random.Random(11)
    goal_ids = [await house.agreed(visibility="everyone", key_results=[REACH]) for _ in range(10)]

    async def change(ask: Any) -> None:
        goal_id = dice.choice(goal_ids)
        deed = dice.randrange(4)
        if deed == 0:
            parent = dice.choice([None, *goal_ids])
            body = {"parent_id": parent, "contribution": dice.choice([1, 2, 5])}
            answer = await ask.send("PUT", f"/goals/{goal_id}/parent", body)
            assert answer.status_code in {200, 409, 422}, answer.text
        elif deed == 1:
            blockers = [{"kind": "person", "description": "x"}] * dice.randrange(2)
            await ask.post(f"/goals/{goal_id}/check-ins", {"confidence": 0.5, "blockers": blockers})
        else:
            path = f"/goals/{goal_id}/key-results/reach/measurements"
            await ask.post(path, {"value": dice.randrange(11)})

    async with house.twin() as twin:
        workers = [FoldWorker(house.work), FoldWorker(twin.work)]
        for _ in range(12):
            asks = [change(dice.choice([house, twin]).as_("anna")) for _ in range(6)]
            await asyncio.gather(*asks, *(worker.turn() for worker in workers))
    await fold(house)
    with clock_at(house.work, datetime.now(UTC) + usecase.LONGEST_PAUSE):
        await fold(house)
    wanted = await from_scratch(house)
    found = {doc["_id"]: from_document(RollUp, doc) async for doc in house.db["roll_ups"].find({})}
    for goal_id, sum_ in wanted.items():
        kept = found.get(goal_id, RollUp(goal_id=goal_id, narrow=0))
        assert kept.model_copy(update={"version": 0, "progress": None}) == sum_.model_copy(
            update={"progress": None}
        )
        assert (kept.progress is None) == (sum_.progress is None)
        assert kept.progress is None or abs(kept.progress - (sum_.progress or 0)) < 1e-9
    assert any(sum_.below > 2 for sum_ in wanted.values())
