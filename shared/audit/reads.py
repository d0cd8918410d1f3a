"""Reads of confidential data: which they are, and their way into the audit.

A read is noted in the scope of its request, and kept when the answer that shows it begins, or the part of it:
one that is refused in the end shows nothing.
"""

from collections import deque
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Final

from pymongo.errors import BulkWriteError, PyMongoError

from shared import mongo
from shared.audit.rows import AUDIT, Row
from shared.logs import logger

PAGE: Final = 500
DUPLICATE: Final = 11_000
_NOTED: Final = "cairn.reads"
_log = logger("audit")

Confidential = Mapping[str, Callable[[Mapping[str, Any] | None], bool]]
"""By action of an access table, whether a document that is shown is confidential; None for a list."""


def always(doc: Mapping[str, Any] | None) -> bool:
    """Whatever is shown is confidential."""
    del doc
    return True


def once_shown(doc: Mapping[str, Any] | None) -> bool:
    """Each document that is shown is confidential; a list is by those that it shows."""
    return doc is not None


def noted(scope: MutableMapping[str, Any]) -> list[Row]:
    """What a request was allowed to see so far."""
    return scope.setdefault(_NOTED, [])


class ReadLog:
    """Rows of reads on their way into the database, written together within a moment of the read."""

    def __init__(self, database: mongo.Database) -> None:
        self._db = database
        self._rows: deque[Row] = deque()

    def take(self, scope: MutableMapping[str, Any]) -> None:
        """What was noted is shown now."""
        rows = noted(scope)
        self._rows.extend(rows)
        rows.clear()

    async def turn(self) -> bool:
        """Write what is there; what the database does not take stays."""
        rows = [self._rows.popleft() for _ in range(min(PAGE, len(self._rows)))]
        if not rows:
            return False
        try:
            await self._db[AUDIT].insert_many(rows, ordered=False)
        except PyMongoError as error:
            if not _all_there(error):
                self._rows.extendleft(reversed(rows))
                _log.warning("reads wait", waiting=len(self._rows), error=type(error).__name__)
                raise
        return bool(self._rows)

    async def flush(self) -> None:
        """All of it, before the process ends."""
        while await self.turn():
            pass


def _all_there(error: PyMongoError) -> bool:
    """Whether all that was not taken had been taken before, and its answer lost."""
    faults = error.details.get("writeErrors", ()) if isinstance(error, BulkWriteError) else ()
    return bool(faults) and all(each["code"] == DUPLICATE for each in faults)
