"""Goals, measurements and check-ins as documents, and the indexes that their reads stand on."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pymongo import ASCENDING, DESCENDING, IndexModel

from services.goals.domain.goal import Goal
from services.goals.domain.history import CheckIn, Measurement
from shared.ids import GoalId
from shared.store import Store

COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    "goals": [
        IndexModel([("owner_id", ASCENDING), ("_id", ASCENDING)], name="by_owner"),
        IndexModel([("asked_id", ASCENDING), ("_id", ASCENDING)], name="by_asked", sparse=True),
        IndexModel([("parent_id", ASCENDING), ("_id", ASCENDING)], name="by_parent"),
        IndexModel([("visibility", ASCENDING), ("_id", ASCENDING)], name="by_visibility"),
        IndexModel([("status", ASCENDING), ("due_on", ASCENDING), ("_id", ASCENDING)], name="by_status"),
    ],
    "measurements": [
        IndexModel([("goal_id", ASCENDING), ("measured_at", DESCENDING), ("_id", ASCENDING)], name="by_goal")
    ],
    "check_ins": [
        IndexModel([("goal_id", ASCENDING), ("at", DESCENDING), ("_id", ASCENDING)], name="by_goal")
    ],
    "alignment_guards": [],
}


class GoalStore(Store[Goal]):
    """The goals."""

    collection: ClassVar[str] = "goals"
    kind = Goal

    async def above(self, goal_id: GoalId) -> Sequence[GoalId]:
        """The goals that a goal serves, itself first, nearest next."""
        line: list[GoalId] = []
        next_id: GoalId | None = goal_id
        while next_id is not None and next_id not in line:
            line.append(next_id)
            goal = await self.find(next_id)
            next_id = goal.parent_id if goal else None
        return line


class MeasurementStore(Store[Measurement]):
    """Every measurement there ever was."""

    collection: ClassVar[str] = "measurements"
    kind = Measurement


class CheckInStore(Store[CheckIn]):
    """Every check-in there ever was."""

    collection: ClassVar[str] = "check_ins"
    kind = CheckIn
