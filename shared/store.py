"""Aggregates to documents and back: what every service's store is made of.

A `Store` loads and saves the aggregates of one collection through a transaction.  Rules live in
the domain, never here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from shared.aggregate import Aggregate
from shared.contracts.base import State
from shared.errors import NotFound
from shared.reading import as_stored
from shared.work.transaction import Doc, Filter, Transaction

A = TypeVar("A", bound=Aggregate)


def to_document(aggregate: Aggregate) -> Doc:
    """The document of an aggregate: its fields, and its id as `_id`."""
    doc = aggregate.model_dump()
    doc["_id"] = doc.pop(aggregate.id_field)
    return doc


def from_document(kind: type[A], doc: Mapping[str, Any]) -> A:
    """The aggregate in a document, also one that today's rules would refuse; see reading.py."""
    return as_stored(kind, {**doc, kind.id_field: doc["_id"]})


class Store(Generic[A]):
    """The aggregates of one collection, as one transaction sees them."""

    collection: ClassVar[str] = ""
    kind: type[A]

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def find(self, id_: str) -> A | None:
        """The aggregate, if there is one."""
        doc = await self._tx.peek(self.collection, id_)
        return None if doc is None else from_document(self.kind, doc)

    async def get(self, id_: str) -> A:
        """The aggregate; raises `NotFound`."""
        found = await self.find(id_)
        if found is None:
            raise NotFound(f"There is no {self.kind.noun()} with this id.")
        return found

    def save(self, aggregate: A) -> A:
        """Store it over the version that was read; the aggregate at its new version."""
        version = self._tx.put(self.collection, to_document(aggregate))
        return aggregate.model_copy(update={"version": version})

    def delete(self, aggregate: A) -> None:
        """Remove it."""
        self._tx.delete(self.collection, aggregate.id, version=aggregate.version)

    async def delete_where(
        self, wanted: Filter, *, limit: int = 0, told: type[State] | None = None
    ) -> Sequence[str]:
        """Remove those that match, so many by id, and put a null in place of each one's state; their ids."""
        docs = await self._tx.find(self.collection, wanted, sort={"_id": 1}, limit=limit)
        for doc in docs:
            self.delete(from_document(self.kind, doc))
            if told is not None:
                self._tx.tombstone(told, doc["_id"])
        return [doc["_id"] for doc in docs]
