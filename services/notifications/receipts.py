"""Receipts: what the other side has taken, known before all that follows from it is committed.

A delivery that was taken and is not settled is sent again if the process dies.  To settle it is a transaction
that waits for a majority; a receipt is one write that waits for the primary alone, so that the window is as
long as that write.  It is a shortcut and never the truth: a process that lives settles what it has sent,
whatever became of the receipt, and one is lost only if the primary dies before others have it and the process
before the commit.
"""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from pymongo import IndexModel
from pymongo.errors import PyMongoError

from shared import mongo
from shared.work import Transaction

RECEIPTS: Final = "receipts"
KEPT: Final = timedelta(days=30)
"""How long one is kept that nobody came back for."""
SECONDS: Final = 2.0
"""How long to write one may take."""
INDEXES: Final = (IndexModel([("at", 1)], name="kept", expireAfterSeconds=int(KEPT.total_seconds())),)


class Receipts:
    """Those of a database."""

    def __init__(self, database: mongo.Database) -> None:
        self._rows = mongo.unwaited(database[RECEIPTS])

    async def write(self, delivery_id: str) -> bool:
        """Keep that a delivery was taken; whether it is kept, as far as that can be told soon."""
        try:
            async with asyncio.timeout(SECONDS):
                await self._rows.replace_one({"_id": delivery_id}, {"at": datetime.now(UTC)}, upsert=True)
        except (PyMongoError, TimeoutError):
            return False
        return True

    async def forget(self, delivery_ids: Iterable[str]) -> None:
        """Those of what is settled are of no more use."""
        await self._rows.delete_many({"_id": {"$in": [*delivery_ids]}})


async def was_taken(delivery_id: str, tx: Transaction) -> bool:
    """Whether somebody who died before it was settled had it taken."""
    return await tx.peek(RECEIPTS, delivery_id) is not None


__all__ = ["INDEXES", "RECEIPTS", "Receipts", "was_taken"]
