"""The chain over the rows of an audit: each seal depends on its row and on all sealed before.

    seal(n) = SHA-256(seal(n-1) + canonical JSON of row n),  seal(0) = 64 zeros

A row that is changed, taken away, put in between or moved breaks the chain at its number.  Who can write to
the database can make the whole chain anew; that is what anchors are for, which lie elsewhere.  Where rows
were removed for their age, an anchor says so, and the chain begins behind it; where a database was put back
to a backup, one says from where the chain goes on, and what others vouched for behind it is told as lost.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from bson import ObjectId

from shared.audit.anchors import Anchor, Loss, moment, newest_cut, settled
from shared.audit.rows import AUDIT, HEAD
from shared.mongo import Database

FIRST: Final = "0" * 64
PAGE: Final = 500
SEALED: Final = frozenset({"sealed", "number", "seal"})
"""What the sealer adds to a row; everything else is under the seal."""
BEGINNING: Final = Anchor("", 0, FIRST, "")


class Verdict(NamedTuple):
    """What an audit holds: rows that are intact, what is wrong first, and what nothing vouches for yet.

    `removed` is how many rows went for their age, and `lost` what restores took back, as the anchors say.
    """

    intact: int
    wrong: str
    unanchored: int
    since: datetime | None
    unsealed: int
    removed: int = 0
    lost: Sequence[Loss] = ()


class ChainBrokenError(Exception):
    """A row is not what was sealed, or not where it was."""


def seal_of(before: str, row: Mapping[str, Any]) -> str:
    """The seal of a row after another; raises `TypeError` if a value is not of the type that rows have.

    Else a time could become text that reads the same, and no question about times would find the row.
    """
    content = {name: value for name, value in row.items() if name not in SEALED}
    id_, at = content.get("_id"), content.get("at")
    if not isinstance(id_, ObjectId) or not isinstance(at, datetime):
        raise TypeError("_id or at")
    content |= {"_id": str(id_), "at": at.astimezone(UTC).isoformat(timespec="milliseconds")}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((before + text).encode()).hexdigest()


async def verify(database: Database, *, service: str, anchors: Iterable[Anchor] = ()) -> Verdict:
    """Walk the whole chain, or what of it was not removed, and hold it against its head and anchors.

    Also while it grows.
    """
    own, lost = settled(each for each in anchors if each.service == service)
    known, last = await _head(database), max((each.number for each in own), default=0)
    unsealed = await database[AUDIT].count_documents({"sealed": False})
    cut = newest_cut(own) or BEGINNING
    number, since = cut.number, None
    try:
        async with aclosing(walk(database, cut, [known, *own])) as rows:
            async for row in rows:
                number = row["number"]
                if number == last + 1:
                    since = row["at"]
    except ChainBrokenError as broken:
        return Verdict(number - cut.number, str(broken), 0, None, unsealed, cut.number, lost)
    wrong = await _end(database, number, before=known.number, anchored=last) or await _left(database, cut)
    unanchored = 0 if wrong else number - last
    return Verdict(number - cut.number, wrong, unanchored, since, unsealed, cut.number, lost)


async def walk(
    database: Database, start: Anchor, anchors: Iterable[Anchor]
) -> AsyncGenerator[Mapping[str, Any]]:
    """The rows behind `start`, each once it was found intact; raises `ChainBrokenError` at another."""
    said: defaultdict[int, list[Anchor]] = defaultdict(list)
    for each in anchors:
        said[each.number].append(each)
    _require(_unlike({"number": start.number, "seal": start.seal}, said[start.number]))
    number, seal = start.number, start.seal
    rows = database[AUDIT].find({"number": {"$gt": number}}).sort("number", 1).batch_size(PAGE)
    async for row in rows:
        _require(_wrong(row, number + 1, seal) or _unlike(row, said[number + 1]))
        number, seal = number + 1, row["seal"]
        yield row


async def _head(database: Database) -> Anchor:
    """How far the chain goes by what the database itself says."""
    doc = await database[HEAD].find_one({"_id": HEAD})
    return Anchor("", doc["number"], doc["seal"], "") if doc else BEGINNING


async def _end(database: Database, number: int, *, before: int, anchored: int) -> str:
    """What is wrong with where the chain ends; meanwhile it may have grown, and its head with it."""
    if number < anchored:
        return f"rows {number + 1} to {anchored} are gone: they were anchored"
    if number < before:
        return f"the chain ends at row {number}, and its head says {before}"
    after = (await _head(database)).number
    if number > after:
        return f"the chain goes on to row {number}, and its head says {after}"
    strays = await database[AUDIT].count_documents({"sealed": {"$ne": False}, "number": {"$not": {"$gt": 0}}})
    return f"{strays} rows are neither sealed nor wait to be" if strays else ""


async def _left(database: Database, cut: Anchor) -> str:
    """What is wrong with rows of numbers that were removed: some wait for it, others cannot be there."""
    if not cut.removed_before:
        return ""
    # of any other type than a time it is not older either
    young = {"number": {"$gt": 0, "$lte": cut.number}, "at": {"$not": {"$lt": moment(cut.removed_before)}}}
    found = await database[AUDIT].find_one(young, sort=[("number", 1)])
    return f"row {found['number']} is younger than what was removed up to row {cut.number}" if found else ""


def _require(wrong: str) -> None:
    if wrong:
        raise ChainBrokenError(wrong)


def _unlike(row: Mapping[str, Any], said: Iterable[Anchor]) -> str:
    """Who says that the row of this number had another seal."""
    number = row["number"]
    for each in said:
        if each.number == number and each.seal != row["seal"]:
            return f"row {number} is not the one {f'anchored at {each.at}' if each.at else 'of the head'}"
    return ""


def _wrong(row: Mapping[str, Any], number: int, before: str) -> str:
    if row["number"] != number:
        aged = ", and no anchor says that it was removed for its age" if before == FIRST else ""
        return f"row {number} is gone: the next one is {row['number']}{aged}"
    try:
        intact = row.get("seal") == seal_of(before, row)
    except TypeError:
        intact = False
    return "" if intact else f"row {number} is not what was sealed ({row['_id']})"
