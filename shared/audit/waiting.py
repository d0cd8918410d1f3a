"""What of an audit nothing vouches for yet: for looking at, and for alerts.

It is said by the database itself.  Who writes there can change it; what holds is in the anchors' file.
"""

from datetime import datetime
from typing import NamedTuple

from shared.audit.rows import ANCHORED, AUDIT, HEAD
from shared.mongo import Database


class Waiting(NamedTuple):
    """How many rows are not sealed, and sealed but not anchored; since when the first of both waits."""

    unsealed: int
    unanchored: int
    since: datetime | None
    anchored_at: datetime | None


async def waiting(database: Database) -> Waiting:
    """What waits now; `anchored_at` is when the newest anchor was written, None if there is none."""
    unsealed = await database[AUDIT].count_documents({"sealed": False})
    head = await database[HEAD].find_one({"_id": HEAD})
    anchor = await database[ANCHORED].find_one({"_id": ANCHORED})
    sealed, anchored = head["number"] if head else 0, anchor["number"] if anchor else 0
    first = await database[AUDIT].find_one({"number": anchored + 1}, {"at": 1}) if sealed > anchored else None
    if first is None and unsealed:
        first = await database[AUDIT].find_one({"sealed": False}, {"at": 1}, sort=[("_id", 1)])
    return Waiting(
        unsealed,
        max(0, sealed - anchored),
        first["at"] if first else None,
        anchor["at"] if anchor else None,
    )
