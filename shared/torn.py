"""What shows that a backup is none: collections that were read at different moments, or not when it was said.

What was written in one transaction is found together, or not at all.  Not everything shows: of effects and
watermarks of events nothing does.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from shared import mongo
from shared.audit.anchors import MARGIN, Anchor, moment, newest_cut, read_anchors, settled
from shared.audit.chain import FIRST
from shared.audit.rows import AUDIT, HEAD
from shared.messaging.envelope import topic_of
from shared.messaging.relay import OUTBOX
from shared.service import Service

MOST: Final = 3
"""Aggregates that are named."""


class _Last(NamedTuple):
    """The last number that the outbox says of an aggregate, and whether it says that it is gone."""

    sequence: int
    gone: bool


async def signs(
    database: mongo.Database, service: Service, anchors: Path | None, backup_at: datetime
) -> Sequence[str]:
    """In words, what does not fit; nothing in a backup that is one, as far as can be seen."""
    lines = await asyncio.to_thread(_lines, anchors)
    own = settled(each for each in read_anchors(lines)[0] if each.service == service.name)[0]
    return [*await _of_the_audit(database, own, backup_at), *await _of_the_outbox(database, service)]


def _lines(file: Path | None) -> Sequence[str]:
    return file.read_text(errors="replace").splitlines() if file and file.exists() else ()


async def go_on_from_last_row(database: mongo.Database) -> None:
    """Let the head of the audit say what its rows say."""
    last = await _last_row(database)
    if last is not None:
        said = {"number": last["number"], "seal": last["seal"]}
        await database[HEAD].update_one({"_id": HEAD}, {"$set": said, "$inc": {"version": 1}}, upsert=True)
    else:
        await database[HEAD].delete_one({"_id": HEAD})


async def _last_row(database: mongo.Database) -> mongo.Doc | None:
    return await database[AUDIT].find_one({"number": {"$gt": 0}}, sort=[("number", -1)])


async def _of_the_audit(
    database: mongo.Database, anchors: Sequence[Anchor], backup_at: datetime
) -> Sequence[str]:
    found: list[str] = []
    head = await database[HEAD].find_one({"_id": HEAD})
    number, seal = (head["number"], head["seal"]) if head else (0, FIRST)
    last, cut = await _last_row(database), newest_cut(anchors)
    if last is None:
        if number and (cut is None or cut.number < number):
            found.append(f"the audit has no rows, and its head says {number}")
    elif (last["number"], last["seal"]) != (number, seal):
        found.append(f"the audit goes to row {last['number']}, and its head says {number}")
    missed = [each for each in anchors if each.number > number and moment(each.at) <= backup_at - MARGIN]
    if missed:
        most = max(missed, key=lambda each: each.number)
        found.append(
            f"row {most.number} of the audit was anchored at {most.at} and is not there:"
            f" the backup is older than {backup_at.isoformat()}"
        )
    return found


async def _of_the_outbox(database: mongo.Database, service: Service) -> Sequence[str]:
    said = await _said_last(database, service)
    wrong: list[str] = []
    for collection, _ in service.states.values():
        async for doc in database[collection].find({}, {"sequence": 1}):
            last = said.pop(doc["_id"], None)
            if last is not None and (last.gone or last.sequence != doc.get("sequence", 0)):
                wrong.append(
                    f"{doc['_id']} is at {doc.get('sequence', 0)}, and the outbox at {last.sequence}"
                    f"{', where it is gone' if last.gone else ''}"
                )
    wrong += [f"{id_} is in the outbox, and not there" for id_, last in said.items() if not last.gone]
    return [*wrong[:MOST], *([f"{len(wrong) - MOST} more like these"] if len(wrong) > MOST else [])]


async def _said_last(database: mongo.Database, service: Service) -> dict[str, _Last]:
    """Of aggregates with a state in the outbox; a row goes by its age, so the last one is the last to go."""
    states = topic_of(next(iter(service.states)))
    order: Mapping[str, Any] = {
        "epoch": "$epoch",
        "sequence": "$sequence",
        "gone": {"$eq": ["$value", None]},
    }
    pipeline: list[Mapping[str, Any]] = [
        {"$group": {"_id": "$key", "last": {"$max": order}, "stated": {"$max": {"$eq": ["$topic", states]}}}},
        {"$match": {"stated": True}},
    ]
    rows = await mongo.aggregate(database[OUTBOX], pipeline)
    return {row["_id"]: _Last(row["last"]["sequence"], row["last"]["gone"]) for row in rows}
