"""Goals counted, by unit, period, stage and more, and how far what is planned serves the strategy.

Of the goals that the caller may read, and of no others.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.goals.domain.roll_up import UNFINISHED
from services.goals.store import GOALS
from services.goals.tally import ORPHANED, Tally
from services.goals.views.counting import grouped, parts_of, run
from services.goals.views.goal_view import GoalView, goal_view
from services.goals.views.groups import AskedGrouping, Group, Grouping, Sum
from services.goals.views.judgements import for_reader
from services.goals.views.plans import COMMON
from services.goals.views.wanted import GoalsWanted
from shared.contracts.goals import GoalLevel
from shared.directory import PEOPLE
from shared.errors import Invalid
from shared.http import View
from shared.mongo import Collection, Doc
from shared.paging import AskedPage, Page, Sort, page_of
from shared.problem_docs import refusals

router = APIRouter(tags=["goals"])
ROWS_AT_ONCE: Final = 5_000
STRATEGY: Final[Sequence[GoalLevel]] = ("organisation", "team")


class Covered(BaseModel):
    """Agreed goals of a level: how many of them serve another that is open, and by how many one is served."""

    level: GoalLevel
    goals: int
    aligned: int
    served: int


class Coverage(BaseModel):
    """How far what is planned hangs together; `aligned` is a share from 0 to 1, null without goals.

    `uncovered` counts the agreed goals of the organisation and of teams that none serves which the caller may
    read and is agreed.
    """

    aligned: float | None
    uncovered: int
    levels: list[Covered]


@router.get(
    "/goal-statistics",
    summary="Count goals",
    responses={**refusals(Invalid), 503: {"description": "It takes too long."}},
)
async def get_statistics(
    view: View,
    wanted: Annotated[GoalsWanted, Query()],
    grouping: AskedGrouping,
) -> list[Group]:
    """The goals that the caller may see, in groups; by unit it is the one that the owner works in.

    Rolled up, a goal is in several groups: its owner's unit and every unit above, as they are now.
    """
    goals, seen, asked = view.db[GOALS], await view.filter(), await wanted.matching(view)
    if grouping.by == "unit":
        owners = grouped(goals, parts_of(seen, asked, "owner_id"), _PER_OWNER)
        sums = await _by_unit(view.db[PEOPLE], owners)
    else:
        sums = await _by_key(_grouped(goals, seen, asked, grouping), grouping)
    return await grouping.groups(sums, view.db)


@router.get("/goal-coverage", summary="See how far goals serve the strategy")
async def get_coverage(view: View, wanted: Annotated[GoalsWanted, Query()]) -> Coverage:
    """Of the agreed goals that the caller may see; narrow it to a period or an owner."""
    seen, asked = await view.filter(), await wanted.matching(view)
    agreed = {**asked, "status": "agreed"}
    goals: Counter[GoalLevel] = Counter()
    aligned: Counter[GoalLevel] = Counter()
    if wanted.status in {None, "agreed"}:
        async for row in grouped(view.db[GOALS], parts_of(seen, agreed, "level"), _PER_LEVEL):
            goals[row["_id"]] += row["goals"]
            aligned[row["_id"]] += row["aligned"]
    pipeline = [*_strategy({"$and": [seen, asked, {"status": "agreed"}]}, seen), _SERVED]
    by_level = run(view.db[GOALS], pipeline, hint=COMMON["level"])
    served = {row["_id"]: row["served"] async for row in by_level}
    levels = [
        Covered(
            level=level,
            goals=number,
            aligned=aligned[level],
            served=served.get(level, 0),
        )
        for level, number in sorted(goals.items())
    ]
    below = [each for each in levels if each.level != "organisation"]
    count = sum(each.goals for each in below)
    return Coverage(
        aligned=sum(each.aligned for each in below) / count if count else None,
        uncovered=sum(each.goals - each.served for each in levels if each.level in STRATEGY),
        levels=levels,
    )


@router.get("/goal-coverage/uncovered", summary="List strategy that nothing serves")
async def list_uncovered(
    view: View, page: AskedPage, wanted: Annotated[GoalsWanted, Query()]
) -> Page[GoalView]:
    """Agreed goals of the organisation and of teams that no agreed one serves which the caller may read."""
    sort = Sort()
    seen = await view.filter()
    filter_ = {"$and": [seen, await wanted.matching(view), {"status": "agreed"}]}
    pipeline: list[Doc] = [
        *_strategy(page.narrow_all(filter_, sort=sort), seen),
        {"$match": {"below": []}},
        {"$limit": page.limit + 1},
    ]
    rows = [row async for row in run(view.db[GOALS], pipeline, hint=COMMON["level"])]
    found = page_of(rows, asked=page, sort=sort, show=goal_view)
    return Page(items=await for_reader(found.items, view), next=found.next)


_NOT_ORPHANED: Final[Doc] = {"$lt": [{"$indexOfBytes": ["$tally", f":{ORPHANED}"]}, 0]}
_PER_LEVEL: Final[Doc] = {
    "_id": "$level",
    "goals": {"$sum": 1},
    "aligned": {"$sum": {"$cond": [{"$and": [{"$gt": ["$parent_id", None]}, _NOT_ORPHANED]}, 1, 0]}},
}
_SERVED: Final[Doc] = {
    "$group": {
        "_id": "$level",
        "served": {"$sum": {"$cond": [{"$ne": ["$below", []]}, 1, 0]}},
    }
}


def _strategy(filter_: Mapping[str, Any], seen: Mapping[str, Any]) -> list[Doc]:
    """The goals of the organisation and of teams, in the order of their ids, with one that serves them.

    They are few among all goals: whatever else is asked, their level leads to them.
    """
    matched = {"$and": [dict(filter_), {"level": {"$in": [*STRATEGY]}}]}
    serving = {"$and": [dict(seen), {"status": "agreed"}]}
    below = {
        "from": GOALS,
        "localField": "_id",
        "foreignField": "parent_id",
        "pipeline": [{"$match": serving}, {"$limit": 1}, {"$project": {"_id": 1}}],
        "as": "below",
    }
    return [{"$match": matched}, {"$sort": {"_id": 1}}, {"$lookup": below}]


_TELLS_PROGRESS: Final[Doc] = {
    "$and": [
        {"$lt": ["$tally", "closed;"]},
        *(
            {
                "$not": {
                    "$and": [{"$gte": ["$tally", f"closed:{each}:"]}, {"$lt": ["$tally", f"closed:{each};"]}]
                }
            }
            for each in UNFINISHED
        ),
    ]
}
"""`Tally.tells_progress`: words begin with the stage, and agreed and closed come before others."""
_PER_OWNER: Final[Doc] = {
    "_id": "$owner_id",
    "tallies": {"$push": "$tally"},
    "measured": {"$sum": {"$cond": [{"$and": [_TELLS_PROGRESS, {"$gt": ["$percent", None]}]}, 1, 0]}},
    "percent": {"$sum": {"$cond": [_TELLS_PROGRESS, "$percent", 0]}},
}
"""One row for each owner: a row for each tally of each owner would be as many as there are goals, nearly."""


async def _by_key(rows: AsyncIterator[Doc], grouping: Grouping) -> Mapping[str | None, Sum]:
    sums: defaultdict[str | None, Sum] = defaultdict(Sum)
    async for row in rows:
        tally = Tally.read(row["tally"])
        each = sums[(getattr(tally, grouping.field) if grouping.in_tally else row["key"]) or None]
        each.add(tally, row["goals"])
        if tally.tells_progress:
            each.measure(row["measured"], row["percent"])
    return sums


async def _by_unit(people: Collection, owners: AsyncIterator[Doc]) -> Mapping[str | None, Sum]:
    tallies: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
    sums: defaultdict[str | None, Sum] = defaultdict(Sum)

    async def fold(rows: Sequence[Doc]) -> None:
        wanted = {"_id": {"$in": [*{row["_id"] for row in rows}]}}
        units = {doc["_id"]: doc.get("unit_id") async for doc in people.find(wanted, {"unit_id": 1})}
        for row in rows:
            unit_id = units.get(row["_id"])
            tallies[unit_id].update(row["tallies"])
            sums[unit_id].measure(row["measured"], row["percent"])

    rows: list[Doc] = []
    async for row in owners:
        rows.append(row)
        if len(rows) == ROWS_AT_ONCE:
            await fold(rows)
            rows = []
    await fold(rows)
    for unit_id, found in tallies.items():
        for tally, goals in found.items():
            sums[unit_id].add(Tally.read(tally), goals)
    return sums


async def _grouped(
    goals: Collection, seen: Mapping[str, Any], wanted: Mapping[str, Any], grouping: Grouping
) -> AsyncIterator[Doc]:
    """Counts of goals that are alike in all that is counted, with their tally and their key."""
    key = None if grouping.in_tally else grouping.field
    group: Doc = {
        "_id": "$tally" if key is None else {"tally": "$tally", "key": f"${key}"},
        "goals": {"$sum": 1},
        "measured": {"$sum": {"$cond": [{"$gt": ["$percent", None]}, 1, 0]}},
        "percent": {"$sum": "$percent"},
    }
    async for row in grouped(goals, parts_of(seen, wanted, key), group):
        alike = row["_id"]
        yield row | ({"tally": alike} if key is None else {"tally": alike["tally"], "key": alike.get("key")})
