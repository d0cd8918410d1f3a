"""Who stands above the owner of a goal and could agree to it, as the local directory has it.

What follows from that is each use case's own.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from shared.directory import PEOPLE, Directory
from shared.ids import PersonId
from shared.work import Transaction

MOST_BELOW: Final = 1000
"""So many below somebody are looked at in one transaction."""


async def working_line(person_id: PersonId, tx: Transaction) -> Sequence[PersonId]:
    """Everyone above who works here, nearest first."""
    directory = Directory(tx)
    line = await directory.line_of(person_id)
    await directory.read_ahead(line)
    return [above_id for above_id in line if await directory.is_active(above_id)]


async def today_of(person_id: PersonId, tx: Transaction) -> date:
    """The day that it is where a person lives."""
    return tx.now.astimezone(await Directory(tx).zone_of(person_id)).date()


async def leads_somebody(person_id: PersonId, tx: Transaction) -> bool:
    """Whether anybody who works here reports to the person, or to those below who have left."""
    return bool(await people_below(person_id, tx, nearest=True))


async def people_below(person_id: PersonId, tx: Transaction, *, nearest: bool = False) -> Sequence[PersonId]:
    """Those below who work here, level by level, until they are more than `MOST_BELOW`.

    The `nearest` are those with nobody who works here between.
    """
    found, met, level = list[PersonId](), {person_id}, [person_id]
    while level and len(found) <= MOST_BELOW:
        reports: list[PersonId] = []
        for doc in await tx.peek_many(PEOPLE, level):
            reports += [each for each in (doc["report_ids"] if doc else ()) if each not in met]
            met.update(reports)
        docs = [doc for doc in await tx.peek_many(PEOPLE, reports) if doc is not None]
        active = [doc["_id"] for doc in docs if doc.get("status") == "active"]
        found += active
        level = [doc["_id"] for doc in docs if not nearest or doc["_id"] not in active]
    return found
