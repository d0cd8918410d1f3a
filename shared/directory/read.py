"""Questions about people asked by id, one at a time: in a handler, or outside of one.

In a handler what is read takes part in the transaction and is gathered with what others read.
Nothing here lists or pages; see `reader`.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from shared import mongo
from shared.directory.entries import PEOPLE, UNITS, DirectoryPerson, DirectoryUnit, to_person, to_unit
from shared.errors import NotFound
from shared.ids import PersonId, UnitId
from shared.work import NotYet, Transaction
from shared.work.transaction import Doc, Ref


class Peek(Protocol):
    """Gives documents by id, to be read only; a `Transaction` is one."""

    async def peek(self, collection: str, id_: Any) -> Doc | None:
        """The document, if there is one."""
        ...

    async def peek_many(self, collection: str, ids: Iterable[Any]) -> list[Doc | None]:
        """The document of each id, in order."""
        ...


class Stored:
    """Documents as they are in the database, each asked for once; for the length of one request."""

    def __init__(self, database: mongo.Database) -> None:
        self._database = database
        self._known: dict[Ref, Doc | None] = {}

    async def peek(self, collection: str, id_: Any) -> Doc | None:
        """The document, if there is one."""
        return (await self.peek_many(collection, (id_,)))[0]

    async def peek_many(self, collection: str, ids: Iterable[Any]) -> list[Doc | None]:
        """The document of each id, in order."""
        refs = [(collection, id_) for id_ in ids]
        asked = [ref for ref in refs if ref not in self._known]
        self._known.update(dict.fromkeys(asked))
        missing = [id_ for _, id_ in asked if id_ is not None]
        if missing:
            async for doc in self._database[collection].find({"_id": {"$in": missing}}):
                self._known[collection, doc["_id"]] = doc
        return [self._known[ref] for ref in refs]


async def named_caller(tx: Transaction) -> PersonId | None:
    """Who asks, as it may be published: None for who is no person of the directory, and for the suite."""
    return await Directory(tx).named(tx.caller.person_id if tx.caller else None)


class Directory:
    """People and units by id; whoever is not known relates to nobody.

    People who have left keep their place in the lines of others: whether somebody still works
    here is theirs to ask who needs to know.
    """

    def __init__(self, tx: Peek) -> None:
        self._tx = tx

    async def person(self, person_id: str) -> DirectoryPerson | None:
        """The person, if the local copy has them."""
        return to_person(await self._tx.peek(PEOPLE, person_id))

    async def require(self, person_id: str) -> DirectoryPerson:
        """The person; raises `NotYet` in a reaction and `NotFound` in a command or a view."""
        person = await self.person(person_id)
        if person is not None:
            return person
        if isinstance(self._tx, Transaction) and self._tx.caller is None:
            raise NotYet(f"{person_id} is not in the directory yet")
        raise NotFound("There is no person with this id.", person_id=person_id)

    async def named(self, person_id: PersonId | None) -> PersonId | None:
        """The id if it is a person's of the directory, for what is published: a token may name anybody."""
        known = person_id is not None and await self.person(person_id) is not None
        return person_id if known else None

    async def read_ahead(self, person_ids: Iterable[str]) -> None:
        """Read with one query what will be asked about these people."""
        await self._tx.peek_many(PEOPLE, person_ids)

    async def zone_of(self, person_id: str) -> ZoneInfo:
        """Where the person's days begin; UTC for somebody who is not known."""
        person = await self.person(person_id)
        return ZoneInfo(person.time_zone if person else "UTC")

    async def is_active(self, person_id: str) -> bool:
        """Whether the person is known and has not left."""
        doc = await self._tx.peek(PEOPLE, person_id)
        return doc is not None and doc.get("status") == "active"

    async def has_left(self, person_id: str) -> bool:
        """Whether the person is known to have left."""
        doc = await self._tx.peek(PEOPLE, person_id)
        return doc is not None and doc.get("status") == "left"

    async def manager_of(self, person_id: str) -> DirectoryPerson | None:
        """Whom the person reports to, even one who has left."""
        doc = await self._tx.peek(PEOPLE, person_id)
        return await self.person(doc["manager_id"]) if doc and doc["manager_id"] else None

    async def is_manager(self, manager_id: str, person_id: str) -> bool:
        """Whether the second reports to the first directly."""
        doc = await self._tx.peek(PEOPLE, person_id)
        return doc is not None and doc["manager_id"] == manager_id

    async def manages_in_effect(self, manager_id: str, person_id: str) -> bool:
        """Whether the first is the second's manager, or the nearest above when those between have left."""
        async for each in self._managers_in_effect(person_id):
            if each == manager_id:
                return True
        return False

    async def manager_in_effect(self, person_id: str) -> PersonId | None:
        """The person's manager, or the nearest above when those between have left."""
        async for each in self._managers_in_effect(person_id):
            if not await self.has_left(each):
                return each
        return None

    async def _managers_in_effect(self, person_id: str) -> AsyncIterator[PersonId]:
        """Upwards as long as they have left, and the first who has not."""
        passed, doc = set[PersonId](), await self._tx.peek(PEOPLE, person_id)
        while doc is not None and doc["manager_id"] not in {None, *passed}:
            manager_id = PersonId(doc["manager_id"])
            yield manager_id
            if not await self.has_left(manager_id):
                return
            passed.add(manager_id)
            doc = await self._tx.peek(PEOPLE, manager_id)

    async def is_in_team_of(self, member_id: str, person_id: str) -> bool:
        """Whether the first reports to the second, or both to the same manager."""
        member, person = await self._tx.peek_many(PEOPLE, (member_id, person_id))
        manager_id = member["manager_id"] if member else None
        return manager_id is not None and (
            manager_id == person_id or (person is not None and person["manager_id"] == manager_id)
        )

    async def line_of(self, person_id: str) -> Sequence[PersonId]:
        """Everyone above the person, nearest first."""
        doc = await self._tx.peek(PEOPLE, person_id)
        return tuple(doc["ancestors"]) if doc else ()

    async def is_above(self, person_id: str, other_id: str) -> bool:
        """Whether the first is anywhere in the line above the second."""
        return person_id in await self.line_of(other_id)

    async def unit(self, unit_id: str) -> DirectoryUnit | None:
        """The org unit, if the local copy has it."""
        return to_unit(await self._tx.peek(UNITS, unit_id))

    async def unit_of(self, person_id: str) -> DirectoryUnit | None:
        """The org unit that the person works in."""
        unit_id = await self._unit_id(person_id)
        return await self.unit(unit_id) if unit_id else None

    async def hr_partners_of(self, person_id: str) -> Sequence[PersonId]:
        """The active ones among the HR partners of the person's unit.

        A unit that lists none has those of the nearest unit above that does.
        """
        listed = await self.listed_hr_partners_of(person_id)
        return tuple([partner for partner in listed if await self.is_active(partner)])

    async def listed_hr_partners_of(self, person_id: str) -> Sequence[PersonId]:
        """As `hr_partners_of`, with those who have left."""
        unit_id, seen = await self._unit_id(person_id), set[UnitId]()
        while unit_id and unit_id not in seen:
            seen.add(unit_id)
            unit = await self._tx.peek(UNITS, unit_id)
            if unit is None:
                break
            if unit["hr_partner_ids"]:
                return tuple(unit["hr_partner_ids"])
            unit_id = unit["parent_id"]
        return ()

    async def is_hr_partner(self, partner_id: str, person_id: str) -> bool:
        """Whether the first is listed as an HR partner of the second; see `hr_partners_of`."""
        return partner_id in await self.listed_hr_partners_of(person_id)

    async def _unit_id(self, person_id: str) -> UnitId | None:
        doc = await self._tx.peek(PEOPLE, person_id)
        return doc.get("unit_id") if doc else None
