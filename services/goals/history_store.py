"""What is kept of a goal's way: measurements, check-ins and editions, as their stores read and write them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar, Final, NamedTuple, TypeVar

from pymongo import IndexModel

from services.goals.domain.amendment import Edition
from services.goals.domain.history import CheckIn, Measurement
from shared.aggregate import Aggregate
from shared.ids import GoalId, KeyResultId
from shared.indexes import newest_first
from shared.store import Store, from_document

MEASUREMENTS: Final = "measurements"
CHECK_INS: Final = "check_ins"
EDITIONS: Final = "editions"
_SERVED_THEN: Final[Mapping[str, Any]] = {"wording.parent_id": {"$gt": ""}}
A = TypeVar("A", bound=Aggregate)


COLLECTIONS: Final[Mapping[str, Sequence[IndexModel]]] = {
    MEASUREMENTS: [
        newest_first("measured_at", "goal_id", name="by_goal"),
        newest_first("measured_at", "goal_id", "key_result_id", name="by_key_result"),
    ],
    CHECK_INS: [newest_first("at", "goal_id", name="by_goal")],
    EDITIONS: [
        newest_first("number", "goal_id", name="by_goal"),
        newest_first("until", "owner_id", name="by_owner"),
        newest_first("until", "wording.parent_id", name="by_parent", partialFilterExpression=_SERVED_THEN),
    ],
}


class _OfGoals(Store[A]):
    async def of(self, goal_ids: Sequence[GoalId]) -> Sequence[A]:
        """Those of some goals."""
        docs = await self._tx.find(self.collection, {"goal_id": {"$in": [*goal_ids]}})
        return [from_document(self.kind, doc) for doc in docs]


class EditionStore(_OfGoals[Edition]):
    """What agreed goals said before they were changed."""

    collection: ClassVar[str] = EDITIONS
    kind = Edition


class Valued(NamedTuple):
    """A measurement as far as trends go."""

    measured_at: datetime
    taken_at: datetime | None
    value: float
    reached: tuple[str, ...]

    @property
    def known_at(self) -> datetime:
        """When the suite has learned of it."""
        return self.taken_at or self.measured_at


_NEWEST_FIRST: Final = {"measured_at": -1, "_id": -1}
AT_ONE_TIME: Final = 50
"""So many that held at the same time are told apart by when they were reported."""


def _newness(told: Measurement | Valued) -> tuple[datetime, datetime]:
    return told.measured_at, told.known_at


class MeasurementStore(_OfGoals[Measurement]):
    """Every measurement there ever was."""

    collection: ClassVar[str] = MEASUREMENTS
    kind = Measurement

    async def newest(
        self,
        goal_id: GoalId,
        *,
        limit: int,
        of: KeyResultId | None = None,
        but: str | None = None,
    ) -> Sequence[Measurement]:
        """The newest that count of a goal, or `of` a key result, the newest first and one left out.

        Of several that held at one time the one that was reported last is the newest.
        """
        wanted: dict[str, Any] = {"goal_id": goal_id, "correction": None}
        wanted |= {"key_result_id": of} if of else {}
        wanted |= {"_id": {"$ne": but}} if but else {}
        return await self._newest(wanted, limit)

    async def last_said(
        self, before: Measurement, milestone_id: str | None, *, but: Sequence[str]
    ) -> Sequence[Measurement]:
        """The last that counts before another and speaks of a milestone, if any; old ones speak of None."""
        wanted = {
            "goal_id": before.goal_id,
            "correction": None,
            "key_result_id": before.key_result_id,
            "milestone_id": milestone_id,
            "measured_at": {"$lte": before.measured_at},
            "_id": {"$nin": [*but]},
        }
        return await self._newest(wanted, 1)

    async def _newest(self, wanted: Mapping[str, Any], limit: int) -> Sequence[Measurement]:
        asked = max(limit, AT_ONE_TIME)
        docs = await self._tx.find(self.collection, wanted, sort=_NEWEST_FIRST, limit=asked)
        found = [from_document(Measurement, doc) for doc in docs]
        return sorted(found, key=_newness, reverse=True)[:limit]

    async def values(self, goal_id: GoalId, of: KeyResultId, *, days: int) -> Sequence[Valued]:
        """The last values that count of so many of the newest days (of UTC) with any, the newest first.

        It reads pages of twice as many values, at most one page a day: of a day with more values
        than one page holds, the rest is passed over.  Of several that held at one time the one counts that
        was reported last.
        """
        found: dict[date, Valued] = {}
        until: dict[str, Any] = {}
        while len(found) < days:
            wanted = {"goal_id": goal_id, "correction": None, "key_result_id": of, **until}
            page = await self._tx.find(
                self.collection, wanted, fields=Valued._fields, sort=_NEWEST_FIRST, limit=2 * days
            )
            values = [
                Valued(doc["measured_at"], doc.get("taken_at"), doc["value"], tuple(doc.get("reached", ())))
                for doc in page
            ]
            for value in sorted(values, key=_newness, reverse=True):
                found.setdefault(value.measured_at.astimezone(UTC).date(), value)
            if len(page) < 2 * days:
                break
            oldest, newest = (values[at].measured_at.astimezone(UTC).date() for at in (-1, 0))
            if oldest != newest:
                del found[oldest]  # its newest values may go on with the next page
            until = {"measured_at": {"$lt": datetime.combine(min(found), time(), UTC)}}
        return [*found.values()][:days]


class CheckInStore(_OfGoals[CheckIn]):
    """Every check-in there ever was."""

    collection: ClassVar[str] = CHECK_INS
    kind = CheckIn


__all__ = [
    "AT_ONE_TIME",
    "CHECK_INS",
    "COLLECTIONS",
    "EDITIONS",
    "MEASUREMENTS",
    "CheckInStore",
    "EditionStore",
    "MeasurementStore",
    "Valued",
]
