"""Mends the lines of the many people below one who moved, in transactions of a thousand.

The fan-out goes round and round over those below until one whole round finds every line in
order.  That is enough: a line goes wrong only by being taken from one that is wrong itself, which
the same round meets, or in a transaction of this job, which then is not over: its cursor moved.
A head that moves again has a job of its own.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared import mongo
from shared.contracts.base import Frozen
from shared.directory.entries import PEOPLE
from shared.directory.lines import relined
from shared.fan_out import FanOut, Recipient
from shared.ids import derive
from shared.work.transaction import Doc, FanOutJob, Transaction

KIND: Final = "directory_refold"


class Refold(Frozen):
    """Some of the people below `head_id`, whose lines are to be mended."""

    head_id: str
    person_ids: tuple[str, ...]


def order_refold(tx: Transaction, head_id: str) -> None:
    """Have the lines below somebody mended whose document this message has put."""
    version = tx.writes.puts[PEOPLE, head_id][1]
    made = str(version["version"]) if version else ""
    job_id = derive("refold", head_id, made, tx.cause.causation_id, tx.cause.correlation_id)
    tx.fan_out(FanOutJob(job_id, KIND, {"head_id": head_id}))


async def refold(message: Refold, tx: Transaction) -> None:
    """Give each of them the line that goes on, above the head, as the head's own does."""
    head = await tx.peek(PEOPLE, message.head_id)
    if head is None:
        return
    found = await tx.find(PEOPLE, {"_id": {"$in": list(message.person_ids)}})
    for doc in found:
        line = _mended(doc, head)
        if line != doc["ancestors"]:
            tx.put(PEOPLE, doc | {"ancestors": line})


async def stale_pages(
    db: mongo.Database, params: Mapping[str, Any], after: str | None, limit: int
) -> Sequence[Recipient]:
    """The next people below whose line is wrong, as one recipient; none once a round finds none.

    A cursor is the number of the page and the last person on it.
    """
    page, _, last = (after or "0 ").partition(" ")
    head = await db[PEOPLE].find_one({"_id": params["head_id"]}, {"ancestors": 1})
    if head is None:
        return ()
    stale = await _stale(db, head, {"$gt": last}, limit)
    if len(stale) < limit:
        stale += await _stale(db, head, {"$lte": last}, limit - len(stale))
    if not stale:
        return ()
    message = Refold(head_id=head["_id"], person_ids=tuple(stale))
    return (Recipient(f"{int(page) + 1:012d} {stale[-1]}", message),)


async def _stale(db: mongo.Database, head: Doc, ids: Mapping[str, str], limit: int) -> list[str]:
    below = db[PEOPLE].find({"ancestors": head["_id"], "_id": ids}, {"ancestors": 1}).sort("_id", 1)
    stale: list[str] = []
    async for doc in below:
        if _mended(doc, head) != doc["ancestors"]:
            stale.append(doc["_id"])
            if len(stale) == limit:
                break
    return stale


def _mended(doc: Doc, head: Doc) -> list[str]:
    """Who has gone from under the head by now keeps the line they have."""
    line: list[str] = doc["ancestors"]
    if head["_id"] not in line:
        return line
    return relined(doc["_id"], line, head_id=head["_id"], head_line=head["ancestors"])


FAN_OUTS: Final = (FanOut(KIND, stale_pages, refold),)
"""What a service that keeps a directory expands besides its own fan-outs."""
