"""Demographic attributes as documents, each person's under an id of their own.

The directory entry has the person's id: a document that shared it could be mistaken for the
aggregate that a message is about.
"""

from typing import ClassVar

from services.people.domain.demographics import Demographics
from shared.ids import PersonId
from shared.work import Transaction
from shared.work.transaction import Doc


class DemographicsStore:
    """The demographic attributes."""

    collection: ClassVar[str] = "demographics"

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def of(self, person_id: PersonId) -> Demographics | None:
        """What is known of a person; None for nothing."""
        doc = await self._tx.peek(self.collection, demographics_id(person_id))
        return None if doc is None else demographics_in(doc)

    def save(self, demographics: Demographics) -> Demographics:
        """Store them over the version that was read."""
        doc = {"_id": demographics_id(demographics.person_id), **demographics.model_dump()}
        return demographics.model_copy(update={"version": self._tx.put(self.collection, doc)})

    async def forget(self, person_id: PersonId) -> int:
        """Delete what is known of a person; how many documents that were."""
        known = await self.of(person_id)
        if known is None:
            return 0
        self._tx.delete(self.collection, demographics_id(person_id), version=known.version)
        return 1


def demographics_id(person_id: PersonId) -> str:
    """What the document with a person's attributes is called."""
    return f"demographics_of_{person_id}"


def demographics_in(doc: Doc) -> Demographics:
    """The attributes in a document."""
    return Demographics.model_validate(doc)
