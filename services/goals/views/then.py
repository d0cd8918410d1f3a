"""What goals were at some time, read for those who may read the goals now."""

import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple, cast
from zoneinfo import ZoneInfo

from pymongo.errors import ExecutionTimeout

from services.goals.domain.amendment import Edition
from services.goals.domain.as_of import GoalThen, Known, as_of
from services.goals.domain.goal import Goal
from services.goals.history_store import EDITIONS, MEASUREMENTS
from services.goals.store import GOALS
from services.goals.views.earlier import hidden_at
from shared.directory import DirectoryPerson
from shared.http.viewing import Viewer
from shared.ids import GoalId, KeyResultId
from shared.mongo import Doc
from shared.paging import LONGEST_MS, TOO_LONG, TooMuchToRead
from shared.store import from_document

AT_ONCE: Final = 200
"""Goals that are looked at together: meanwhile nobody else is answered."""
UNCHANGED: Final = frozenset({"level", "period_id"})
"""What no change of an agreed goal changes."""


class Was(NamedTuple):
    """A goal with what it was."""

    goal: Goal
    then: GoalThen


class SaidThen:
    """Which goals said something at a time, of what documents of goals are asked for now.

    That is an equal value of each field, or one of several: see `SaidWanted.said`.  `now` matches the goals
    that were ever agreed and say so today, `before` the editions that said so and have ended since; it is
    None where all that said so say so still.
    """

    def __init__(self, said: Mapping[str, Any], at: datetime) -> None:
        self.at = at
        self.now = {**said, "agreed_on": {"$ne": None}}
        self.before: Doc | None = None
        if not said.keys() <= UNCHANGED:
            fields = {_in_edition(name): each for name, each in said.items()}
            self.before = {**fields, "until": {"$gt": at}}
        self._values = {name: _values(each) for name, each in said.items()}

    def holds(self, then: GoalThen) -> bool:
        """Whether a goal said so then."""
        return all(values & _said(then, name) for name, values in self._values.items())


def _in_edition(name: str) -> str:
    return name if name in {"_id", "owner_id"} else f"wording.{name}"


def _values(asked: Any) -> frozenset[Any]:
    return frozenset(cast("Mapping[str, list[Any]]", asked)["$in"] if isinstance(asked, Mapping) else [asked])


def _said(then: GoalThen, name: str) -> frozenset[Any]:
    value: Any = then.owner_id if name == "owner_id" else getattr(then.terms, name)
    return frozenset(cast("tuple[Any, ...]", value) if isinstance(value, tuple) else [value])


class Deadline:
    """Until when all that one request reads of the past has to be found."""

    def __init__(self, most_ms: int = LONGEST_MS) -> None:
        self._until = time.monotonic() + most_ms / 1000

    def ms(self) -> int:
        """How long a query may still take, at least one; raises `TooMuchToRead` if the time is over."""
        left = int((self._until - time.monotonic()) * 1000)
        if left <= 0:
            raise TooMuchToRead(TOO_LONG)
        return left


async def changed_since(
    said: SaidThen, view: Viewer, deadline: Deadline, *, after: str = ""
) -> AsyncGenerator[Sequence[Goal]]:
    """The goals of which an edition said so that has ended since, in the order of their ids.

    Only those that the caller may read now and could have read then: neither these nor how many others there
    are tells what a goal said while it was for fewer.  Raises `TooMuchToRead`.
    """
    if said.before is None:
        return
    seen = await view.filter()
    wanted: list[Doc] = [
        {"$match": {**said.before, "goal_id": {"$gt": after}}},
        {"$group": {"_id": "$goal_id"}},
        {"$sort": {"_id": 1}},
    ]
    rows = view.db[EDITIONS].aggregate(wanted, batchSize=AT_ONCE, maxTimeMS=deadline.ms())
    while ids := [row["_id"] for row in await in_time(rows, AT_ONCE)]:
        readable = {"$and": [seen, {"_id": {"$in": ids}}]}
        docs = await in_time(view.db[GOALS].find(readable).sort("_id", 1).max_time_ms(deadline.ms()))
        goals = [from_document(Goal, doc) for doc in docs]
        yield [goal for goal in goals if not await hidden_at(goal, said.at, view)]


async def goals_then(
    goals: Sequence[Goal], at: datetime, view: Viewer, deadline: Deadline
) -> Sequence[GoalThen | None]:
    """What each of them was; None if it was not agreed then, or was not for the caller.

    Raises:
        TooMuchToRead: their measurements are so many that it takes too long.
    """
    found: list[GoalThen | None] = []
    for number in range(0, len(goals), AT_ONCE):
        found += await _some_then(goals[number : number + AT_ONCE], at, view, deadline)
    return found


async def _some_then(
    goals: Sequence[Goal], at: datetime, view: Viewer, deadline: Deadline
) -> Sequence[GoalThen | None]:
    ids = [goal.goal_id for goal in goals]
    editions: defaultdict[GoalId, list[Edition]] = defaultdict(list)
    ended = view.db[EDITIONS].find({"goal_id": {"$in": ids}, "until": {"$gt": at}})
    for doc in await in_time(ended.max_time_ms(deadline.ms())):
        editions[doc["goal_id"]].append(from_document(Edition, doc))
    known = await _known(ids, at, view, deadline)
    found = [(goal, as_of(goal, at, editions[goal.goal_id], known[goal.goal_id])) for goal in goals]
    return [then if then and not await hidden_at(goal, at, view) else None for goal, then in found]


async def goals_that_said(
    said: SaidThen, goals: Sequence[Goal], view: Viewer, deadline: Deadline
) -> Sequence[Was]:
    """Those of the goals that said so, with what they were; raises `TooMuchToRead`."""
    found = zip(goals, await goals_then(goals, said.at, view, deadline), strict=True)
    return [Was(goal, then) for goal, then in found if then and said.holds(then)]


def day_of(owner: DirectoryPerson | None, at: datetime, view: Viewer) -> date:
    """Which day it was where who owned a goal lives now, today at most; that of UTC for who is not known."""
    zone = ZoneInfo(owner.time_zone) if owner else UTC
    return min(at, view.now).astimezone(zone).date()


async def in_time(cursor: Any, length: int | None = None) -> list[Doc]:
    """What a cursor with a limit of time finds, or the next so many of it; raises `TooMuchToRead`."""
    try:
        return await cursor.to_list(length)
    except ExecutionTimeout as error:
        raise TooMuchToRead(TOO_LONG) from error


async def _known(
    goal_ids: Sequence[GoalId], at: datetime, view: Viewer, deadline: Deadline
) -> Mapping[GoalId, Mapping[KeyResultId, Known]]:
    """Of each key result the newest value that was known then and counted then."""
    pipeline: list[dict[str, Any]] = [
        {
            "$match": {
                "goal_id": {"$in": [*goal_ids]},
                "$expr": {"$lte": [{"$ifNull": ["$taken_at", "$measured_at"]}, at]},
                "$or": [{"correction": None}, {"correction.at": {"$gt": at}}],
            }
        },
        # Documents are ordered by their fields in turn: the newest, and of those the last that was reported.
        {
            "$group": {
                "_id": {"goal": "$goal_id", "part": "$key_result_id"},
                "newest": {
                    "$max": {
                        "measured_at": "$measured_at",
                        "taken_at": {"$ifNull": ["$taken_at", "$measured_at"]},
                        "value": "$value",
                        "reached": {"$ifNull": ["$reached", []]},
                    }
                },
            }
        },
    ]
    known: defaultdict[GoalId, dict[KeyResultId, Known]] = defaultdict(dict)
    for row in await in_time(view.db[MEASUREMENTS].aggregate(pipeline, maxTimeMS=deadline.ms())):
        known[row["_id"]["goal"]][row["_id"]["part"]] = Known(
            row["newest"]["value"], row["newest"]["measured_at"], row["newest"]["reached"]
        )
    return known


__all__ = [
    "AT_ONCE",
    "Deadline",
    "SaidThen",
    "Was",
    "changed_since",
    "day_of",
    "goals_that_said",
    "goals_then",
    "in_time",
]
