"""What falls due by the clock: an index of times, emptied by one process at a time.

A collection of these holds one document for each thing that has a next time: its id and `due_at`.
Whoever changes the thing `wake`s it, the handler that took it up `call`s it for its next time or
lets it `rest`; all three are blind writes in the transaction of what they belong to, so that a change
and a look that meet run one after the other and none is lost.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from pymongo import ASCENDING, IndexModel

from shared import mongo
from shared.identity import Caller
from shared.work import ByKey, Job, Transaction, Work
from shared.work.job import Handler

log = logging.getLogger(__name__)
PAGE: Final = 200
"""Things of one transaction."""
PAUSE: Final = timedelta(minutes=1)
"""How long what failed is left alone."""
INDEXES: Final[Sequence[IndexModel]] = [
    IndexModel([("due_at", ASCENDING)], name="due", partialFilterExpression={"due_at": {"$type": "date"}}),
    IndexModel(
        [("woken_at", ASCENDING)], name="woken", partialFilterExpression={"woken_at": {"$type": "date"}}
    ),
]
"""Of every collection of due times."""


class Due(NamedTuple):
    """Something whose time has come."""

    id: str


def wake(tx: Transaction, collection: str, id_: str) -> None:
    """Let it be taken up as soon as may be."""
    tx.update(collection, id_, {"$min": {"due_at": tx.now}, "$max": {"woken_at": tx.now}})


def call(tx: Transaction, collection: str, id_: str, *, at: datetime) -> None:
    """Let it be taken up at that time, whatever was said before; for who takes it up now."""
    tx.update(collection, id_, {"$set": {"due_at": at}, "$unset": {"woken_at": ""}})


def rest(tx: Transaction, collection: str, id_: str) -> None:
    """Let it be until somebody wakes it."""
    tx.update(collection, id_, {"$unset": {"due_at": "", "woken_at": ""}})


async def clear(collection: mongo.Collection, ids: Sequence[str]) -> None:
    """Forget those of them that rest, since what rests has no next time; whoever wakes one makes it anew."""
    resting = {"_id": {"$in": list(ids)}, "due_at": None, "woken_at": None}
    if await collection.find_one(resting, {"_id": 1}) is not None:
        await collection.delete_many(resting)


async def leave(collection: mongo.Collection, ids: Sequence[str], error: Exception, *, now: datetime) -> None:
    """Let what could not be taken up be for a minute, so that it keeps nothing else from its turn."""
    log.error("%s: %s could not be taken up: %r", collection.name, ", ".join(ids[:5]), error)
    later: dict[str, Any] = {"$set": {"due_at": now + PAUSE}, "$unset": {"woken_at": ""}}
    await collection.update_many({"_id": {"$in": list(ids)}}, later)


class DueWorker:
    """The turn of a worker: a handler takes up what is due, each as a message `Due`.

    The handler must call it again or let it rest.  One that fails is logged and left for a minute.
    Without `timers` only what somebody has woken is taken up, at the time at which that was: where
    requests say what time it is, no clock does.
    """

    def __init__(
        self,
        work: Work,
        collection: str,
        handler: Handler,
        *,
        timers: bool = True,
        caller: Caller | None = None,
    ) -> None:
        self._work = work
        self._collection = collection
        self._handler = handler
        self._timers = timers
        self._caller = caller

    async def turn(self) -> bool:
        """Take up a page of what is due; whether there may be more."""
        now, by = self._work.clock.now(), "due_at" if self._timers else "woken_at"
        # A time is a date, but only who says so is led there by an index of dates alone.
        due = {by: {"$type": "date"} | ({"$lte": now} if self._timers else {})}
        docs = await self._work.db[self._collection].find(due).sort(by, 1).limit(PAGE).to_list(None)
        jobs = [
            Job(doc["_id"], self._handler, Due(doc["_id"]), now if self._timers else doc[by], self._caller)
            for doc in docs
        ]
        if jobs:
            await self._work.execute(jobs, ByKey.plan)
            await clear(self._work.db[self._collection], [doc["_id"] for doc in docs])
        for job in jobs:
            if job.error is not None:
                await leave(self._work.db[self._collection], [str(job.key)], job.error, now=now)
        return len(docs) == PAGE
