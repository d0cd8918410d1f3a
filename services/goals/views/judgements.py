"""What of a goal is not for all who read it.

Why something was asked to be changed, declined or cancelled may tell of a person; it is for those who may
read the grades.  What a goal serves, or was carried over from, is named to those who may read that goal too.
"""

from collections.abc import Collection, Iterable, Sequence

from services.goals.store import GOALS
from services.goals.views.goal_view import GoalView
from shared.http.viewing import Viewer
from shared.ids import GoalId

WIDER = frozenset({"team", "everyone"})
"""Visibilities with an audience beyond those who judge."""


async def for_reader(goals: Sequence[GoalView], view: Viewer) -> list[GoalView]:
    """The views without what is not for who asks; the audit is told which of them are private."""
    view.shown(GOALS, *({"_id": goal.goal_id, "visibility": goal.visibility} for goal in goals))
    return await _without_judgements(await _without_hidden(goals, view), view)


async def readable(ids: Iterable[GoalId | None], view: Viewer) -> Collection[GoalId]:
    """Which of these goals who asks may read."""
    wanted = sorted({id_ for id_ in ids if id_ is not None})
    if not wanted:
        return ()
    ways = [{"_id": {"$in": wanted}}, await view.filter()]
    return {doc["_id"] async for doc in view.db[GOALS].find({"$and": ways}, {"_id": 1})}


async def _without_hidden(goals: Sequence[GoalView], view: Viewer) -> Sequence[GoalView]:
    known = await readable([id_ for goal in goals for id_ in (goal.parent_id, goal.origin_id)], view)

    def shown(goal: GoalView) -> GoalView:
        hidden = {
            name: None
            for name, id_ in (("parent_id", goal.parent_id), ("origin_id", goal.origin_id))
            if id_ is not None and id_ not in known
        }
        return goal.model_copy(update=hidden) if hidden else goal

    return [shown(goal) for goal in goals]


async def _without_judgements(goals: Sequence[GoalView], view: Viewer) -> list[GoalView]:
    telling = [goal.goal_id for goal in goals if _tells(goal)]
    if not telling:
        return list(goals)
    ways = [{"_id": {"$in": telling}}, await view.filter("read_grades")]
    known = {doc["_id"] async for doc in view.db[GOALS].find({"$and": ways}, {"_id": 1})}
    me = view.caller.person_id
    return [
        goal if not _tells(goal) or goal.goal_id in known or (me and goal.asked_id == me) else _without(goal)
        for goal in goals
    ]


async def may_judge(goal_id: str, view: Viewer) -> bool:
    """Whether who asks may read what is said about the goal."""
    ways = [{"_id": goal_id}, await view.filter("read_grades")]
    return await view.db[GOALS].find_one({"$and": ways}, {"_id": 1}) is not None


def _tells(goal: GoalView) -> bool:
    said = goal.reason or goal.closing_comment or goal.amendment
    return bool(said) and goal.visibility in WIDER


def _without(goal: GoalView) -> GoalView:
    amendment = goal.amendment.model_copy(update={"reason": ""}) if goal.amendment else None
    return goal.model_copy(update={"reason": "", "closing_comment": "", "amendment": amendment})
