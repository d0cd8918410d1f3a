"""Goals are counted as one who reads them all would count them, from an index alone where they are many."""

from collections import defaultdict
from itertools import product
from typing import Any, get_args

import pytest

from services.goals.store import GOALS
from services.goals.tally import Tally
from services.goals.views.groups import STATUSES, By
from shared.contracts.goals import GoalStatus
from tests.profiler import profiled
from tests.services.goals.crowd import READERS
from tests.services.goals.house import GoalsHouse

READERS_TOO = {**READERS, "HR with goals": ("anna", "hr_admin")}
WANTED: list[dict[str, Any]] = [
    {},
    {"status": "agreed"},
    {"status": "closed"},
    {"period_id": "period-1"},
    {"level": "team", "kind": "kpi", "status": "agreed"},
    {"category": "category-7"},
    {"owner_id": "ben"},
]
ALL_SHARED: list[dict[str, Any]] = [{}, {"status": "agreed"}, {"period_id": "period-1"}]
FIELDS = {"period": "period_id"}


async def _shown(house: GoalsHouse, who: tuple[str, ...], wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """The documents of what the caller is shown."""
    stored = {doc["_id"]: doc async for doc in house.db[GOALS].find()}
    shown = await house.as_(*who).listed("/goals", **wanted, limit=1000)
    return [stored[each["goal_id"]] for each in shown]


def _recounted(docs: list[dict[str, Any]], by: By) -> Any:
    """The same, goal by goal."""
    groups: defaultdict[Any, dict[str, Any]] = defaultdict(
        lambda: {
            "goals": 0,
            "agreed": 0,
            "overdue": 0,
            "blocked": 0,
            "measured": 0,
            "behind": 0,
            "percent": 0,
        }
    )
    for doc in docs:
        key = doc["standing"]["pace"] if by == "pace" else doc.get(FIELDS.get(by, by))
        agreed = doc["status"] == "agreed"
        if by == "pace" and not agreed:
            key = None
        group = groups[key or None]
        group["goals"] += 1
        group["agreed"] += agreed
        group["overdue"] += agreed and doc["standing"]["overdue"]
        group["blocked"] += agreed and bool(doc["blocked_by"])
        group["behind"] += agreed and doc["standing"]["pace"] == "at_risk"
        ran = agreed or doc["outcome"] in {"achieved", "partly_achieved", "missed"}
        group["measured"] += ran and doc["percent"] is not None
        group["percent"] += ran and (doc["percent"] or 0)
    return {
        key: {
            **each,
            "percent": pytest.approx(each["percent"] / each["measured"]) if each["measured"] else None,
        }
        for key, each in groups.items()
    }


async def _counted(house: GoalsHouse, who: tuple[str, ...], wanted: dict[str, Any], by: By) -> Any:
    groups = await house.as_(*who).read("/goal-statistics", **wanted, by=by)
    return {
        each["key"]: {
            "goals": each["goals"],
            "agreed": each["statuses"]["agreed"],
            "overdue": each["overdue"],
            "blocked": each["blocked"],
            "measured": each["measured"],
            "behind": each["paces"]["at_risk"],
            "percent": None if each["progress"] is None else each["progress"] * 100,
        }
        for each in groups
    }


async def test_all_is_counted_as_if_each_goal_were_read(full: GoalsHouse) -> None:
    """One crowd for all readers: to write it takes as long as to ask about it."""
    for (reader, who), wanted in product(READERS_TOO.items(), WANTED):
        docs = await _shown(full, who, wanted)
        for by in get_args(By):
            if by != "unit":
                counted = await _counted(full, who, wanted, by)
                assert counted == _recounted(docs, by), (reader, wanted, by)


async def test_who_reads_all_that_is_shared_has_it_counted_from_the_index_alone(full: GoalsHouse) -> None:
    for by in ("status", "pace", "level", "period", "visibility", "unit"):
        for who, wanted in product((READERS["HR"], READERS["auditor"]), ALL_SHARED):
            async with profiled(full.db, ns=f"{full.db.name}.{GOALS}", op="command") as ran:
                await full.as_(*who).read("/goal-statistics", **wanted, by=by)
            most = max(ran, key=lambda each: each["keysExamined"])
            assert most["docsExamined"] == 0, (by, who, wanted)
            assert sum(each["docsExamined"] for each in ran) <= 800, "private ones that are read besides"


async def test_coverage_is_counted_from_the_index_alone(full: GoalsHouse) -> None:
    async with profiled(full.db, ns=f"{full.db.name}.{GOALS}", op="command") as ran:
        coverage = await full.as_("auditor", "auditor").read("/goal-coverage")
    most = max(ran, key=lambda each: each["keysExamined"])
    assert most["docsExamined"] == 0
    docs = await full.db[GOALS].find({"status": "agreed"}).to_list(None)
    assert {each["level"]: (each["goals"], each["aligned"]) for each in coverage["levels"]} == {
        level: (
            sum(doc["level"] == level for doc in docs),
            sum(
                doc["level"] == level and doc["parent_id"] is not None and not doc.get("orphaned")
                for doc in docs
            ),
        )
        for level in ("person", "team")
    }


async def test_those_that_serve_none_or_what_has_ended_are_found_by_indexes(full: GoalsHouse) -> None:
    goals = full.db[GOALS]
    few = [doc["_id"] async for doc in goals.find({"orphaned": True}, {"_id": 1}).limit(3)]
    await goals.update_many({"orphaned": True, "_id": {"$nin": few}}, {"$set": {"orphaned": False}})
    alone = [doc["_id"] async for doc in goals.find({"parent_id": None}, {"_id": 1}).limit(3)]
    await goals.update_many({"parent_id": None, "_id": {"$nin": alone}}, {"$set": {"parent_id": "parent-1"}})
    async with profiled(full.db, ns=f"{full.db.name}.{GOALS}", op="query") as ran:
        listed = await full.as_("auditor", "auditor").read("/goals", aligned="false")
    assert [each["goal_id"] for each in listed["items"]] == sorted([*few, *alone])
    assert sum(each["docsExamined"] for each in ran) < 100


async def test_the_tally_follows_the_goal(house: GoalsHouse) -> None:
    async def tally() -> Tally:
        [doc] = await house.db[GOALS].find().to_list(None)
        return Tally.read(doc["tally"])

    goal_id = await house.drafted()
    assert await tally() == Tally("draft", "", "", "", "")
    await house.as_("anna").does(f"/goals/{goal_id}/proposal", {"to_person_id": "manager"})
    await house.as_("manager").does(f"/goals/{goal_id}/agreement")
    said = {"confidence": 0.5, "blockers": [{"kind": "process", "description": "Slow."}]}
    await house.as_("anna").does(f"/goals/{goal_id}/check-ins", said)
    await house.look()
    found = await tally()
    assert (found.status, found.blocked, found.pace != "") == ("agreed", "blocked", True)
    await house.as_("anna").does(f"/goals/{goal_id}/closure", {"outcome": "missed"})
    assert await tally() == Tally("closed", "missed", "", "", "")


def test_a_tally_begins_with_a_stage_that_no_other_one_begins_with() -> None:
    stages = get_args(GoalStatus)
    for one in stages:
        words = [Tally(each, "", "on_track", "overdue", "").word for each in stages]
        assert [word for word in words if f"{one}:" <= word < f"{one};"] == [words[stages.index(one)]]


def test_agreed_and_closed_come_before_all_other_stages() -> None:
    assert sorted(STATUSES)[:2] == ["agreed", "closed"]
