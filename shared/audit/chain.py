"""The chain over the rows of an audit: each seal depends on its row and on all sealed before.

    seal(n) = SHA-256(seal(n-1) + canonical JSON of row n),  seal(0) = 64 zeros

A row that is changed, taken away, put in between or moved breaks the chain at its number.  Who can write to
the database can make the whole chain anew; that is what anchors are for, which lie elsewhere.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
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
    """Walk the whole chain and hold it against anchors."""
    wanted = {each.number: each for each in anchors if each.service == service}
    unsealed = await database[AUDIT].count_documents({"sealed": False})
    number, seal, since, last = 0, FIRST, None, max(wanted, default=0)
    async for row in _sealed(database):
        wrong = _wrong(row, number + 1, seal)
        if not wrong and number + 1 in wanted and wanted[number + 1].seal != row["seal"]:
            wrong = f"row {number + 1} is not the one that was anchored at {wanted[number + 1].at}"
        if wrong:
            return Verdict(number, wrong, 0, None, unsealed)
        number, seal = number + 1, row["seal"]
        if number == last + 1:
            since = row["at"]
    if number < last:
        return Verdict(number, f"rows {number + 1} to {last} are gone: they were anchored", 0, None, unsealed)
    head = await database[HEAD].find_one({"_id": HEAD})
    if head is None and number:
        return Verdict(number, "the head of the chain is gone", 0, None, unsealed)
    if head is not None and (head["number"], head["seal"]) != (number, seal):
        said = f"the chain ends at row {number}, and its head says {head['number']}"
        return Verdict(number, said, 0, None, unsealed)
    return Verdict(number, "", number - last, since, unsealed)


async def _sealed(database: Database) -> AsyncIterator[Mapping[str, Any]]:
    rows = database[AUDIT].find({"number": {"$gt": 0}}).sort("number", 1)
    async for row in rows:
        yield row


def _wrong(row: Mapping[str, Any], number: int, before: str) -> str:
    if row["number"] != number:
        return f"row {number} is gone: the next one is {row['number']}"
    if row.get("seal") != seal_of(before, row):
        return f"row {number} is not what was sealed ({row['_id']})"
    return ""


def read_anchors(lines: Sequence[str]) -> list[Anchor]:
    """Those of a file; raises `ValueError` with the number of a line that is none."""
    found: list[Anchor] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(Anchor.read(line))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"line {number} is no anchor") from error
    return found
