"""The chain over the rows of an audit: each seal depends on its row and on all sealed before.

    seal(n) = SHA-256(seal(n-1) + canonical JSON of row n),  seal(0) = 64 zeros

A row that is changed, taken away, put in between or moved breaks the chain at its number.  Who can write to
the database can make the whole chain anew; that is what anchors are for, which lie elsewhere.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from bson import ObjectId

from shared.audit.rows import AUDIT, HEAD
from shared.mongo import Database

FIRST: Final = "0" * 64
SEALED: Final = frozenset({"sealed", "number", "seal"})
"""What the sealer adds to a row; everything else is under the seal."""


class Anchor(NamedTuple):
    """How far a chain went at a time, kept where who writes to the database does not."""

    service: str
    number: int
    seal: str
    at: str

    @property
    def line(self) -> str:
        """As a line of JSON."""
        return json.dumps(self._asdict(), sort_keys=True)

    @classmethod
    def read(cls, line: str) -> "Anchor":
        """From such a line; raises `ValueError`, `KeyError` or `TypeError` if it is none."""
        said = json.loads(line)
        return cls(str(said["service"]), int(said["number"]), str(said["seal"]), str(said["at"]))


class Verdict(NamedTuple):
    """What an audit holds: rows that are intact, what is wrong first, and what nothing vouches for yet."""

    intact: int
    wrong: str
    unanchored: int
    since: datetime | None
    unsealed: int


def seal_of(before: str, row: Mapping[str, Any]) -> str:
    """The seal of a row after another."""
    content = {name: value for name, value in row.items() if name not in SEALED}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256((before + text).encode()).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, ObjectId):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    raise TypeError(type(value).__name__)


async def verify(database: Database, *, service: str, anchors: Iterable[Anchor] = ()) -> Verdict:
    """Walk the whole chain and hold it against its head and anchors, also while it grows."""
    wanted: defaultdict[int, list[Anchor]] = defaultdict(list)
    for each in anchors:
        if each.service == service:
            wanted[each.number].append(each)
    known, last = await _head(database), max(wanted, default=0)
    unsealed = await database[AUDIT].count_documents({"sealed": False})
    number, seal, since = 0, FIRST, None
    async for row in database[AUDIT].find({"number": {"$gt": 0}}).sort("number", 1):
        wrong = _wrong(row, number + 1, seal) or _unlike(row, [known, *wanted[number + 1]])
        if wrong:
            return Verdict(number, wrong, 0, None, unsealed)
        number, seal = number + 1, row["seal"]
        if number == last + 1:
            since = row["at"]
    wrong = await _end(database, number, before=known.number, anchored=last)
    return Verdict(number, wrong, 0 if wrong else number - last, since, unsealed)


async def _head(database: Database) -> Anchor:
    """How far the chain goes by what the database itself says."""
    doc = await database[HEAD].find_one({"_id": HEAD})
    return Anchor("", doc["number"], doc["seal"], "") if doc else Anchor("", 0, FIRST, "")


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


def _unlike(row: Mapping[str, Any], said: Iterable[Anchor]) -> str:
    """Who says that the row of this number had another seal."""
    number = row["number"]
    for each in said:
        if each.number == number and each.seal != row["seal"]:
            return f"row {number} is not the one {f'anchored at {each.at}' if each.at else 'of the head'}"
    return ""


def _wrong(row: Mapping[str, Any], number: int, before: str) -> str:
    if row["number"] != number:
        return f"row {number} is gone: the next one is {row['number']}"
    if row.get("seal") != seal_of(before, row):
        return f"row {number} is not what was sealed ({row['_id']})"
    return ""


def read_anchors(lines: Sequence[str]) -> tuple[list[Anchor], list[int]]:
    """Those of a file, and the numbers of the lines that are none, such as one that was torn."""
    found: list[Anchor] = []
    torn: list[int] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(Anchor.read(line))
            except (ValueError, KeyError, TypeError):
                torn.append(number)
    return found, torn
