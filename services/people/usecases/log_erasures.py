"""Write every erasure into a log outside of the databases, so that a restore does not bring anybody back.

When    an erasure was asked for and a log is set (CAIRN_ERASURE_LOG_FILE)
Rule    one line each, on the disk before the receipt says so; asked for again, a line again
Emits   nothing

The line holds the person's id, ground, case and time: what `cairn privacy erase --again FILE` needs.
"""

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from services.people.store.erasures import ERASURES, ErasureStore
from shared.appended import append_line
from shared.ids import PersonId
from shared.work import Transaction, Work

PAGE: Final = 100


class Logged(NamedTuple):
    """What stands in the log: the erasure of a person that was asked for at that time."""

    person_id: PersonId
    asked_at: datetime


async def mark_logged(message: Logged, tx: Transaction) -> None:
    """Let the receipt say so, unless the erasure was asked for again meanwhile."""
    erasures = ErasureStore(tx)
    erasure = await erasures.get(message.person_id)
    if erasure.asked_at == message.asked_at and not erasure.logged:
        erasures.save(erasure.model_copy(update={"logged": True}))


class ErasureLog:
    """The turn of a worker that adds what is not in the log yet."""

    def __init__(self, work: Work, file: Path) -> None:
        self._work = work
        self._file = file

    async def turn(self) -> bool:
        """Add a page; whether there may be more."""
        docs = await self._work.db[ERASURES].find({"logged": False}).limit(PAGE).to_list(None)
        for doc in docs:
            await asyncio.to_thread(append_line, self._file, line_of(doc))
            logged = Logged(PersonId(doc["_id"]), doc["asked_at"])
            await self._work.run(mark_logged, logged, key=doc["_id"])
        return len(docs) == PAGE


def line_of(doc: dict[str, Any]) -> str:
    """An erasure as a line of the log: JSON."""
    return json.dumps(
        {
            "person_id": doc["_id"],
            "ground": doc["ground"],
            "case": doc["case"],
            "asked_at": doc["asked_at"].isoformat(),
        }
    )
