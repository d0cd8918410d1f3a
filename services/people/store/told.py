"""What systems of the enterprise have told of people: which messages, and whom they wait to report to.

A document has an id of its own: one that shared the person's could be mistaken for the person.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from pymongo import ASCENDING, IndexModel

from shared.contracts.base import Frozen
from shared.ids import PersonId
from shared.work import Transaction

TOLD: Final = "told_people"
COLLECTIONS: Final[Mapping[str, Sequence[IndexModel]]] = {
    TOLD: [
        IndexModel(
            [("manager_key", ASCENDING), ("_id", ASCENDING)],
            name="by_manager",
            partialFilterExpression={"manager_key": {"$gt": ""}},
        )
    ]
}
MOST_WAITING: Final = 500
"""Who follow a manager at once; the others do with the next that is told of the manager."""
MOST_IDS: Final = 100
"""Of the newest messages about a person: more than a topic brings again."""


class ToldOf(Frozen):
    """Of one person: the ids of the messages that were taken, by sender the time of the newest that has one.

    `manager_key` is how the manager whom they are to report to is looked up, empty for nobody.
    """

    person_id: PersonId
    version: int = 0
    ids: tuple[str, ...] = ()
    newest_by: Mapping[str, datetime] = {}
    manager_key: str = ""

    def has_taken(self, id_: str) -> bool:
        """Whether it is one of these messages."""
        return id_ in self.ids

    def is_late(self, sender: str, at: datetime | None) -> bool:
        """Whether a newer one of the sender was taken."""
        newest = self.newest_by.get(sender)
        return at is not None and newest is not None and at < newest

    def having_taken(self, id_: str, sender: str, at: datetime | None) -> "ToldOf":
        """With one more."""
        newest = {**self.newest_by, sender: at} if at is not None else self.newest_by
        return self.model_copy(update={"ids": (*self.ids, id_)[-MOST_IDS:], "newest_by": newest})


class ToldStore:
    """What was told of whom."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def of(self, person_id: PersonId) -> ToldOf:
        """All about a person; empty if nothing was told yet."""
        doc = await self._tx.peek(TOLD, told_id(person_id))
        return ToldOf.model_validate(doc) if doc else ToldOf(person_id=person_id)

    async def waiting_for(self, manager_key: str) -> Sequence[PersonId]:
        """The people who are to report to whoever has an identifier."""
        asked = {"manager_key": manager_key}
        found = await self._tx.find(TOLD, asked, sort={"_id": 1}, limit=MOST_WAITING)
        return [PersonId(doc["person_id"]) for doc in found]

    def save(self, told: ToldOf) -> None:
        """Store it over the version that was read."""
        self._tx.put(TOLD, {"_id": told_id(told.person_id), **told.model_dump()})

    async def forget(self, person_id: PersonId) -> int:
        """Delete what was told of a person; how many documents that were."""
        told = await self.of(person_id)
        if not told.version:
            return 0
        self._tx.delete(TOLD, told_id(person_id), version=told.version)
        return 1


def told_id(person_id: PersonId) -> str:
    """What the document about a person is called."""
    return f"told_of_{person_id}"
