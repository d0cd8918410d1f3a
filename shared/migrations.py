"""Stored documents are brought to what newer code writes, a page at a time, while services run.

Newer code reads what older code has written (reading.py); nothing has to be migrated before it starts.  A
migration follows the roll-out, for what is counted, found by an index, or read by a version after that.  It
writes only what the version before reads as well, so that one can still go back, and what it has done once
it does not do again to the same document.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from pymongo import IndexModel

from shared.aggregate import Aggregate
from shared.store import Store
from shared.work import Transaction, Work
from shared.work.transaction import Doc

MIGRATIONS: Final = "migrations"
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {MIGRATIONS: []}
PAGE: Final = 200
"""Documents of one transaction."""


@dataclass(frozen=True, slots=True)
class Migration:
    """Documents of a collection that are wanted, and what is done with a page of them in one transaction.

    `name` is its own for good, since by it a database knows that it has been done.
    """

    name: str
    collection: str
    wanted: Mapping[str, Any]
    migrate: Callable[[Sequence[Doc], Transaction], Awaitable[None]]


class Migrated(Aggregate):
    """How far a migration is: up to which id, how many documents it was given, when it came to the end."""

    id_field: ClassVar[str] = "name"
    name: str
    after: str = ""
    documents: int = 0
    ended_at: datetime | None = None


class MigratedStore(Store[Migrated]):
    """The migrations that have begun."""

    collection: ClassVar[str] = MIGRATIONS
    kind = Migrated


async def migrate_page(migration: Migration, tx: Transaction) -> Migrated:
    """The next page, and how far it is then; of one that has ended, nothing."""
    store = MigratedStore(tx)
    before = await store.find(migration.name) or Migrated(name=migration.name)
    if before.ended_at is not None:
        return before
    wanted = {"$and": [migration.wanted, {"_id": {"$gt": before.after}}]}
    docs = await tx.find(migration.collection, wanted, sort={"_id": 1}, limit=PAGE)
    await migration.migrate(docs, tx)
    more = len(docs) == PAGE
    done = {
        "after": docs[-1]["_id"] if more else "",
        "documents": before.documents + len(docs),
        "ended_at": None if more else tx.now,
    }
    return store.save(before.model_copy(update=done))


async def begin_again(migration: Migration, tx: Transaction) -> None:
    """Let it be done once more, all of it: after a way back, older code may have written what it was for.

    Of one that was broken off, too, older code may have written what it was past.
    """
    store = MigratedStore(tx)
    if (before := await store.find(migration.name)) is not None:
        store.save(before.model_copy(update={"after": "", "documents": 0, "ended_at": None}))


async def migrate(work: Work, migrations: Sequence[Migration], *, again: bool = False) -> Sequence[Migrated]:
    """Each in turn to its end, from where it was left; safe to run again, and by several at once.

    Raises what a migration raises: what was done before stays done.
    """
    ended: list[Migrated] = []
    for migration in migrations:
        if again:
            await work.run(begin_again, migration, key=migration.name)
        while (now := await work.run(migrate_page, migration, key=migration.name)).ended_at is None:
            pass
        ended.append(now)
    return ended
