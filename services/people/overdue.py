"""Erasures that are not at their end, for the metrics: every process looks at the same database."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

from services.people.domain.erasure import Erasure
from services.people.store.erasures import ERASURES
from shared import mongo
from shared.metrics import Metrics
from shared.store import from_document

PART: Final = "erasures"
GRACE: Final = timedelta(hours=1)
"""How much longer an erasure may take than until each service has looked again."""


class ErasureWatch:
    """The turn of a worker that tells the metrics how many erasures are open, and open for too long.

    `recheck` is how much later each service looks again.  Where there is a log of erasures, one that is not
    in it is open.
    """

    def __init__(self, db: mongo.Database, metrics: Metrics, *, recheck: timedelta, logs: bool) -> None:
        self._db = db
        self._metrics = metrics
        self._late = recheck + GRACE
        self._logs = logs

    async def turn(self) -> bool:
        """Look once."""
        now, open_, overdue = datetime.now(UTC), 0, 0
        async for doc in self._db[ERASURES].find({}, batch_size=1000):
            erasure = from_document(Erasure, doc)
            if erasure.standing(now) == "erasing" or (self._logs and not erasure.logged):
                open_ += 1
                overdue += now - erasure.asked_at > self._late
        self._metrics.erasing(open_=open_, overdue=overdue)
        self._metrics.observed(PART, at=time.time())
        return False


__all__ = ["ErasureWatch"]
