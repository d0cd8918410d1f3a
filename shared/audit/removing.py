"""The removal of rows that are older than they are to be kept, which one process at a time does.

Only from the front, and only up to an anchor: the anchors' file is told first, so that the chain can be
verified from there on, and what went before was verified once more.  A chain that is broken is evidence, and
stays.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from shared.appended import append_line
from shared.audit.anchors import Anchor, moment, newest_cut, read_anchors, settled
from shared.audit.chain import BEGINNING, walk
from shared.audit.rows import AUDIT
from shared.logs import logger
from shared.mongo import Database

PAGE: Final = 1_000
EVERY: Final = timedelta(days=1)
"""Between two cuts, so that there are not as many as anchors."""
_log = logger("audit")


class Remover:
    """The turn of a leased worker: once a day cut the chain behind what is too old, and remove that."""

    def __init__(self, database: Database, *, service: str, file: Path, keep: timedelta) -> None:
        self._db = database
        self._service = service
        self._file = file
        self._keep = keep

    async def turn(self) -> bool:
        """Cut if it is due, and remove one page; whether there may be more.

        Raises `ChainBrokenError`, and removes nothing behind the cut before, if a row that is too old is not
        what was sealed.
        """
        anchors = await asyncio.to_thread(self._anchors)
        cut = newest_cut(anchors)
        before = datetime.now(UTC) - self._keep
        if cut is None or moment(cut.removed_before) + EVERY <= before:
            cut = await self._cut(anchors, cut, before) or cut
        return cut is not None and await self._remove(cut)

    def _anchors(self) -> Sequence[Anchor]:
        if not self._file.exists():
            return ()
        anchors, _ = read_anchors(self._file.read_text(errors="replace").splitlines())
        return settled(each for each in anchors if each.service == self._service)[0]

    async def _cut(self, anchors: Sequence[Anchor], last: Anchor | None, before: datetime) -> Anchor | None:
        """The newest anchor behind which no row is too old, told to the file; None if there is none anew."""
        anchored, found = {each.number for each in anchors}, None
        async with aclosing(walk(self._db, last or BEGINNING, anchors)) as rows:
            async for row in rows:
                if row["at"] >= before:
                    break
                if row["number"] in anchored:
                    found = row
        if found is None:
            return None
        now = datetime.now(UTC).isoformat(timespec="seconds")
        cut = Anchor(self._service, found["number"], found["seal"], now, before.isoformat())
        await asyncio.to_thread(append_line, self._file, cut.line)
        _log.info("cut", service=cut.service, number=cut.number, seal=cut.seal, before=cut.removed_before)
        return cut

    async def _remove(self, cut: Anchor) -> bool:
        """From the front; what has the number of a removed row and is younger stays, for it is evidence."""
        gone = {"number": {"$gt": 0, "$lte": cut.number}, "at": {"$lt": moment(cut.removed_before)}}
        first = await self._db[AUDIT].find_one(gone, {"number": 1}, sort=[("number", 1)])
        if first is None:
            return False
        most = min(cut.number, first["number"] + PAGE - 1)
        await self._db[AUDIT].delete_many({**gone, "number": {"$gt": 0, "$lte": most}})
        return most < cut.number
