"""Who stands above the owner of a goal and could agree to it, as the local directory has it.

What follows from that is each use case's own.
"""

from collections.abc import Sequence
from datetime import date

from shared.directory import PEOPLE, Directory
from shared.ids import PersonId
from shared.work import Transaction


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
    waiting, met = [person_id], set[str]()
    while waiting:
        doc = await tx.peek(PEOPLE, waiting.pop())
        for report in await tx.peek_many(PEOPLE, doc["report_ids"] if doc else ()):
            if report is not None and report.get("status") == "active":
                return True
            if report is not None and report["_id"] not in met:
                met.add(report["_id"])
                waiting.append(report["_id"])
    return False
