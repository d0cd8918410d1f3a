"""A row of the outbox that no broker ever takes: something else is told in its place (ADR 0035).

Subscribers count the events of an aggregate, and hold back what comes after one that is missing.  So its
number is told with nothing in it but what its type was; the row keeps what it said for as long as it is kept.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import orjson
from bson import ObjectId

from shared import mongo
from shared.messaging.envelope import envelope_of_row, iso
from shared.messaging.relay import OUTBOX, STATES
from shared.work.transaction import Doc

WITHHELD = "cairn.{}.event_withheld.v1"


class NotWithheldError(Exception):
    """The row cannot be withheld; the message says why, and what to do."""


async def waiting_rows(db: mongo.Database, *, longer_than: timedelta, limit: int) -> Sequence[Doc]:
    """The rows that have waited to be sent for so long, the oldest first, with the `size` of their values."""
    seconds = int(longer_than.total_seconds())
    before = {"$dateSubtract": {"startDate": "$$NOW", "unit": "second", "amount": seconds}}
    size = {"$cond": [{"$eq": ["$value", None]}, 0, {"$binarySize": "$value"}]}
    pipeline: list[Doc] = [
        {"$match": {"sent": False, "$expr": {"$lt": [{"$toDate": "$_id"}, before]}}},
        {"$sort": {"_id": 1}},
        {"$limit": limit},
        {"$set": {"size": size}},
        {"$unset": ["value", "cause"]},
    ]
    return await mongo.aggregate(db[OUTBOX], pipeline)


async def withhold(db: mongo.Database, id_: ObjectId) -> Doc | None:
    """Let an event be told without what it says; the row as it was, None if none waits under this id.

    Raises `NotWithheldError` for a state, which subscribers would keep as it was, and for what is withheld
    already.
    """
    waits: dict[str, Any] = {"_id": id_, "sent": False}
    row = await db[OUTBOX].find_one(waits)
    if row is None:
        return None
    if row["topic"].endswith(STATES):
        raise NotWithheldError("a state: its topic has to take it, or subscribers keep what is no longer so")
    if "withheld" in row:
        raise NotWithheldError("it is withheld already: what stands in its way is not what it said")
    was = envelope_of_row(row)
    said = {
        "id": was.id,
        "type": WITHHELD.format(was.type.split(".")[1]),
        "occurred_at": iso(was.time),
        "version": 1,
        "sequence": was.sequence,
        "withheld_type": was.type,
    }
    kept = {name: row[name] for name in ("type", "value", "cause")}
    instead = {"type": said["type"], "value": orjson.dumps(said), "cause": ["", "", ""], "withheld": kept}
    done = await db[OUTBOX].update_one(waits, {"$set": instead})
    return row if done.modified_count else None
