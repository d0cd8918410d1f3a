"""The goals below another one that the caller may read, by way of such: what serves a hidden one is too."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from services.goals.store import GOALS
from shared.http.viewing import Viewer
from shared.ids import GoalId
from shared.mongo import Doc

MOST: Final = 2000
"""Goals below of one answer."""


class Below(NamedTuple):
    """Goals with the fields that were asked for, the nearest first; `complete` unless there are more."""

    goals: Sequence[Doc]
    complete: bool


async def readable_below(goal_id: GoalId, view: Viewer, *, fields: Sequence[str] = ()) -> Below:
    """The first `MOST` of them, level by level."""
    seen, found, parents = await view.filter(), dict[GoalId, Doc](), [goal_id]
    shown = dict.fromkeys(("_id", *fields), 1)
    while parents and len(found) <= MOST:
        wanted: dict[str, Any] = {"$and": [seen, {"parent_id": {"$in": parents}}]}
        level = view.db[GOALS].find(wanted, shown).limit(MOST + 1 - len(found))
        new = {doc["_id"]: doc for doc in await level.to_list(None) if doc["_id"] not in found}
        parents = [*new]
        found |= new
    return Below([*found.values()][:MOST], complete=len(found) <= MOST)


__all__ = ["Below", "readable_below"]
