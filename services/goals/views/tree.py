"""The alignment tree: what a goal serves, what serves it, and how far that has come.

Of a line, whoever may not read a goal learns that there is one, and nothing else; of a tree they learn
nothing of it.  Sums leave out private goals (domain/roll_up.py); who is shown
which is judged in sums.py.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.goals.access import ACCESS
from services.goals.domain.alignment import MOST_ABOVE
from services.goals.domain.goal import Goal
from services.goals.domain.initiative import OPEN
from services.goals.domain.roll_up import RollUp
from services.goals.initiative_store import INITIATIVES
from services.goals.store import GOALS, ROLL_UPS
from services.goals.views.below import readable_below
from services.goals.views.sums import shown_sums
from shared import mongo
from shared.contracts.goals import BlockerKind, GoalLevel, GoalStatus, Outcome, Pace
from shared.http import View, Viewer
from shared.ids import GoalId, PersonId
from shared.mongo import Doc
from shared.reading import as_stored
from shared.store import from_document

router = APIRouter(tags=["alignment"])
DEEPEST: Final = 5
WIDEST: Final = 500
"""Goals of one answer; what serves a goal beyond is read by GET /goals?parent_id=."""


class Served(BaseModel):
    """A goal of the line above; all of it is null where the caller may not read it: there it ends.

    `more` says that the answer is at an end and the goal serves another: ask for its own line to go on.
    """

    goal_id: GoalId | None
    owner_id: PersonId | None
    title: str | None
    level: GoalLevel | None
    status: GoalStatus | None
    progress: float | None
    more: bool | None


class Summed(BaseModel):
    """What serves a goal, added up; `progress` is the weighted share of what serves it directly, 0 to 1."""

    direct: int
    below: int
    closed: int
    progress: float | None
    paces: Mapping[Pace, int]


class RollUpView(Summed):
    """The same as it is, with what blocks it."""

    blockers: Mapping[BlockerKind, int]


class GoalInTree(BaseModel):
    """What a tree tells of each goal; `contribution` weighs it beside the others that serve the same."""

    goal_id: GoalId
    owner_id: PersonId
    title: str
    level: GoalLevel
    status: GoalStatus
    outcome: Outcome | None
    contribution: float
    progress: float | None
    pace: Pace | None


class Node(GoalInTree):
    """A goal of the tree with what serves it, as far as the caller may read it.

    `serving` is null where the answer ends; ask for this goal's own tree to go on.
    """

    roll_up: RollUpView | None
    serving: "list[Node] | None"


class Contributor(BaseModel):
    """Somebody who works on a goal, with how many goals below it, and open initiatives of these and of it.

    Goals that the caller may not read do not count, nor do their initiatives.
    """

    person_id: PersonId
    goals: int
    initiatives: int


class Contributors(BaseModel):
    """Who works on a goal, who has most goals first, and of as many who does most initiatives.

    `complete` is false where more goals stand below than are looked at for one answer, of which these are the
    nearest: ask for the contributors of those then.
    """

    contributors: list[Contributor]
    complete: bool


@router.get("/goals/{goal_id}/line", summary="Read what a goal serves")
async def get_line(goal_id: GoalId, view: View) -> list[Served]:
    """The goals above it, the nearest first, as far as the first one that the caller may not read."""
    goal = await view.one(Goal, GOALS, goal_id)
    line: list[Served] = []
    next_id = goal.parent_id
    while next_id is not None and len(line) <= MOST_ABOVE:
        doc = await view.db[GOALS].find_one({"_id": next_id})
        if doc is None:
            break
        line.append(await _served(doc, view))
        next_id = doc["parent_id"] if line[-1].owner_id is not None else None
    if next_id is not None and len(line) > MOST_ABOVE:
        line[-1] = line[-1].model_copy(update={"more": True})
    return line


@router.get("/goals/{goal_id}/tree", summary="Read what serves a goal")
async def get_tree(
    goal_id: GoalId,
    view: View,
    depth: Annotated[int, Query(ge=1, le=DEEPEST, description="Levels below the goal.")] = 2,
) -> Node:
    """The goal and what serves it, level by level, with what stands below added up."""
    return await read_tree(goal_id, view, depth=depth)


async def read_tree(goal_id: GoalId, view: Viewer, *, depth: int) -> Node:
    """The tree as far as the caller may read it; raises `NotFound`."""
    top = await view.one(Goal, GOALS, goal_id)
    levels: list[Sequence[Doc]] = [[await view.db[GOALS].find_one({"_id": top.goal_id}) or {}]]
    seen, room, opened = await view.filter(), WIDEST, set[str]()
    while levels[-1] and len(levels) <= depth and room > 0:
        parents = [doc["_id"] for doc in levels[-1]]
        found = await _serving(view, parents, seen, limit=room)
        room -= len(found)
        # Where the answer has no more room, the last parents may have more than it shows.
        opened.update(parents if room > 0 else {doc["parent_id"] for doc in found[:-1]})
        levels.append(found)
        view.shown(GOALS, *found)
    return await _tree(view, levels, opened)


@router.get("/goals/{goal_id}/contributors", summary="Read who works on a goal")
async def get_contributors(goal_id: GoalId, view: View) -> Contributors:
    """The owners of active goals below it, by way of goals that the caller may read, and who is at work.

    That is who does open initiatives of the goal itself and of the active goals below it.
    """
    await view.one(Goal, GOALS, goal_id)
    below = await readable_below(goal_id, view, fields=("owner_id", "status"))
    active = [goal for goal in below.goals if goal["status"] == "agreed"]
    goals = Counter[PersonId](goal["owner_id"] for goal in active)
    initiatives = await _at_work([goal_id, *(goal["_id"] for goal in active)], view)
    people = [
        Contributor(person_id=person_id, goals=goals[person_id], initiatives=initiatives[person_id])
        for person_id in goals.keys() | initiatives.keys()
    ]
    people.sort(key=lambda each: (-each.goals, -each.initiatives, each.person_id))
    return Contributors(contributors=people, complete=below.complete)


async def _at_work(goal_ids: Sequence[GoalId], view: Viewer) -> Counter[PersonId]:
    """Of how many open initiatives of goals who is at work; who reads a goal reads its initiatives."""
    wanted = {"goal_id": {"$in": [*goal_ids]}, "status": {"$in": [*OPEN]}, "owner_left": {"$ne": True}}
    counted = [{"$match": wanted}, {"$group": {"_id": "$owner_id", "count": {"$sum": 1}}}]
    found = await mongo.aggregate(view.db[INITIATIVES], counted)
    return Counter({doc["_id"]: doc["count"] for doc in found})


async def _served(doc: Doc, view: Viewer) -> Served:
    shown: dict[str, Any] = dict.fromkeys(Served.model_fields)
    if await ACCESS.decide(view.caller, "read", doc, view.db):
        view.shown(GOALS, doc)
        shown |= {"goal_id": doc["_id"], "more": False} | {
            name: doc[name] for name in ("owner_id", "title", "level", "status", "progress")
        }
    return Served.model_validate(shown)


async def _serving(view: Viewer, parents: Sequence[str], seen: Mapping[str, Any], *, limit: int) -> list[Doc]:
    wanted = {"$and": [seen, {"parent_id": {"$in": parents}, "outcome": {"$ne": "cancelled"}}]}
    return await view.db[GOALS].find(wanted).sort([("parent_id", 1), ("_id", 1)]).limit(limit).to_list(None)


async def _tree(view: Viewer, levels: Sequence[Sequence[Doc]], opened: Collection[str]) -> Node:
    ids = [doc["_id"] for level in levels for doc in level]
    sums = {doc["_id"]: doc async for doc in view.db[ROLL_UPS].find({"_id": {"$in": ids}})}
    shown = await shown_sums([*sums.values()], view)
    below: defaultdict[str, list[Node]] = defaultdict(list)
    nodes: list[Node] = []
    for level in reversed(levels):
        nodes = [
            _node(doc, sums.get(doc["_id"]) if doc["_id"] in shown else None, opened, below) for doc in level
        ]
        for doc, node in zip(level, nodes, strict=True):
            below[doc["parent_id"]].append(node)
    return nodes[0]


def _node(
    doc: Doc,
    summed: Doc | None,
    opened: Collection[str],
    below: Mapping[str, list[Node]],
) -> Node:
    goal = from_document(Goal, doc)
    serving = list(below.get(goal.goal_id, ())) if goal.goal_id in opened else None
    return Node(
        goal_id=goal.goal_id,
        owner_id=goal.owner_id,
        title=goal.title,
        level=goal.level,
        status=goal.status,
        outcome=goal.outcome,
        contribution=goal.contribution,
        progress=goal.progress,
        pace=goal.standing.pace,
        roll_up=as_stored(RollUpView, from_document(RollUp, summed).model_dump()) if summed else None,
        serving=serving,
    )
