"""Persons and their identifiers as documents.

An employee number or e-mail address is a document of its own, named after it, so that who holds
it is read by id like everything else, no two persons can have it, and two may swap theirs.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import ASCENDING, IndexModel

from services.people.domain.identifiers import identifier_keys, refuse_taken
from services.people.domain.names import name_words, sort_key
from services.people.domain.person import Person
from shared.ids import PersonId
from shared.store import Store, from_document, to_document

IDENTIFIERS: Final = "identifiers"


def _by_name(*fields: str, name: str) -> IndexModel:
    return IndexModel([(field, ASCENDING) for field in (*fields, "sort_key", "_id")], name=name)


COLLECTIONS: Final[Mapping[str, Sequence[IndexModel]]] = {
    "people": [
        _by_name(name="by_name"),
        _by_name("name_words", name="by_word"),
        _by_name("manager_id", name="by_manager"),
        _by_name("unit_id", name="by_unit"),
        _by_name("job_level", name="by_job_level"),
        IndexModel(
            [("left_on", ASCENDING), ("_id", ASCENDING)],
            name="by_departure",
            partialFilterExpression={"left_on": {"$gt": ""}},
        ),
        IndexModel([("deprovisioned", ASCENDING), ("_id", ASCENDING)], name="by_user"),
        IndexModel(
            [("external_id", ASCENDING), ("_id", ASCENDING)],
            name="by_external_id",
            partialFilterExpression={"external_id": {"$gt": ""}},
        ),
    ],
    IDENTIFIERS: [],
}


class PersonStore(Store[Person]):
    """The directory entries."""

    collection: ClassVar[str] = "people"
    kind = Person

    def save(self, aggregate: Person) -> Person:
        """Store it with the words that it is found by."""
        given, family = aggregate.given_name, aggregate.family_name
        found_by = {"name_words": name_words(given, family), "sort_key": sort_key(given, family)}
        version = self._tx.put(self.collection, to_document(aggregate) | found_by)
        return aggregate.model_copy(update={"version": version})

    async def save_identified(
        self, before: Person | None, after: Person, *, yielded_by: PersonId | None = None
    ) -> Person:
        """Store it, with its identifiers, and give up those that it had before.

        `yielded_by` is somebody whose e-mail address goes over to this person.  Raises, before
        anything is written, when an identifier is somebody else's.
        """
        held, wanted = identifier_keys(before), identifier_keys(after)
        for kind, key in wanted.items():
            holder_id = await self.holder(key)
            yielded = kind == "email" and holder_id == yielded_by
            if holder_id is not None and holder_id != after.person_id and not yielded:
                refuse_taken(kind, holder_id=holder_id)
        for key in wanted.values():
            await self._take(key, after.person_id)
        for key in set(held.values()) - set(wanted.values()):
            await self._give_up(key, after.person_id)
        return self.save(after)

    async def give_up_identifiers(self, person: Person) -> None:
        """Free what they were known by."""
        for key in identifier_keys(person).values():
            await self._give_up(key, person.person_id)

    async def holder(self, key: str | None) -> PersonId | None:
        """Who holds an identifier."""
        doc = await self._tx.peek(IDENTIFIERS, key) if key else None
        return PersonId(doc["person_id"]) if doc else None

    async def line_from(self, person_id: PersonId | None) -> Sequence[PersonId]:
        """The person, if any, and everyone above them, nearest first; in a circle, each once."""
        line: dict[PersonId, None] = {}
        while person_id is not None and person_id not in line:
            doc = await self._tx.peek(self.collection, person_id)
            if doc is None:
                break
            line[person_id] = None
            person_id = doc["manager_id"]
        return list(line)

    async def known_among(self, person_ids: Sequence[PersonId]) -> Mapping[PersonId, Person]:
        """Those of them who are there, by id."""
        docs = await self._tx.peek_many(self.collection, person_ids)
        found = [from_document(Person, doc) for doc in docs if doc is not None]
        return {person.person_id: person for person in found}

    async def reporting_to(self, manager_id: PersonId, *, limit: int) -> Sequence[Person]:
        """Active people who report to a person directly, by id."""
        reports = {"manager_id": manager_id, "status": "active"}
        found = await self._tx.find(self.collection, reports, sort={"_id": 1}, limit=limit)
        return [from_document(Person, doc) for doc in found]

    async def _take(self, key: str, person_id: PersonId) -> None:
        doc = await self._tx.peek(IDENTIFIERS, key)
        if doc is None or doc["person_id"] != person_id:
            version = doc["version"] if doc else 0
            self._tx.put(IDENTIFIERS, {"_id": key, "version": version, "person_id": person_id})

    async def _give_up(self, key: str, person_id: PersonId) -> None:
        doc = await self._tx.peek(IDENTIFIERS, key)
        if doc is not None and doc["person_id"] == person_id:
            self._tx.delete(IDENTIFIERS, key, version=doc["version"])
