"""The alignment tree as it was at some time: what served a goal, and how far that had come.

Of the goals that the caller may read now, and of no others: sums add up what the answer shows, by the rules
of domain/roll_up.py, so that they tell nothing else.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Final, NamedTuple, Self

from fastapi import APIRouter, Query

from services.goals.domain.goal import Goal
from services.goals.domain.roll_up import RollUp, Serving, roll_up
from services.goals.store import GOALS
from services.goals.views.as_of import NOT_THEN, At
from services.goals.views.then import (
    Deadline,
    SaidThen,
    Was,
    changed_since,
    day_of,
    goals_that_said,
    goals_then,
    in_time,
)
from services.goals.views.tree import DEEPEST, WIDEST, GoalInTree, Summed
from shared.directory import DirectoryReader
from shared.errors import NotFound
from shared.http import View, Viewer
from shared.ids import GoalId
from shared.paging import TooMuchToRead
from shared.problem_docs import refusals
from shared.store import from_document

router = APIRouter(tags=["alignment"])
MOST_READ: Final = 1000
"""Goals of a level that are looked at, of those that are in it now and of those that are not any more."""


class SumAsOf(Summed):
    """The same of what served a goal and is shown.

    Private goals are left out, as they are of every sum, and so is what was cancelled or went on elsewhere.
    """

    @classmethod
    def of(cls, summed: RollUp) -> Self:
        """The view of a sum."""
        return cls.model_validate(summed.model_dump(include=set(cls.model_fields)))


class NodeAsOf(GoalInTree):
    """A goal of the tree as it was, with what served it, as far as the caller may read that now.

    `serving` and `roll_up` are null where the answer ends: ask for this goal's own tree to go on; so sums
    reach as deep as was asked.  `more` says that there was more below it than the answer has room for, which
    is in no sum then: `GET /goals-as-of?parent_id=` lists all.
    """

    more: bool
    roll_up: SumAsOf | None
    serving: "list[NodeAsOf] | None"


@router.get(
    "/goals/{goal_id}/tree/as-of", summary="Read what served a goal", responses=refusals(TooMuchToRead)
)
async def get_tree_as_of(
    goal_id: GoalId,
    at: At,
    view: View,
    depth: Annotated[int, Query(ge=1, le=DEEPEST, description="Levels below the goal.")] = 2,
) -> NodeAsOf:
    """The goal and what served it at a time, level by level, as was known then; what is shown is added up."""
    goal, deadline = await view.one(Goal, GOALS, goal_id), Deadline()
    [then] = await goals_then([goal], at, view, deadline)
    if then is None:
        raise NotFound(NOT_THEN)
    levels = [Level([Was(goal, then)])]
    room = WIDEST
    while levels[-1].goals and len(levels) <= depth and room > 0:
        levels.append(await _serving(levels[-1].goals, at, view, deadline, room=room))
        room -= len(levels[-1].goals)
    if levels[-1].goals and len(levels) <= depth:
        unread = frozenset[GoalId | None](each.goal.goal_id for each in levels[-1].goals)
        levels.append(Level((), unread, unread))
    return await _tree(levels, at, view)


class Level(NamedTuple):
    """Goals by what they served; of some of those that is not all (`short`), of some nothing (`closed`)."""

    goals: Sequence[Was]
    short: frozenset[GoalId | None] = frozenset()
    closed: frozenset[GoalId | None] = frozenset()


async def _serving(
    parents: Sequence[Was], at: datetime, view: Viewer, deadline: Deadline, *, room: int
) -> Level:
    """What served them, as much as there is room for: of each parent all before any of the next."""
    ids = {each.goal.goal_id for each in parents}
    said = SaidThen({"parent_id": {"$in": [*ids]}}, at)
    candidates, complete = await _candidates(said, view, deadline)
    served = await goals_that_said(said, candidates, view, deadline)
    found = [was for was in served if was.then.outcome != "cancelled"]
    found.sort(key=lambda each: (each.then.terms.parent_id or "", each.goal.goal_id))
    shown, left = found[:room], found[room:]
    view.shown(GOALS, *({"_id": each.goal.goal_id, "visibility": each.goal.visibility} for each in shown))
    short = (
        frozenset[GoalId | None](each.then.terms.parent_id for each in left) if complete else frozenset(ids)
    )
    return Level(shown, short, short - {each.then.terms.parent_id for each in shown})


async def _candidates(said: SaidThen, view: Viewer, deadline: Deadline) -> tuple[Sequence[Goal], bool]:
    """The goals that say so, or did before, and whether these are all."""
    now = {"$and": [said.now, await view.filter()]}
    first = view.db[GOALS].find(now).sort([("parent_id", 1), ("_id", 1)]).limit(MOST_READ + 1)
    docs = await in_time(first.max_time_ms(deadline.ms()))
    found = {goal.goal_id: goal for goal in (from_document(Goal, doc) for doc in docs[:MOST_READ])}
    changed: list[Goal] = []
    async for goals in changed_since(said, view, deadline):
        changed += goals
        if len(changed) > MOST_READ:
            break
    found |= {goal.goal_id: goal for goal in changed[:MOST_READ]}
    return [*found.values()], len(docs) <= MOST_READ and len(changed) <= MOST_READ


async def _tree(levels: Sequence[Level], at: datetime, view: Viewer) -> NodeAsOf:
    """From the lowest level: each goal takes up what served it, and the sum of that."""
    found = [was for level in levels for was in level.goals]
    owners = await DirectoryReader(view.db).people(was.then.owner_id for was in found)
    below: Level | None = None
    served: Mapping[GoalId | None, Sequence[_Served]] = {}
    for level in reversed(levels):
        above: defaultdict[GoalId | None, list[_Served]] = defaultdict(list)
        for was in level.goals:
            goal_id, day = was.goal.goal_id, day_of(owners.get(was.then.owner_id), at, view)
            opened = below is not None and goal_id not in below.closed
            short = below is not None and goal_id in below.short
            found_below = served.get(goal_id, ()) if opened else None
            above[was.then.terms.parent_id].append(_node(was, found_below, on=day, short=short))
        below, served = level, above
    [[top]] = served.values()
    return top.node


class _Served(NamedTuple):
    """A goal of the tree, and what of it counts in the sum above."""

    node: NodeAsOf
    counts: Serving


def _node(was: Was, below: Sequence[_Served] | None, *, on: date, short: bool) -> _Served:
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
        more=short or any(each.node.more for each in below or ()),
        roll_up=SumAsOf.of(summed) if summed else None,
        serving=None if below is None else [each.node for each in below],
    )
    counts = Serving(
        then.status, then.outcome, then.terms.visibility, then.contribution, then.progress, pace, (), summed
    )
    return _Served(node, counts)


__all__ = ["router"]
