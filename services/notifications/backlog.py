"""What waits to be sent and what was given up, for the metrics: every process looks at the same database."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

from services.notifications.domain.delivery import SendingChannel
from services.notifications.store import DELIVERIES
from shared import mongo
from shared.metrics import Metrics

CHANNELS: Final[tuple[SendingChannel, ...]] = ("email", "webhook")
NO_FAULT: Final = ("person_left", "forgotten")
"""Reasons for which nothing is to be sent any more."""
RECENT: Final = timedelta(days=1)
PART: Final = "deliveries"


class BacklogWatch:
    """The turn of a worker that tells the metrics how many deliveries wait, since when, and were given up."""

    def __init__(self, db: mongo.Database, metrics: Metrics) -> None:
        self._db = db
        self._metrics = metrics

    async def turn(self) -> bool:
        """Look once."""
        now = datetime.now(UTC)
        found = await mongo.aggregate(
            self._db[DELIVERIES],
            [
                {"$match": {"state": "due"}},
                {"$group": {"_id": "$channel", "n": {"$sum": 1}, "since": {"$min": "$raised_at"}}},
            ],
        )
        waiting = {row["_id"]: row for row in found}
        for channel in CHANNELS:
            row = waiting.get(channel)
            age = (now - row["since"]).total_seconds() if row else 0.0
            given_up = await self._db[DELIVERIES].count_documents(
                {
                    "state": "failed",
                    "channel": channel,
                    "due_at": {"$gt": now - RECENT},
                    "reason": {"$nin": list(NO_FAULT)},
                }
            )
            self._metrics.delivering(
                channel, due=row["n"] if row else 0, oldest_seconds=max(0.0, age), given_up=given_up
            )
        self._metrics.observed(PART, at=time.time())
        return False


__all__ = ["BacklogWatch"]
