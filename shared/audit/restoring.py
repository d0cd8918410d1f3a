"""Where the chain of a restored database goes on: said beside it, so that what was lost is told as that."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from shared.appended import append_line
from shared.audit.anchors import Anchor
from shared.audit.chain import FIRST
from shared.audit.rows import HEAD
from shared.logs import logger
from shared.mongo import Database

_log = logger("audit")


async def tell_restored(
    database: Database, *, service: str, file: Path | None, backup_at: datetime, epoch: int
) -> Anchor:
    """Add to the log, and to the file if there is one, where the chain goes on; before any row is sealed."""
    head = await database[HEAD].find_one({"_id": HEAD})
    number, seal = (head["number"], head["seal"]) if head else (0, FIRST)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    anchor = Anchor(service, number, seal, now, restored_to=backup_at.isoformat(), epoch=epoch)
    if file is not None:
        await asyncio.to_thread(append_line, file, anchor.line)
    said = {"number": number, "seal": seal, "restored_to": anchor.restored_to, "epoch": epoch}
    _log.info("restored", service=service, **said)
    return anchor
