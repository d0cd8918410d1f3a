"""What owner and manager say to each other about a goal, which its audience beyond them does not read.

Why something was asked to be changed, declined or cancelled may tell of a person; it is for those who may
read the grades.
"""

from collections.abc import Sequence

from services.goals.store import GOALS
from services.goals.views.goal_view import GoalView
from shared.http.viewing import Viewer

WIDER = frozenset({"team", "everyone"})
"""Visibilities with an audience beyond those who judge."""


async def for_reader(goals: Sequence[GoalView], view: Viewer) -> list[GoalView]:
    """The views without what is not for who asks."""
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
