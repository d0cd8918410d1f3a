"""What a goal serves, and who works on it: as far as one may read, and as far as one answer goes."""

from typing import Any

import pytest

from services.goals.views import below, tree
from tests.services.goals.house import GoalsHouse, wording
from tests.services.goals.usecases.test_fold_goals import parent_of


async def test_the_line_above_ends_at_what_may_not_be_read(house: GoalsHouse) -> None:
    top = await parent_of(house)
    hidden = await house.agreed("manager", by="chief", parent_id=top, visibility="private")
    leaf = await house.as_("manager").does(
        "/goals",
        {
            "owner_id": "anna",
            "title": "Serve",
            "starts_on": "2026-01-01",
            "due_on": "2026-03-31",
            "parent_id": hidden,
        },
    )
    line = await house.as_("anna").read(f"/goals/{leaf['goal_id']}/line")
    assert [(each["goal_id"], each["title"]) for each in line] == [(None, None)], (
        "and what that serves is its own"
    )
    line = await house.as_("chief").read(f"/goals/{hidden}/line")
    assert [(each["goal_id"], each["title"]) for each in line] == [(top, "Reach more customers")]


async def test_a_line_that_is_longer_than_one_answer_says_where_it_goes_on(
    house: GoalsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "MOST_ABOVE", 1)
    line = [await parent_of(house)]
    for _ in range(3):
        line.insert(0, await parent_of(house, parent_id=line[0]))

    async def above(goal_id: str) -> list[tuple[str, bool]]:
        found = await house.as_("peer").read(f"/goals/{goal_id}/line")
        return [(each["goal_id"], each["more"]) for each in found]

    assert await above(line[0]) == [(line[1], False), (line[2], True)]
    assert await above(line[1]) == [(line[2], False), (line[3], False)]
    assert await above(line[2]) == [(line[3], False)]


def contributor(person_id: str, *, goals: int = 0, initiatives: int = 0) -> dict[str, Any]:
    return {"person_id": person_id, "goals": goals, "initiatives": initiatives}


async def plan(house: GoalsHouse, goal_id: str, owner_id: str, *, by: str) -> str:
    said = {"title": "Do it", "owner_id": owner_id, "starts_on": "2026-01-10", "due_on": "2026-02-10"}
    made = await house.as_(by).does(f"/goals/{goal_id}/initiatives", said)
    return f"/goals/{goal_id}/initiatives/{made['initiative_id']}"


async def test_who_does_an_initiative_works_on_its_goal_and_on_what_that_serves(house: GoalsHouse) -> None:
    top = await parent_of(house)
    middle = await house.agreed("manager", by="chief", parent_id=top, visibility="everyone")
    hidden = await house.agreed("ben", parent_id=middle, visibility="private")
    for owner_id in ("ben", "ben", "manager"):
        await plan(house, middle, owner_id, by="manager")
    await plan(house, hidden, "anna", by="ben")
    await plan(house, top, "partner", by="chief")
    await plan(house, top, "other_partner", by="chief")
    await house.let_go("other_partner")
    over = await plan(house, middle, "auditor", by="manager")
    await house.as_("manager").does(f"{over}/closure", {"outcome": "done"})
    found = await house.as_("peer").read(f"/goals/{top}/contributors")
    people = [
        contributor("manager", goals=1, initiatives=1),
        contributor("ben", initiatives=2),
        contributor("partner", initiatives=1),
    ]
    assert found == {"contributors": people, "complete": True}


async def test_who_works_on_it_is_told_as_far_as_one_may_read(house: GoalsHouse) -> None:
    top = await parent_of(house)
    middle = await house.agreed("manager", by="chief", parent_id=top, visibility="everyone")
    await house.agreed("anna", parent_id=middle, visibility="everyone")
    await house.agreed("anna", parent_id=middle, visibility="everyone")
    await house.agreed("ben", parent_id=middle, visibility="private")
    found = await house.as_("peer").read(f"/goals/{top}/contributors")
    people = [contributor("anna", goals=2), contributor("manager", goals=1)]
    assert found == {"contributors": people, "complete": True}


async def test_of_very_many_who_work_on_it_the_nearest_are_told_and_that_there_are_more(
    house: GoalsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = await parent_of(house)
    middle = await house.agreed("manager", by="chief", parent_id=top, visibility="everyone")
    for _ in range(2):
        await house.agreed("anna", parent_id=middle, visibility="everyone")
    monkeypatch.setattr(below, "MOST", 2)
    found = await house.as_("peer").read(f"/goals/{top}/contributors")
    people = [contributor("anna", goals=1), contributor("manager", goals=1)]
    assert found == {"contributors": people, "complete": False}


async def test_who_works_on_what_serves_a_hidden_goal_is_not_told_of_the_one_above(house: GoalsHouse) -> None:
    top = await parent_of(house)
    hidden = await house.agreed("manager", by="chief", parent_id=top, visibility="private")
    leaf = await house.as_("manager").does("/goals", wording(owner_id="anna", parent_id=hidden))
    await house.as_("manager").does(f"/goals/{leaf['goal_id']}/proposal", {"to_person_id": "anna"})
    await house.as_("anna").does(f"/goals/{leaf['goal_id']}/agreement")
    for who, people in (("anna", []), ("manager", ["anna", "manager"])):
        found = await house.as_(who).read(f"/goals/{top}/contributors")
        assert [each["person_id"] for each in found["contributors"]] == people, who
