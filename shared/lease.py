"""A lease: of all processes of a service, one at a time does a job.

Time is the database server's, so that no process's clock matters.  A holder that stops renewing
loses it; one that comes back late finds out before it does more.  The `token` counts the holders
and can fence what they write.
"""

import time
import uuid
from typing import Any

from shared import mongo

LEASES = "leases"


class Lease:
    """The right to do `name` for `seconds`, renewed by asking again."""

    def __init__(self, db: mongo.Database, name: str, *, seconds: float = 10.0) -> None:
        self.holder = uuid.uuid4().hex
        self.token = 0
        self.seconds = seconds
        self._leases = db[LEASES]
        self._name = name
        self._until = 0.0

    @property
    def held(self) -> bool:
        """Whether it is surely still ours, by a clock that started before the server's."""
        return time.monotonic() < self._until

    async def acquire(self) -> bool:
        """Take or renew the lease; False while somebody else holds it."""
        asked = time.monotonic()
        mine: dict[str, Any] = {"$eq": ["$holder", self.holder]}
        free: dict[str, Any] = {"$lte": [{"$ifNull": ["$expires_at", "$$NOW"]}, "$$NOW"]}
        taken: dict[str, Any] = {"$or": [mine, free]}
        changes: dict[str, Any] = {
            "token": {"$add": [{"$ifNull": ["$token", 0]}, {"$cond": [mine, 0, 1]}]},
            "holder": self.holder,
            "expires_at": {"$add": ["$$NOW", int(self.seconds * 1000)]},
        }
        doc = await self._leases.find_one_and_update(
            {"_id": self._name},
            [{"$set": {name: {"$cond": [taken, new, f"${name}"]} for name, new in changes.items()}}],
            upsert=True,
            return_document=mongo.ReturnDocument.AFTER,
        )
        if doc["holder"] != self.holder:
            self._until = 0.0
            return False
        self.token = int(doc["token"])
        self._until = asked + self.seconds * 0.8
        return True

    async def release(self) -> None:
        """Let another one have it at once."""
        self._until = 0.0
        await self._leases.update_one(
            {"_id": self._name, "holder": self.holder}, [{"$set": {"expires_at": "$$NOW"}}]
        )
