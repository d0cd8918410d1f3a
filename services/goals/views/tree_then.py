"""The alignment tree as it was at some time: what served a goal, and how far that had come.

Of the goals that the caller may read now, and of no others: sums add up what the answer shows, by the rules
of domain/roll_up.py, so that they tell nothing else.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Final, NamedTuple, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.goals.domain.as_of import GoalThen
from services.goals.domain.goal import Goal
from services.goals.domain.roll_up import RollUp, Serving, roll_up
from services.goals.store import GOALS
from services.goals.views.as_of import NOT_THEN, At
from services.goals.views.then import SaidThen, Was, day_of, goals_then, said_then
from services.goals.views.tree import DEEPEST, WIDEST
from shared.contracts.goals import GoalLevel, GoalStatus, Outcome, Pace
from shared.directory import DirectoryReader
from shared.errors import NotFound
from shared.http import View, Viewer
from shared.ids import GoalId, PersonId
from shared.store import from_document

router = APIRouter(tags=["alignment"])
AT_ONCE: Final = 500
MOST_READ: Final = 2000
"""Goals of a level that are read, whether or not they were in it."""


class SumAsOf(BaseModel):
    """What served a goal and is shown, added up; `progress` is of what served it directly, 0 to 1.

    Private goals are left out, as they are of every sum, and so is what was cancelled or went on elsewhere.
    """

    direct: int
    below: int
    closed: int
    progress: float | None
    paces: Mapping[Pace, int]

    @classmethod
    def of(cls, summed: RollUp) -> Self:
        """The view of a sum."""
        return cls.model_validate(summed.model_dump(include=set(cls.model_fields)))


class NodeAsOf(BaseModel):
    """A goal of the tree as it was, with what served it, as far as the caller may read that now.

    `serving` and `roll_up` are null where the answer ends: ask for this goal's own tree to go on; `more` says
    that others served it which the answer has no room for, and which are then in no sum.
    """

    goal_id: GoalId
    owner_id: PersonId
    title: str
    level: GoalLevel
    status: GoalStatus
    outcome: Outcome | None
    contribution: float
    progress: float | None
    pace: Pace | None
    more: bool
    roll_up: SumAsOf | None
    serving: "list[NodeAsOf] | None"


@router.get("/goals/{goal_id}/tree/as-of", summary="Read what served a goal")
async def get_tree_as_of(
    goal_id: GoalId,
    at: At,
    view: View,
    depth: Annotated[int, Query(ge=1, le=DEEPEST, description="Levels below the goal.")] = 2,
) -> NodeAsOf:
    """The goal and what served it at a time, level by level, as was known then; what is shown is added up."""
    goal = await view.one(Goal, GOALS, goal_id)
    [then] = await goals_then([goal], at, view)
    if then is None:
        raise NotFound(NOT_THEN)
    levels: list[Sequence[Was]] = [[Was(goal, then)]]
    room, cut = WIDEST, False
    while levels[-1] and len(levels) <= depth and room > 0 and not cut:
        found, cut = await _serving(levels[-1], at, view, limit=room)
        room -= len(found)
        levels.append(found)
    return await _tree(levels, at, view, cut=cut)


async def _serving(
    parents: Sequence[Was], at: datetime, view: Viewer, *, limit: int
) -> tuple[Sequence[Was], bool]:
    """What served them, by id, and whether there may be more of it."""
    found, complete = await _read(parents, at, view, limit=limit)
    shown = found[:limit]
    view.shown(GOALS, *({"_id": each.goal.goal_id, "visibility": each.goal.visibility} for each in shown))
    return shown, not complete or len(found) > limit


async def _read(
    parents: Sequence[Was], at: datetime, view: Viewer, *, limit: int
) -> tuple[Sequence[Was], bool]:
    """At least so many if there are, and whether that is all."""
    said = SaidThen({"parent_id": {"$in": [each.goal.goal_id for each in parents]}}, at)
    wanted, found, last = await said_then(said, view), list[Was](), ""
    for _ in range(MOST_READ // AT_ONCE):
        rest = view.db[GOALS].find({"$and": [wanted, {"_id": {"$gt": last}}]}).sort("_id", 1).limit(AT_ONCE)
        goals = [from_document(Goal, doc) for doc in await rest.to_list(None)]
        was = zip(goals, await goals_then(goals, at, view), strict=True)
        found += [Was(goal, then) for goal, then in was if then and said.holds(then) and _shown(then)]
        if len(goals) < AT_ONCE:
            return found, True
        if len(found) > limit:
            break
        last = goals[-1].goal_id
    return found, False


def _shown(then: GoalThen) -> bool:
    return then.outcome != "cancelled"


async def _tree(levels: Sequence[Sequence[Was]], at: datetime, view: Viewer, *, cut: bool) -> NodeAsOf:
    """From the lowest level: each goal takes up what served it, and the sum of that."""
    owners = await DirectoryReader(view.db).people(was.then.owner_id for level in levels for was in level)
    served: Mapping[GoalId | None, Sequence[_Served]] = {}
    for height, level in enumerate(reversed(levels)):
        above: defaultdict[GoalId | None, list[_Served]] = defaultdict(list)
        for was in level:
            below = served.get(was.goal.goal_id, ()) if height else None
            day = day_of(owners.get(was.then.owner_id), at)
            found = _node(was, below, on=day, more=cut and height == 1)
            above[was.then.terms.parent_id].append(found)
        served = above
    [[top]] = served.values()
    return top.node


class _Served(NamedTuple):
    """A goal of the tree, and what of it counts in the sum above."""

    node: NodeAsOf
    counts: Serving


def _node(was: Was, below: Sequence[_Served] | None, *, on: date, more: bool) -> _Served:
    goal_id, then = was.goal.goal_id, was.then
    summed = None if below is None else roll_up(goal_id, (each.counts for each in below))
    pace = then.pace(on=on)
    node = NodeAsOf(
        goal_id=goal_id,
        owner_id=then.owner_id,
        title=then.terms.title,
        level=then.terms.level,
        status=then.status,
        outcome=then.outcome,
        contribution=then.contribution,
        progress=then.progress,
        pace=pace,
        more=more,
        roll_up=SumAsOf.of(summed) if summed else None,
        serving=None if below is None else [each.node for each in below],
    )
    counts = Serving(
        then.status, then.outcome, then.terms.visibility, then.contribution, then.progress, pace, (), summed
    )
    return _Served(node, counts)


__all__ = ["router"]
