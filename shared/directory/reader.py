"""Questions about many people, for views and senders: names, reports, pages of a population.

Reads the local copy as it is in the database, outside of any transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from shared import mongo
from shared.directory.entries import PEOPLE, UNITS, DirectoryPerson, to_person
from shared.directory.read import Directory, Stored
from shared.errors import Invalid
from shared.ids import PersonId, UnitId
from shared.population import Population
from shared.work.transaction import Transaction

BATCH: Final = 100_000
"""Ids asked for in one answer: covered by the index, and faster than `distinct`."""


async def require_known(wanted: Population, tx: Transaction) -> None:
    """Refuse a population that names units, people or job levels that are not in the directory.

    Raises:
        Invalid: with their ids, or the levels, as `unknown`.
    """
    named = {*wanted.person_ids, *wanted.reporting_to_ids}
    units = await tx.find(UNITS, {"_id": {"$in": list(wanted.unit_ids)}})
    people = await tx.find(PEOPLE, {"_id": {"$in": sorted(named)}, "known": True})
    found = {doc["_id"] for doc in (*units, *people)}
    if strangers := sorted({*wanted.unit_ids, *named} - found):
        raise Invalid("The directory has no such units or people; correct the population.", unknown=strangers)
    held = [level for level in wanted.job_levels if await tx.find(PEOPLE, {"job_level": level}, limit=1)]
    if unheld := sorted({*wanted.job_levels} - {*held}):
        raise Invalid("Nobody in the directory has these job levels; correct the population.", unknown=unheld)


class DirectoryReader:
    """The local copy of the people, for those who read many of them at once."""

    def __init__(self, database: mongo.Database) -> None:
        self._database = database

    def one_by_one(self) -> Directory:
        """The questions of a handler, for the length of one request."""
        return Directory(Stored(self._database))

    async def people(self, person_ids: Iterable[str]) -> Mapping[PersonId, DirectoryPerson]:
        """Those of them who are known, with one query."""
        docs = await self._find({"_id": {"$in": [*set(person_ids)]}, "known": True})
        return {person.person_id: person for person in _people(docs)}

    async def names(self, person_ids: Iterable[str]) -> Mapping[PersonId, str]:
        """The names of those of them who are known, with one query."""
        wanted = {"_id": {"$in": [*set(person_ids)]}, "known": True}
        cursor = self._database[PEOPLE].find(wanted, {"given_name": 1, "family_name": 1})
        return {
            doc["_id"]: f"{doc['given_name']} {doc['family_name']}".strip()
            for doc in await cursor.to_list(None)
        }

    async def direct_reports(self, manager_id: str) -> Sequence[DirectoryPerson]:
        """Who reports to a person and still works here, by id."""
        report_ids = await self.person_ids_reporting_to(manager_id)
        return _people(await self._find({"_id": {"$in": [*report_ids]}, "status": "active"}))

    async def everyone_below(
        self, person_id: str, *, after: str | None = None, limit: int = 1000
    ) -> Sequence[DirectoryPerson]:
        """The next active people, by id, with `person_id` in their line."""
        below = {"ancestors": person_id, "status": "active", "_id": {"$gt": after or ""}}
        return _people(await self._find(below, limit=limit))

    async def unit_ids_within(self, unit_ids: Iterable[UnitId]) -> Sequence[UnitId]:
        """The units themselves, known or not, and all units below them."""
        roots = [*unit_ids]
        below = await mongo.aggregate(
            self._database[UNITS], [{"$match": {"parent_id": {"$in": roots}}}, _units_below({})]
        )
        return sorted({*roots, *_units_of(below)})

    async def person_ids_working_in(self, unit_id: UnitId) -> Sequence[PersonId]:
        """Everyone, active or not, of a unit and of all units below it."""
        return await self._ids({"unit_id": {"$in": [*await self.unit_ids_within([unit_id])]}})

    async def person_ids_below(self, person_id: str) -> Sequence[PersonId]:
        """Everyone, active or not, with `person_id` in their line."""
        return await self._ids({"ancestors": person_id})

    async def person_ids_reporting_to(self, manager_id: str) -> Sequence[PersonId]:
        """Everyone, active or not, who reports to a person directly."""
        doc = await self._database[PEOPLE].find_one({"_id": manager_id}, {"report_ids": 1})
        return doc["report_ids"] if doc else ()

    async def person_ids_managed_in_effect_by(self, manager_id: str) -> Sequence[PersonId]:
        """Everyone who reports to a person directly, or through people who have left alone."""
        found = dict.fromkeys(await self.person_ids_reporting_to(manager_id))
        left = await self._left_among(found)
        while left:
            docs = await self._database[PEOPLE].find({"_id": {"$in": left}}, {"report_ids": 1}).to_list(None)
            below = {report_id for doc in docs for report_id in doc["report_ids"]} - found.keys()
            found |= dict.fromkeys(below)
            left = await self._left_among(below)
        return [*found]

    async def _left_among(self, person_ids: Iterable[PersonId]) -> Sequence[PersonId]:
        return await self._ids({"_id": {"$in": [*person_ids]}, "status": "left"})

    async def person_ids_who_left(self) -> Sequence[PersonId]:
        """Everyone who has left."""
        return await self._ids({"status": "left"})

    async def person_ids_with_in_team(self, person_id: str) -> Sequence[PersonId]:
        """The person's manager, and everyone, active or not, who reports to that manager too."""
        doc = await self._database[PEOPLE].find_one({"_id": person_id}, {"manager_id": 1})
        manager_id = doc.get("manager_id") if doc else None
        if manager_id is None:
            return ()
        return (manager_id, *await self.person_ids_reporting_to(manager_id))

    async def person_ids_partnered_by(self, hr_partner_id: str) -> Sequence[PersonId]:
        """Everyone, active or not, whose unit's HR partners list a person; see `hr_partners_of`."""
        units = await mongo.aggregate(
            self._database[UNITS],
            [{"$match": {"hr_partner_ids": hr_partner_id}}, _units_below({"hr_partner_ids": []})],
        )
        return await self._ids({"unit_id": {"$in": [*_units_of(units)]}}) if units else ()

    async def _find(self, query: Mapping[str, Any], limit: int = 0) -> list[mongo.Doc]:
        cursor = self._database[PEOPLE].find(query, {"report_ids": 0}, limit=limit).sort("_id", 1)
        return await cursor.to_list(None)

    async def _ids(self, query: Mapping[str, Any]) -> Sequence[PersonId]:
        cursor = self._database[PEOPLE].find(query, {"_id": 1}, batch_size=BATCH).sort("_id", 1)
        return [doc["_id"] for doc in await cursor.to_list(None)]


async def population(
    database: mongo.Database, criteria: Population | Mapping[str, Any], after: str | None, limit: int
) -> Sequence[PersonId]:
    """The next ids, ascending, of a population: what a fan-out pages through.

    `criteria` may be the `params` of a fan-out job, a dumped `Population`.
    """
    query = await _members(database, criteria, after)
    cursor = database[PEOPLE].find(query, {"_id": 1}, limit=limit).sort("_id", 1)
    return [doc["_id"] for doc in await cursor.to_list(None)]


async def population_size(database: mongo.Database, criteria: Population) -> int:
    """How many people a population has now."""
    return await database[PEOPLE].count_documents(await _members(database, criteria, None))


async def departed_among(database: mongo.Database, criteria: Population) -> int:
    """How many of those whom a population names one by one have left."""
    return await database[PEOPLE].count_documents({"_id": {"$in": [*criteria.person_ids]}, "status": "left"})


async def _members(
    database: mongo.Database, criteria: Population | Mapping[str, Any], after: str | None
) -> Mapping[str, Any]:
    wanted = Population.model_validate(criteria)
    query: dict[str, Any] = {"status": "active", "_id": {"$gt": after or ""}}
    if not wanted.everyone:
        query["$or"] = [{"_id": {"$in": [*wanted.person_ids]}}, *await _places(database, wanted)]
    return query


async def _places(database: mongo.Database, wanted: Population) -> Sequence[Mapping[str, Any]]:
    """The units and lines that are wanted, as far as their people have one of the levels wanted."""
    level = {"job_level": {"$in": [*wanted.job_levels]}} if wanted.job_levels else {}
    places: list[Mapping[str, Any]] = []
    if wanted.unit_ids:
        units = await DirectoryReader(database).unit_ids_within(wanted.unit_ids)
        places.append({"unit_id": {"$in": [*units]}, **level})
    if wanted.reporting_to_ids:
        places.append({"ancestors": {"$in": [*wanted.reporting_to_ids]}, **level})
    return places or ([level] if level else [])


def _people(docs: Iterable[mongo.Doc]) -> Sequence[DirectoryPerson]:
    return [person for doc in docs if (person := to_person(doc)) is not None]


def _units_of(roots: Sequence[mongo.Doc]) -> set[UnitId]:
    below: set[UnitId] = {unit["_id"] for root in roots for unit in root["below"]}
    return below | {root["_id"] for root in roots}


def _units_below(among: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "$graphLookup": {
            "from": UNITS,
            "startWith": "$_id",
            "connectFromField": "_id",
            "connectToField": "parent_id",
            "as": "below",
            "restrictSearchWithMatch": among,
        }
    }


__all__ = ["DirectoryReader", "Population", "population"]
