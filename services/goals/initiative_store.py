"""Initiatives and the reports on them as documents, and the indexes that their reads stand on."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from pymongo import ASCENDING, IndexModel

from services.goals.domain.initiative import OPEN, Initiative, InitiativeReport
from shared.ids import GoalId, InitiativeId, PersonId
from shared.indexes import newest_first
from shared.store import Store, from_document

INITIATIVES: Final = "initiatives"
REPORTS: Final = "initiative_reports"


def _due(field: str, name: str, **options: Any) -> IndexModel:
    return IndexModel([(field, ASCENDING), ("due_on", ASCENDING), ("_id", ASCENDING)], name=name, **options)


COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    INITIATIVES: [
        _due("goal_id", "by_goal"),
        _due("owner_id", "by_owner"),
        _due("goal_owner_id", "by_goal_owner"),
        _due("goal_visibility", "by_everyone", partialFilterExpression={"goal_visibility": "everyone"}),
        _due("status", "by_status"),
        IndexModel([("due_on", ASCENDING), ("_id", ASCENDING)], name="by_due"),
    ],
    REPORTS: [
        newest_first("at", "initiative_id", name="by_initiative"),
    ],
}


class InitiativeStore(Store[Initiative]):
    """What is done for goals."""

    collection: ClassVar[str] = INITIATIVES
    kind = Initiative

    async def of(self, goal_ids: Sequence[GoalId]) -> Sequence[Initiative]:
        """Those of some goals."""
        return await self._found({"goal_id": {"$in": [*goal_ids]}})

    async def concerned(self, owner_id: PersonId, goal_ids: Sequence[GoalId] = ()) -> Sequence[Initiative]:
        """Those that a person is to do and has not, and all of some goals."""
        theirs = {"owner_id": owner_id, "status": {"$in": [*OPEN]}}
        return await self._found({"$or": [theirs, {"goal_id": {"$in": [*goal_ids]}}]})

    async def _found(self, wanted: Mapping[str, Any]) -> Sequence[Initiative]:
        docs = await self._tx.find(self.collection, wanted, sort={"_id": 1})
        return [from_document(Initiative, doc) for doc in docs]


class InitiativeReportStore(Store[InitiativeReport]):
    """Every report on an initiative there ever was."""

    collection: ClassVar[str] = REPORTS
    kind = InitiativeReport

    async def of(self, initiative_ids: Sequence[InitiativeId]) -> Sequence[InitiativeReport]:
        """Those of some initiatives."""
        docs = await self._tx.find(self.collection, {"initiative_id": {"$in": [*initiative_ids]}})
        return [from_document(InitiativeReport, doc) for doc in docs]
