"""What goals were at some time, read for those who may read the goals now."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from services.goals.domain.amendment import Edition
from services.goals.domain.as_of import GoalThen, Known, as_of
from services.goals.domain.goal import Goal
from services.goals.history_store import EDITIONS, MEASUREMENTS
from services.goals.views.earlier import hidden_until
from shared import mongo
from shared.directory import DirectoryPerson
from shared.http.viewing import Viewer
from shared.ids import GoalId, KeyResultId
from shared.mongo import Doc
from shared.store import from_document


class Was(NamedTuple):
    """A goal with what it was."""

    goal: Goal
    then: GoalThen


class SaidThen:
    """Which goals said something at a time, of what documents of goals are asked for now.

    That is an equal value of each field, or one of several: see `SaidWanted.said`.  `now` matches the goals
    that were ever agreed and say so today, `before` the editions that said so and have ended since.
    """

    def __init__(self, said: Mapping[str, Any], at: datetime) -> None:
        self.now = {**said, "agreed_on": {"$ne": None}}
        self.before = {
            name if name in {"_id", "owner_id"} else f"wording.{name}": each for name, each in said.items()
        } | {"until": {"$gt": at}}
        self._values = {name: _values(each) for name, each in said.items()}

    def holds(self, then: GoalThen) -> bool:
        """Whether a goal said so then."""
        return all(values & _said(then, name) for name, values in self._values.items())


def _values(asked: Any) -> frozenset[Any]:
    return frozenset(cast("Mapping[str, list[Any]]", asked)["$in"] if isinstance(asked, Mapping) else [asked])


def _said(then: GoalThen, name: str) -> frozenset[Any]:
    value: Any = then.owner_id if name == "owner_id" else getattr(then.terms, name)
    return frozenset(cast("tuple[Any, ...]", value) if isinstance(value, tuple) else [value])


async def said_then(said: SaidThen, view: Viewer) -> Doc:
    """Matches the goals that say so now, or whose editions did: few, since it names each of the latter."""
    before = await view.db[EDITIONS].distinct("goal_id", said.before)
    return {"$and": [{"$or": [said.now, {"_id": {"$in": before}}]}, await view.filter()]}


async def goals_then(goals: Sequence[Goal], at: datetime, view: Viewer) -> Sequence[GoalThen | None]:
    """What each of them was; None if it was not agreed then, or was not for the caller."""
    ids = [goal.goal_id for goal in goals]
    editions: defaultdict[GoalId, list[Edition]] = defaultdict(list)
    async for doc in view.db[EDITIONS].find({"goal_id": {"$in": ids}, "until": {"$gt": at}}):
        editions[doc["goal_id"]].append(from_document(Edition, doc))
    known = await _known(ids, at, view.db)
    found = [(goal, as_of(goal, at, editions[goal.goal_id], known[goal.goal_id])) for goal in goals]
    return [then if then and at > await hidden_until(goal, view) else None for goal, then in found]


def day_of(owner: DirectoryPerson | None, at: datetime) -> date:
    """Which day it was where who owned a goal lives now; that of UTC for who is not known."""
    return at.astimezone(ZoneInfo(owner.time_zone) if owner else UTC).date()


async def _known(
    goal_ids: Sequence[GoalId], at: datetime, db: mongo.Database
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
    for row in await mongo.aggregate(db[MEASUREMENTS], pipeline):
        known[row["_id"]["goal"]][row["_id"]["part"]] = Known(
            row["newest"]["value"], row["newest"]["measured_at"], row["newest"]["reached"]
        )
    return known


__all__ = ["SaidThen", "Was", "day_of", "goals_then", "said_then"]
