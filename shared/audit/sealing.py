"""The sealer of an audit, which one process at a time is."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from shared.appended import append_line
from shared.audit.anchors import Anchor
from shared.audit.chain import FIRST, seal_of
from shared.audit.rows import ANCHORED, AUDIT, HEAD, Row
from shared.identity import service_caller
from shared.logs import logger
from shared.work import Transaction, Work

PAGE: Final = 500
ANCHOR_ROWS: Final = 1_000
_log = logger("audit")


async def seal_page(most: int, tx: Transaction) -> Row | None:
    """Chain the next rows to the head: the head as it is then; of two sealers one has to begin again."""
    head = await tx.get(HEAD, HEAD)
    rows = await tx.find(AUDIT, {"sealed": False}, sort={"_id": 1}, limit=most)
    if not rows:
        return head
    number, seal = (head["number"], head["seal"]) if head else (0, FIRST)
    for row in rows:
        number, seal = number + 1, seal_of(seal, row)
        tx.update(AUDIT, row["_id"], {"$set": {"sealed": True, "number": number, "seal": seal}})
    sealed = {"_id": HEAD, "number": number, "seal": seal, "version": head["version"] if head else 0}
    tx.put(HEAD, sealed)
    return {**sealed, "page": len(rows)}


class Sealer:
    """The turn of a leased worker: chain what is not sealed, and anchor the chain now and then.

    Rows are sealed in the order in which they are seen here; one that commits late is sealed later.  An
    anchor goes to the log, and to `file` if there is one; it is due `anchor_seconds` or a thousand rows
    after the one before.
    """

    def __init__(self, work: Work, *, service: str, file: Path | None, anchor_seconds: float) -> None:
        self._work = work
        self._service = service
        self._file = file
        self._anchor_seconds = anchor_seconds
        self._anchored = 0
        self._anchored_at = time.monotonic()

    async def turn(self) -> bool:
        """Seal one page; whether there may be more."""
        more = False
        if await self._work.db[AUDIT].find_one({"sealed": False}, {"_id": 1}) is not None:
            caller = service_caller(self._service)
            head = await self._work.run(seal_page, PAGE, key=HEAD, caller=caller)
            more = head is not None and head.get("page") == PAGE
        else:  # another may have sealed since, and not come to anchor it
            head = await self._work.db[HEAD].find_one({"_id": HEAD})
        if head is not None:
            await self._anchor(head["number"], head["seal"])
        return more

    async def _anchor(self, number: int, seal: str) -> None:
        new, waited = number - self._anchored, time.monotonic() - self._anchored_at
        if new <= 0 or not (waited >= self._anchor_seconds or new >= ANCHOR_ROWS):
            return
        now = datetime.now(UTC)
        anchor = Anchor(self._service, number, seal, now.isoformat(timespec="seconds"))
        if self._file is not None:
            await asyncio.to_thread(append_line, self._file, anchor.line)
        _log.info("anchor", service=anchor.service, number=number, seal=seal)
        self._anchored, self._anchored_at = number, time.monotonic()
        newest = {"_id": ANCHORED, "number": number, "at": now}
        await self._work.db[ANCHORED].replace_one({"_id": ANCHORED}, newest, upsert=True)
