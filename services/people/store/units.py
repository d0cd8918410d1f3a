"""Org units as documents."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import ASCENDING, IndexModel

from services.people.domain.names import name_words, sort_key
from services.people.domain.unit import OrgUnit
from shared.ids import PersonId, UnitId
from shared.store import Store, from_document, to_document

COLLECTIONS: Final[Mapping[str, Sequence[IndexModel]]] = {
    "units": [
        IndexModel([("sort_key", ASCENDING), ("_id", ASCENDING)], name="by_name"),
        IndexModel([("parent_id", ASCENDING), ("sort_key", ASCENDING), ("_id", ASCENDING)], name="by_parent"),
        IndexModel([("name_words", ASCENDING), ("sort_key", ASCENDING), ("_id", ASCENDING)], name="by_word"),
    ],
}


class UnitStore(Store[OrgUnit]):
    """The org units."""

    collection: ClassVar[str] = "units"
    kind = OrgUnit

    def save(self, aggregate: OrgUnit) -> OrgUnit:
        """Store it with the words that it is found by."""
        found_by = {
            "name_words": name_words(aggregate.name),
            "sort_key": sort_key("", aggregate.name),
            "folded_name": aggregate.name.casefold(),
        }
        version = self._tx.put(self.collection, to_document(aggregate) | found_by)
        return aggregate.model_copy(update={"version": version})

    async def line_from(self, unit_id: UnitId | None) -> Sequence[OrgUnit]:
        """The unit, if any, and those above it, nearest first."""
        line: dict[UnitId, OrgUnit] = {}
        while unit_id is not None and unit_id not in line:
            unit = await self.find(unit_id)
            if unit is None:
                break
            line[unit_id] = unit
            unit_id = unit.parent_id
        return list(line.values())

    async def hr_partners_of(self, unit_id: UnitId | None) -> Sequence[PersonId]:
        """The HR partners of a unit: its own, or those of the nearest unit above that lists any."""
        for unit in await self.line_from(unit_id):
            if unit.hr_partner_ids:
                return unit.hr_partner_ids
        return ()

    async def namesakes(self, unit: OrgUnit) -> Sequence[OrgUnit]:
        """Others of the same kind and name in the same place; to be asked under the guard."""
        alike = {"parent_id": unit.parent_id, "kind": unit.kind, "folded_name": unit.name.casefold()}
        found = await self._tx.find(self.collection, alike)
        return [from_document(OrgUnit, doc) for doc in found if doc["_id"] != unit.unit_id]
