"""What consumers put aside: events that wait, records that nobody can read, what a rule refused."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING, IndexModel, UpdateOne

from shared.errors import Refusal
from shared.messaging.incoming import EventJob, to_row
from shared.work.transaction import Doc

PARKED, REFUSED = "parked", "refused_reactions"
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    PARKED: [
        IndexModel([("topic", ASCENDING), ("source", ASCENDING), ("_id", ASCENDING)], name="source"),
        IndexModel([("reason", ASCENDING), ("redrive", ASCENDING)], name="reason"),
        # set of records from outside alone: events of ours are never given up by themselves
        IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
    ],
    REFUSED: [IndexModel([("at", ASCENDING)], name="expiry", expireAfterSeconds=30 * 86400)],
}


def unless_tried(row: Doc, *, at: datetime) -> list[Doc]:
    """What comes once more while nothing may be tried keeps the reason and the error of when it was."""
    tried = {"$in": [{"$ifNull": ["$reason", ""]}, ["failed", "waiting"]]}
    kept = {name: {"$cond": [tried, f"${name}", {"$literal": row[name]}]} for name in row}
    return [{"$set": {**kept, "at": {"$ifNull": ["$at", at]}}}]


def refused(job: EventJob, refusal: Refusal) -> UpdateOne:
    """Keep that a rule refused an event."""
    row: dict[str, Any] = {
        "topic": job.record.topic,
        "source": job.envelope.subject,
        "type": job.envelope.type,
        "sequence": job.envelope.sequence,
        "rule": refusal.rule,
        "detail": refusal.detail,
        "at": datetime.now(UTC),
    }
    return UpdateOne({"_id": f"{job.record.topic}|{job.envelope.id}"}, {"$set": row}, upsert=True)


def unreadable(job: EventJob) -> UpdateOne:
    """Put a record aside that nobody could read."""
    row: Doc = {
        **to_row(job.record),
        "source": None,
        "reason": "unreadable",
        "type": job.envelope.type,
        "error": job.unreadable,
    }
    update = {"$set": row, "$setOnInsert": {"at": datetime.now(UTC)}, "$unset": {"redrive": ""}}
    return UpdateOne({"_id": job.record.place}, update, upsert=True)
