"""Nobody finds a single goal that they may not read in the sums of a tree, nor in their differences."""

import random
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import pytest

from services.goals.store import GOALS
from services.goals.views import sums as module
from services.goals.views.sums import SMALLEST
from tests.services.goals.house import GoalsHouse
from tests.services.goals.test_statistics import fold

Planted = tuple[str, str | None, str, str]
Goals = Mapping[str, dict[str, Any]]


async def plant(house: GoalsHouse, goals: Sequence[Planted]) -> None:
    """Goals by name: what each serves, whose it is, and who may see it."""
    like = await house.db[GOALS].find_one({"_id": await house.agreed("chief", by="manager")})
    assert like is not None
    docs = [
        {**like, "_id": name, "parent_id": parent, "owner_id": owner, "visibility": visibility}
        for name, parent, owner, visibility in goals
    ]
    await house.db[GOALS].insert_many(docs)
    await fold_again(house, [name for name, *_ in goals])


async def fold_again(house: GoalsHouse, names: Sequence[str]) -> None:
    """Have goals that were changed behind the service's back added up."""
    mark = {"$set": {"woken_at": house.now, "due_at": house.now}}
    for name in names:
        await house.db["folds"].update_one({"_id": name}, mark, upsert=True)
    await fold(house)


async def shown(house: GoalsHouse, who: str, goal_id: str, depth: int = 1) -> Any:
    return (await house.as_(who).read(f"/goals/{goal_id}/tree", depth=depth))["roll_up"]


def peers(parent: str, count: int, *, visibility: str = "line") -> list[Planted]:
    """Goals that anna may not read unless everyone may."""
    return [(f"{parent}-{number}", parent, "peer", visibility) for number in range(count)]


TOP: Planted = ("top", None, "chief", "everyone")
C: Planted = ("c", "top", "manager", "everyone")
D: Planted = ("d", "top", "manager", "everyone")
CASES: dict[str, tuple[list[Planted], dict[str, bool]]] = {
    "one deep below": ([TOP, C, *peers("c", 1)], {"top": False, "c": False}),
    "nothing hidden": ([TOP, C, *peers("c", 3, visibility="everyone")], {"top": True, "c": True}),
    "many below one": ([TOP, C, *peers("c", 5)], {"top": True, "c": True}),
    "one beside many": ([TOP, C, *peers("c", 5), *peers("top", 1)], {"top": False, "c": True}),
    "few below each, many in all": (
        [TOP, C, D, *peers("c", 2), *peers("d", 3)],
        {"top": True, "c": False, "d": False},
    ),
    "few below one, many below the other": (
        [TOP, C, D, *peers("c", 2), *peers("d", 5)],
        {"top": False, "c": False, "d": True},
    ),
    "many directly, one deeper": ([TOP, C, *peers("c", 1), *peers("top", 5)], {"top": True, "c": False}),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_sum_is_shown_only_where_what_is_hidden_is_nothing_or_many(
    house: GoalsHouse, case: str
) -> None:
    goals, expected = CASES[case]
    await plant(house, goals)
    for goal_id, visible in expected.items():
        for depth in (1, 3):
            assert (await shown(house, "anna", goal_id, depth) is not None) == visible, (goal_id, depth)
        assert await shown(house, "chief", goal_id) is not None


async def test_progress_is_judged_by_what_it_is_made_of(house: GoalsHouse) -> None:
    """Of five hidden goals one alone is in the progress of the top, the others below what tells its own."""
    await plant(house, [TOP, C, D, *peers("c", 1), *peers("d", 4)])
    everyone: dict[str, Any] = {"$set": {"key_results": [], "progress": None}}
    await house.db[GOALS].update_one({"_id": "c"}, everyone)
    assert await shown(house, "anna", "top") is None
    await house.db[GOALS].update_one({"_id": "d"}, everyone)
    assert await shown(house, "anna", "top") is not None


@pytest.mark.parametrize(
    ("goals", "measured", "visible"),
    [
        ([TOP, *peers("top", 5)], 0, True),
        ([TOP, *peers("top", 5)], 1, False),
        ([TOP, *peers("top", 6)], 5, True),
        ([TOP, C, D, *peers("c", 2), *peers("d", 3)], 0, True),
        ([TOP, C, D, *peers("c", 2), *peers("d", 3)], 1, False),
        ([TOP, C, D, *peers("c", 2), *peers("d", 3)], 5, True),
    ],
)
async def test_progress_is_shown_only_of_none_or_many_that_are_measured(
    house: GoalsHouse, goals: list[Planted], measured: int, visible: bool
) -> None:
    await plant(house, goals)
    open_, hidden_ones = ["c", "d"], [name for name, _, owner, _ in goals if owner == "peer"]
    unmeasured: dict[str, Any] = {"$set": {"key_results": [], "progress": None}}
    names = {"$in": [*open_, *hidden_ones[measured:]]}
    await house.db[GOALS].update_many({"_id": names}, unmeasured)
    await fold_again(house, [name for name, *_ in goals])
    assert (await shown(house, "anna", "top") is not None) == visible


async def test_a_hidden_goal_without_progress_may_stand_above_one_that_has_some(house: GoalsHouse) -> None:
    below: Planted = ("below", "top-0", "peer", "line")
    await plant(house, [TOP, *peers("top", 5), below])
    unmeasured: dict[str, Any] = {"$set": {"key_results": [], "progress": None}}
    await house.db[GOALS].update_many({"_id": {"$regex": "^top-"}}, unmeasured)
    await fold_again(house, ["below"])
    assert (await shown(house, "chief", "top"))["progress"] is not None
    assert await shown(house, "anna", "top") is None


async def test_what_is_not_known_is_not_shown(house: GoalsHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    await plant(house, [TOP, C, *peers("c", 6, visibility="team")])
    assert await shown(house, "anna", "top") is not None
    monkeypatch.setattr(module, "MOST", 0)
    assert await shown(house, "anna", "top") is None
    monkeypatch.undo()
    await house.db[GOALS].delete_one({"_id": "c-0"})
    await house.db[GOALS].update_one({"_id": "c-1"}, {"$set": {"visibility": "everyone"}})
    assert await shown(house, "anna", "top") is None


async def test_no_difference_of_sums_leaves_few(house: GoalsHouse) -> None:
    dice = random.Random(11)
    for turn in range(3):
        names = [f"t{turn}g{number}" for number in range(60)]
        goals: list[Planted] = [(names[0], None, "chief", "everyone")]
        goals += [
            (
                name,
                dice.choice(names[: max(1, number // 3)]),
                dice.choice(("peer", "anna", "manager")),
                dice.choice(("line", "everyone", "everyone", "private")),
            )
            for number, name in enumerate(names[1:], 1)
        ]
        await plant(house, goals)
        docs = {doc["_id"]: doc async for doc in house.db[GOALS].find({"_id": {"$in": names}})}
        mine = {each["goal_id"] for each in await house.as_("anna").listed("/goals")} & {*names}
        sums = {name: hidden(name, docs) - mine for name in mine if await shown(house, "anna", name)}
        for one, other in combinations(sums, 2):
            if sums[one] >= sums[other]:
                assert len(sums[one] - sums[other]) not in range(1, SMALLEST), (turn, one, other)
        assert all(len(each) not in range(1, SMALLEST) for each in sums.values())


def hidden(goal_id: str, docs: Goals) -> set[str]:
    """All that is added up below a goal."""
    direct = [
        doc["_id"] for doc in docs.values() if doc["parent_id"] == goal_id and doc["visibility"] != "private"
    ]
    return {*direct}.union(*(hidden(each, docs) for each in direct))
