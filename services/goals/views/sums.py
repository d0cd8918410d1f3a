"""Which sums of the alignment tree somebody may be shown: none from which one goal could be found.

Whoever is shown a sum takes away from it what they may read, and other sums that they are shown of goals
below.  What is left of it must be nothing, or five goals or more that they may not read; and so must what
is left of its progress, which is of those alone that are measured.  A sum that fails this is shown to them
nowhere, and what is left of it stays in the sums above.  So sums never overlap in fewer than five hidden
goals, and no difference of them tells of fewer.  (Cell suppression with its complements: Willenborg and
de Waal, Elements of Statistical Disclosure Control, 2001, chapter 6.)

What is not known in time counts as too few: beyond `MOST` goals, and where the sum is not folded yet.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from services.goals.store import GOALS, ROLL_UPS
from shared import mongo
from shared.http.viewing import Viewer
from shared.mongo import Doc

SMALLEST: Final = 5
"""Goals that somebody may not read, of which a sum is shown to them."""
MOST: Final = 20_000
"""Goals below that are looked at for one answer."""
AT_ONCE: Final = 200
"""Sums whose goals are looked at together."""
COUNTED: Final[Mapping[str, Any]] = {
    "status": {"$in": ["agreed", "closed"]},
    "visibility": {"$ne": "private"},
    "outcome": {"$nin": ["cancelled", "carried_over"]},
}
"""What is added up, as documents have it; see `Serving.counts`."""
_SHARED: Final = frozenset({"line", "team", "everyone"})
_FEW: Final = range(1, SMALLEST)


class _Left(NamedTuple):
    """What is hidden in a sum beside other sums: how many goals; its progress is of the least to the most.

    How many is not told where a hidden goal has no progress of its own: what is below it may have some.
    """

    goals: int
    least: int
    most: int
    known: bool = True

    @property
    def shown(self) -> bool:
        """Whether that is nothing, or many."""
        return self.known and self.goals not in _FEW and (self.least >= SMALLEST or self.most == 0)


_NOTHING: Final = _Left(0, 0, 0)
_UNKNOWN: Final = _Left(0, 0, 0, known=False)


async def shown_sums(sums: Sequence[Doc], view: Viewer) -> frozenset[str]:
    """The ids of those sums that the caller may be shown."""
    seen = await view.filter()
    if _reads(seen, _SHARED):
        return frozenset(each["_id"] for each in sums)
    left = await _Walk(view.db, seen).left(sums)
    return frozenset(id_ for id_, each in left.items() if each.shown)


def _reads(seen: Mapping[str, Any], visibilities: frozenset[str]) -> bool:
    """Whether the caller reads all goals with these visibilities, whoever's they are."""
    ways: Sequence[Mapping[str, Any]] = seen.get("$or", [seen])
    for way in ways:
        if way.keys() <= {"visibility"}:
            asked: Any = way.get("visibility")
            if asked is None or visibilities <= {*(asked["$in"] if asked.__class__ is dict else [asked])}:
                return True
    return False


class _Walk:
    """The way down from some sums, for one answer."""

    def __init__(self, db: mongo.Database, seen: Mapping[str, Any]) -> None:
        self._db = db
        self._seen = seen
        self._open = _reads(seen, frozenset({"everyone"}))
        self._known: dict[str, _Left] = {}
        self._room = MOST

    async def left(self, sums: Sequence[Doc]) -> Mapping[str, _Left]:
        """What is hidden in each of them."""
        new = [each for each in sums if each["_id"] not in self._known]
        for each in new:
            if not each["below"] or (self._open and each.get("narrow") == 0):
                self._known[each["_id"]] = _NOTHING
        asked = [each for each in new if each["_id"] not in self._known]
        for begin in range(0, len(asked), AT_ONCE):
            if self._room > 0:
                await self._look_below(asked[begin : begin + AT_ONCE])
        return {each["_id"]: self._known.get(each["_id"], _UNKNOWN) for each in sums}

    async def _look_below(self, asked: Sequence[Doc]) -> None:
        ids = [each["_id"] for each in asked]
        counts, read = await self._counts(ids), await self._read(ids)
        if self._room < 0:
            return
        waiting: dict[str, Sequence[Doc]] = {}
        for each in asked:
            id_, seen = each["_id"], read[each["_id"]]
            goals, measured = counts.get(id_, (0, 0))
            hidden, late = goals - len(seen), abs(goals - each["direct"])
            if hidden == 0 and not late:
                waiting[id_] = seen
            elif not late or hidden - late >= SMALLEST:
                measured -= sum(goal.get("progress") is not None for goal in seen)
                told = each.get("progress") is not None
                self._known[id_] = _Left(hidden, max(0, measured - late), hidden + late if told else 0)
        below = await self._sums([goal["_id"] for goals in waiting.values() for goal in goals])
        left = await self.left(below)
        for id_, goals in waiting.items():
            kept = [(goal, left[goal["_id"]]) for goal in goals if goal["_id"] in left]
            self._known[id_] = _together([(goal, each) for goal, each in kept if not each.shown])

    async def _counts(self, ids: Sequence[str]) -> Mapping[str, tuple[int, int]]:
        """How many goals count, and how many of them have a progress of their own, by what they serve."""
        match: Doc = {"$match": {"parent_id": {"$in": [*ids]}, **COUNTED}}
        measured: Doc = {"$sum": {"$cond": [{"$ne": ["$progress", None]}, 1, 0]}}
        group: Doc = {"$group": {"_id": "$parent_id", "goals": {"$sum": 1}, "measured": measured}}
        rows = await mongo.aggregate(self._db[GOALS], [match, group])
        return {row["_id"]: (row["goals"], row["measured"]) for row in rows}

    async def _read(self, ids: Sequence[str]) -> Mapping[str, Sequence[Doc]]:
        """Of the goals that count those that the caller may read, by what they serve."""
        wanted = {"$and": [dict(self._seen), {"parent_id": {"$in": [*ids]}, **COUNTED}]}
        found: defaultdict[str, list[Doc]] = defaultdict(list)
        fields = {"parent_id": 1, "progress": 1}
        docs = await self._db[GOALS].find(wanted, fields).limit(self._room + 1).to_list(None)
        self._room -= len(docs)
        for doc in docs:
            found[doc["parent_id"]].append(doc)
        return found

    async def _sums(self, ids: Sequence[str]) -> Sequence[Doc]:
        wanted = {"_id": {"$in": [*ids]}, "below": {"$gt": 0}}
        fields = {"direct": 1, "below": 1, "narrow": 1, "progress": 1}
        return await self._db[ROLL_UPS].find(wanted, fields).to_list(None) if ids else []


def _together(open_: Sequence[tuple[Doc, _Left]]) -> _Left:
    """What sums that are not shown leave in the one above; own progress hides that of what is below."""
    goals = sum(each.goals for _, each in open_)
    parts = [each for goal, each in open_ if goal.get("progress") is None]
    least, most = sum(each.least for each in parts), sum(each.most for each in parts)
    unsure = any(not each.known for _, each in open_) and goals < SMALLEST
    unsure |= any(not each.known for each in parts) and least < SMALLEST
    return _UNKNOWN if unsure else _Left(goals, least, most)


__all__ = ["SMALLEST", "shown_sums"]
