"""A company of some hundred people with thousands of goals, as they are stored."""

from datetime import date, timedelta
from typing import Any

from services.goals.store import GOALS
from services.goals.tally import Tally
from shared.directory import PEOPLE
from tests.services.goals.house import GoalsHouse

GOALS_THERE = 5_000
CROWD = 400
OUTCOMES = ("achieved", "missed", "cancelled", "missed", "carried_over", "partly_achieved")
READERS = {
    "owner": ("anna",),
    "manager of few": ("manager",),
    "manager of many": ("chief",),
    "HR": ("admin", "hr_admin"),
    "auditor": ("auditor", "auditor"),
    "another": ("peer",),
}
"""Who reads much, little and next to nothing of it, with their roles."""


async def crowd(house: GoalsHouse) -> None:
    """Some hundred people more, with thousands of goals: most are on their way, few are rare.

    Each reader has read before there were many: MongoDB keeps the ways that it took then.
    """
    like, anna = await house.db[GOALS].find_one({"_id": await house.agreed()}), await _person(house, "anna")
    assert like is not None
    team = {**like, "visibility": "team"}
    few = [{**team, "_id": f"few-{who}", "owner_id": who} for who in ("chief", "manager")]
    await house.db[GOALS].insert_many(few)
    for caller in [*READERS.values()] * 3:
        await house.as_(*caller).listed("/goals", limit=1)
        await house.as_(*caller).listed("/initiatives", limit=1)
    people = [f"crowd-{number:03d}" for number in range(CROWD)]
    await house.db[PEOPLE].insert_many(
        [
            {**anna, "_id": who, "manager_id": "other_manager", "ancestors": ["other_manager", "chief"]}
            for who in people
        ]
    )
    owners = ["anna", "ben", "peer", "manager", *people]
    named = [{**like, "_id": _id, "visibility": "everyone"} for _id in ("parent-1", "origin-1")]
    await house.db[GOALS].insert_many(named)
    await house.db[GOALS].insert_many(
        [{**like, **_said(number), "owner_id": owners[number % len(owners)]} for number in range(GOALS_THERE)]
    )


async def _person(house: GoalsHouse, person_id: str) -> dict[str, Any]:
    doc = await house.db[PEOPLE].find_one({"_id": person_id})
    assert doc is not None
    return doc


def _orphaned(number: int, status: str) -> bool:
    return status != "closed" and number % 3 > 0 and number % 13 == 0


def _said(number: int) -> dict[str, Any]:
    status = ("agreed", "agreed", "agreed", "closed", "draft")[number % 5]
    standing: dict[str, Any] = {
        "pace": None,
        "heading": None,
        "overdue": False,
        "silent": False,
        "neglect": None,
    }
    if status == "agreed":
        standing["pace"] = "at_risk" if number % 8 == 0 else "on_track"
        standing["heading"] = "miss" if number % 7 == 0 else "reach"
        standing |= {"overdue": number % 23 == 0, "silent": number % 29 == 0}
        standing["neglect"] = "owner_left" if number % 31 == 0 else None
    outcome = OUTCOMES[number // 5 % len(OUTCOMES)] if status == "closed" else None
    return {
        "_id": f"goal-{number * 7919 % 100_003:06d}",
        "status": status,
        "outcome": outcome,
        "blocked_by": ["process"] if number % 19 == 0 else [],
        "standing": standing,
        "visibility": ("line", "line", "everyone", "team", "private", "line", "everyone")[number // 35 % 7],
        "parent_id": f"parent-{number % 40}" if number % 3 else None,
        "orphaned": _orphaned(number, status),
        "period_id": f"period-{number % 4}",
        "origin_id": f"origin-{number % 211}" if number % 5 == 0 else None,
        "template_id": f"template-{number % 53}" if number % 2 else None,
        "asked_id": "manager" if status == "draft" and number % 11 == 0 else None,
        "category": f"category-{number % 37}",
        "perspective": ("customer", "financial", None, None)[number % 4],
        "kind": "kpi" if number % 6 == 0 else "objective",
        "level": "team" if number % 9 == 0 else "person",
        "tags": [f"tag-{number % 41}", f"tag-{number % 43}"],
        "progress": (number % 11) / 10,
        "percent": number % 11 * 10,
        "tally": Tally.told(
            status,
            outcome,
            standing["pace"],
            overdue=standing["overdue"],
            blocked=number % 19 == 0,
            orphaned=_orphaned(number, status),
        ).word,
        "due_on": (date(2026, 1, 1) + timedelta(days=number % 365)).isoformat(),
    }
