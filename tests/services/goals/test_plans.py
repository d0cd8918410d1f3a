"""Each filter of a list has an index that serves it for each role, with few rows read beside those shown."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.goals.initiative_store import INITIATIVES
from services.goals.store import COLLECTIONS, GOALS
from services.goals.views import exports, plans
from services.goals.views.plans import COMMON, OF_ONE, RARE, SORTED, TEAM, UNIT, described
from services.goals.views.wanted import GoalsWanted
from tests.profiler import profiled
from tests.services.asker import Asker
from tests.services.goals.crowd import READERS
from tests.services.goals.house import GoalsHouse

LIMIT = 10
MANY = {"manager of many", "HR", "auditor"}
ASKED: dict[str, dict[str, Any]] = {
    "owner_id": {"owner_id": "anna"},
    "asked_id": {"asked_id": "manager"},
    "parent_id": {"parent_id": "parent-1"},
    "origin_id": {"origin_id": "origin-1"},
    "template_id": {"template_id": "template-1"},
    "period_id": {"period_id": "period-1"},
    "status": {"status": "draft"},
    "outcome": {"outcome": "missed"},
    "kind": {"kind": "kpi"},
    "level": {"level": "team"},
    "category": {"category": "category-7"},
    "perspective": {"perspective": "customer"},
    "tag": {"tag": "Tag-3"},
    "pace": {"pace": "at_risk"},
    "heading": {"heading": "miss"},
    "overdue": {"overdue": "true"},
    "silent": {"silent": "true"},
    "neglect": {"neglect": "owner_left"},
    TEAM: {TEAM: "manager"},
    UNIT: {UNIT: "unit_north"},
    "due_on": {"sort": "due_on"},
    "progress": {"sort": "-progress"},
}
UNSERVED = {"aligned", "runs_from", "runs_to"}
"""What most goals are like, one way or the other: they are read as without a filter."""
BESIDE = 30
"""Rows that are looked at for each one that is shown, at most."""


def _index_of(keys: dict[str, Any]) -> str:
    named = {tuple(each.document["key"].items()): each.document["name"] for each in COLLECTIONS[GOALS]}
    return named.get(tuple(keys.items()), "_id_")


async def _plan(
    house: GoalsHouse, asker: Asker, *, of: str = GOALS, **asked: Any
) -> tuple[set[str], int, int]:
    """By which indexes a list was read, of how many rows, and how many of them were what is wanted."""
    wanted = {"ns": f"{house.db.name}.{of}", "op": "query", "command.limit": LIMIT + 1}
    async with profiled(house.db, **wanted) as ran:
        await asker.read(f"/{of}", **asked)
    assert ran
    used: set[str] = set()

    def walk(stage: dict[str, Any]) -> None:
        if stage["stage"] in {"IXSCAN", "COLLSCAN"}:
            used.add(_index_of(stage["keyPattern"]) if stage["stage"] == "IXSCAN" else "all of them")
        for below in [stage.get("inputStage"), *stage.get("inputStages", ())]:
            if below:
                walk(below)

    for each in ran:
        walk(each["execStats"])
    examined = sum(max(each["docsExamined"], each["keysExamined"]) for each in ran)
    return used, examined, min(LIMIT + 1, sum(each["nreturned"] for each in ran))


def test_every_filter_of_the_list_is_served_or_said_to_be_common() -> None:
    served = {*OF_ONE, TEAM, UNIT, *RARE, *COMMON, *SORTED}
    assert set(GoalsWanted.model_fields) | {*SORTED} == served | UNSERVED
    assert ASKED.keys() == served


async def test_each_filter_is_served_by_its_index_for_each_role(full: GoalsHouse) -> None:
    wrong: list[Any] = []
    for who, caller in READERS.items():
        asker = full.as_(*caller)
        for name, asked in ASKED.items():
            used, examined, returned = await _plan(full, asker, **asked, limit=LIMIT)
            own = {
                **OF_ONE,
                TEAM: "by_owner",
                UNIT: "by_owner",
                **RARE,
                **SORTED,
                **(COMMON if who in MANY else {}),
            }.get(name)
            merged = {"by_owner", "by_everyone_or_private", "by_asked", COMMON.get(name)}
            served = used == {own} if own else used <= merged
            if not served or examined > BESIDE * (returned + 1):
                wrong.append((who, name, used, examined, returned))
    assert wrong == [], "\n".join(map(str, wrong))


@pytest.mark.parametrize("sort", [None, "due_on"])
async def test_goals_of_a_large_unit_are_found_among_all(
    full: GoalsHouse, monkeypatch: pytest.MonkeyPatch, sort: str | None
) -> None:
    monkeypatch.setattr(plans, "MEMBERS", 100)
    asked = {UNIT: "unit_all", **({"sort": sort} if sort else {})}
    for who in MANY:
        used, examined, returned = await _plan(full, full.as_(*READERS[who]), **asked, limit=LIMIT)
        assert used == {"by_due" if sort else "_id_"}, who
        assert examined <= BESIDE * (returned + 1), who


async def test_later_pages_begin_where_the_last_one_ended(full: GoalsHouse) -> None:
    asker = full.as_("chief")
    for asked in ({"category": "category-7"}, {"status": "draft"}, {"sort": "due_on"}, {"sort": "-progress"}):
        one = await asker.listed("/goals", **asked, limit=LIMIT * 5)
        assert len({each["goal_id"] for each in one}) == len(one)
        everything = await asker.listed("/goals", **asked, limit=1000)
        assert [each["goal_id"] for each in one] == [each["goal_id"] for each in everything]
        page = await asker.read("/goals", **asked, limit=LIMIT)
        _, examined, returned = await _plan(full, asker, **asked, limit=LIMIT, cursor=page["next"])
        assert examined <= BESIDE * (returned + 1), asked


@pytest.mark.parametrize("of", [GOALS, INITIATIVES])
async def test_all_that_somebody_sees_is_read_page_by_page(full: GoalsHouse, of: str) -> None:
    if of == INITIATIVES:
        await with_initiatives(full)
    wrong: list[Any] = []
    for who, caller in READERS.items():
        asker, cursor = full.as_(*caller), dict[str, Any]()
        for _ in range(4):
            used, examined, returned = await _plan(full, asker, of=of, **cursor, limit=LIMIT)
            if examined > BESIDE * (returned + 1):
                wrong.append((who, cursor, used, examined, returned))
            page = await asker.read(f"/{of}", **cursor, limit=LIMIT)
            cursor = {"cursor": page["next"]}
    assert wrong == [], "\n".join(map(str, wrong))


async def with_initiatives(house: GoalsHouse) -> None:
    """Two of each goal, to be done by somebody else than its owner."""
    plan = {"title": "Call them", "owner_id": "ben", "starts_on": "2026-02-01", "due_on": "2026-02-20"}
    made = await house.as_("anna").does(f"/goals/{await house.agreed()}/initiatives", plan)
    like = await house.db[INITIATIVES].find_one({"_id": made["initiative_id"]}) or {}
    goals = await house.db[GOALS].find({}, {"owner_id": 1, "visibility": 1}).to_list(None)
    for_goals = [
        {
            **like,
            "_id": f"initiative_{number}_{goal['_id']}",
            "goal_id": goal["_id"],
            "goal_owner_id": goal["owner_id"],
            "goal_visibility": goal["visibility"],
            "owner_id": goals[(number * 7 + place) % len(goals)]["owner_id"],
            "due_on": (date(2026, 3, 1) + timedelta(days=place % 200)).isoformat(),
        }
        for place, goal in enumerate(goals)
        for number in (1, 2)
    ]
    await house.db[INITIATIVES].insert_many(for_goals)


async def test_a_file_is_read_page_by_page(full: GoalsHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PAGE", 100)
    goals = {"ns": f"{full.db.name}.{GOALS}", "op": "query", "command.limit": 100}
    wrong: list[Any] = []
    for path in ("/goals/export", "/goals/export/measurements"):
        for who in ("manager of many", "HR", "auditor"):
            for asked in ({}, {"category": "category-7"}, {"status": "draft"}):
                async with profiled(full.db, **goals) as ran:
                    assert (await full.as_(*READERS[who]).get(path, **asked)).status_code == 200
                assert len(ran) >= 1
                examined = [max(each["docsExamined"], each["keysExamined"]) for each in ran]
                if max(examined) > BESIDE * 100:
                    wrong.append((path, who, asked, examined))
    assert wrong == [], "\n".join(map(str, wrong))


def test_the_choice_is_told_as_it_is() -> None:
    page = Path(__file__).parents[3] / "docs" / "performance.md"
    assert described() in page.read_text()
