"""To read what is private of goals, or how they were graded, stands in the audit."""

from typing import Any

import pytest

from shared.audit.rows import AUDIT
from shared.http import viewing
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


OF_ANNA = {"owner_id": "anna"}
LISTS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/goals", OF_ANNA),
    ("/goals-as-of", {**OF_ANNA, "at": "2026-02-01T00:00:00Z"}),
    ("/goals/export", OF_ANNA),
    ("/goals/export", {**OF_ANNA, "format": "parquet"}),
    ("/goals/export", {**OF_ANNA, "form": "plan"}),
    ("/goals/export/measurements", OF_ANNA),
    ("/goals/{parent}/tree", {}),
    ("/goals/{parent}/tree/as-of", {"at": "2026-02-01T00:00:00Z"}),
    ("/lessons", OF_ANNA),
    ("/planning/anna", {"period_id": "{period}"}),
)


async def among_others(house: GoalsHouse) -> dict[str, str]:
    """A goal of anna's for nobody but her line, and one for everyone, both closed with a lesson."""
    parent = await house.agreed("manager", by="chief", visibility="everyone")
    ids: dict[str, str] = {"parent": parent}
    anna = house.as_("anna")
    for visibility in ("private", "everyone"):
        goal_id = await house.agreed(visibility=visibility, parent_id=parent)
        await anna.does(f"/goals/{goal_id}/key-results/reach/measurements", {"value": 4})
        said = {"outcome": "missed", "retrospective": {"lessons": "Begin earlier."}}
        await anna.does(f"/goals/{goal_id}/closure", said)
        ids[visibility] = goal_id
    opened = {"name": "Q2", "kind": "quarter", "starts_on": "2026-04-01", "ends_on": "2026-06-30"}
    ids["period"] = (await house.as_("hr", "hr_admin").does("/periods", opened))["period_id"]
    return ids


@pytest.mark.parametrize(("path", "asked"), LISTS)
async def test_private_goals_that_a_list_or_a_file_shows_are_noted_one_by_one(
    house: GoalsHouse, path: str, asked: dict[str, str]
) -> None:
    ids = await among_others(house)
    given = {name: value.format(**ids) for name, value in asked.items()}
    answer = await house.as_("manager").get(path.format(**ids), **given)
    assert answer.status_code == 200, answer.text
    await house.runtime.reads.flush()
    rows = await house.db[AUDIT].find({"kind": "read", "action": "read"}).to_list(None)
    assert [(row["by"], row["about"]) for row in rows] == [("manager", [f"goals/{ids['private']}"])]
    in_path = {"goal_id"} if "tree" in path else {"owner_id"}
    assert set(rows[0]["asked"]) == in_path | ({*asked} & {"period_id"})


async def test_many_that_are_shown_are_all_noted_so_many_in_a_row(
    house: GoalsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewing, "MOST_IDS", 2)
    wanted = [f"goals/{await house.drafted(visibility='private')}" for _ in range(5)]
    await house.as_("anna").read("/goals", **OF_ANNA)
    await house.as_("anna").get("/goals/export", **OF_ANNA)
    await house.runtime.reads.flush()
    rows = await house.db[AUDIT].find({"kind": "read"}).sort("_id", 1).to_list(None)
    assert [len(row["about"]) for row in rows] == [2, 2, 1] * 2
    assert sorted(each for row in rows for each in row["about"]) == sorted(wanted * 2)


async def test_what_is_done_for_a_private_goal_is_noted_of_who_reads_it(house: GoalsHouse) -> None:
    noted: list[str] = []
    for visibility in ("private", "everyone"):
        goal_id = await house.agreed(visibility=visibility)
        plan = {"title": "Call them", "owner_id": "ben", "starts_on": "2026-02-01", "due_on": "2026-02-20"}
        made = await house.as_("anna").does(f"/goals/{goal_id}/initiatives", plan)
        await house.as_("ben").read(f"/goals/{goal_id}/initiatives/{made['initiative_id']}")
        noted += [f"initiatives/{made['initiative_id']}"] if visibility == "private" else []
    await house.as_("ben").read("/initiatives", owner_id="ben")
    assert await reads(house) == [("ben", "read_initiative", *noted)] * 2
