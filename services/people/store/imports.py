"""Imports as documents: the import itself, its rows until they are imported, outcomes and problems.

Rows lie in chunks of up to a thousand, in the order in which they are imported.  They hold what
the file held, so they are gone soon after they are imported, and a day after an import that never
began; reports are kept for `REPORT_DAYS`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Final

from bson import ObjectId
from pymongo import ASCENDING, IndexModel

from services.people.domain.csv_import import PersonRow, Problem, Roster
from services.people.domain.csv_import.cells import reference
from services.people.domain.identifiers import identifier_key
from services.people.domain.import_run import Import, Outcome, Tally
from shared import mongo
from shared.fan_out import FAILURES
from shared.ids import PersonId
from shared.store import Store
from shared.work import Transaction
from shared.work.transaction import Doc

CHUNKS: Final = "import_chunks"
OUTCOMES: Final = "import_outcomes"
PROBLEMS: Final = "import_problems"
CHUNK_ROWS: Final = 1000
REPORT_DAYS: Final = 90
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DATES: Final = ("joined_on", "date_of_birth")
_EXPIRY: Final = IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0)

COLLECTIONS: Final[Mapping[str, Sequence[IndexModel]]] = {
    "imports": [_EXPIRY, IndexModel([("started_at", ASCENDING), ("_id", ASCENDING)], name="by_time")],
    CHUNKS: [_EXPIRY, IndexModel([("import_id", ASCENDING), ("last", ASCENDING)], name="by_row")],
    OUTCOMES: [_EXPIRY, IndexModel([("import_id", ASCENDING), ("outcome", ASCENDING)], name="by_outcome")],
    PROBLEMS: [
        _EXPIRY,
        IndexModel([("import_id", ASCENDING), ("line", ASCENDING), ("_id", ASCENDING)], name="by_line"),
    ],
}


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """An accepted row until it is imported.

    `manager_keys` are the identifiers of its manager, should that person turn out to be another
    one than was planned; `email_of` is somebody whose address the row takes over.
    """

    row: PersonRow
    manager_keys: tuple[str, ...] = ()
    email_of: PersonId | None = None

    def document(self) -> Doc:
        """As it is kept."""
        return {"row": asdict(self.row), "manager_keys": list(self.manager_keys), "email_of": self.email_of}

    @classmethod
    def of(cls, doc: Mapping[str, Any]) -> "WaitingRow":
        """As it was."""
        row = dict(doc["row"])
        row["details"], row["attributes"] = _dated(row["details"]), _dated(row["attributes"])
        row["left_on"] = _date(row["left_on"])
        return cls(PersonRow(**row), tuple(doc["manager_keys"]), doc["email_of"])


class ImportStore(Store[Import]):
    """The imports."""

    collection: ClassVar[str] = "imports"
    kind = Import


class ReportStore:
    """What an import has to say, kept as long as the import itself."""

    def __init__(self, tx: Transaction, *, import_id: str, expires_at: datetime) -> None:
        self._tx = tx
        self._shared = {"version": 0, "import_id": import_id, "expires_at": expires_at}

    def add_outcome(self, index: int, outcome: Outcome) -> None:
        """What came of a row."""
        id_ = f"{self._shared['import_id']}:{index:07d}"
        self._tx.put(OUTCOMES, {**self._shared, "_id": id_, "outcome": outcome})

    def add_problems(self, problems: Sequence[Problem], *, named: str) -> None:
        """What was wrong; `named` keeps apart what is added by different messages."""
        for place, problem in enumerate(problems):
            id_ = f"{self._shared['import_id']}:{named}:{place:07d}"
            self._tx.put(PROBLEMS, {**self._shared, "_id": id_, **problem.model_dump()})


def waiting_rows(rows: Sequence[PersonRow], roster: Roster) -> list[WaitingRow]:
    """The rows of a plan with what else their import has to know."""
    numbers = {row.person_id: row.details.get("employee_number") for row in rows}
    emails = {row.person_id: row.details.get("email") for row in rows}

    def keys(person_id: PersonId | None) -> tuple[str, ...]:
        """Only of who is new: everybody else has an id to stay."""
        if person_id is None or person_id in roster.people:
            return ()
        found = (
            identifier_key("employee_number", numbers[person_id]),
            identifier_key("email", emails[person_id]),
        )
        return tuple(key for key in found if key is not None)

    def owner(row: PersonRow) -> PersonId | None:
        """Whoever has the row's e-mail address until then, if that is somebody else."""
        email = emails[row.person_id]
        found = roster.by_email.get(reference(email)) if email else None
        return None if found == row.person_id else found

    return [WaitingRow(row, keys(row.manager_id), owner(row)) for row in rows]


def new_import_id() -> str:
    """An id that sorts by time, so that of two imports the older one is done first."""
    return f"import_{ObjectId()}"


def chunk_id(import_id: str, number: int) -> str:
    """What a chunk is called."""
    return f"{import_id}:{number:05d}"


def chunked(rows: Sequence[WaitingRow]) -> list[Sequence[WaitingRow]]:
    """The rows in pieces that fit in a document each."""
    return [rows[first : first + CHUNK_ROWS] for first in range(0, len(rows), CHUNK_ROWS)]


def expiry_of_report() -> datetime:
    """When a report that is made now is forgotten; real time, like all that MongoDB deletes by itself."""
    return datetime.now(UTC) + timedelta(days=REPORT_DAYS)


def expiry_of_orphans() -> datetime:
    """When rows are forgotten whose import does not begin."""
    return datetime.now(UTC) + timedelta(days=1)


async def read_tally(db: mongo.Database, import_id: str) -> Tally:
    """What has come of an import's rows so far."""
    pipeline = [
        {"$match": {"import_id": import_id}},
        {"$group": {"_id": "$outcome", "rows": {"$sum": 1}}},
    ]
    counts: Counter[str] = Counter(
        {doc["_id"]: doc["rows"] for doc in await mongo.aggregate(db[OUTCOMES], pipeline)}
    )
    return Tally(**counts, failed=await db[FAILURES].count_documents({"job": import_id}))


def _dated(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _date(value) if name in _DATES else value for name, value in fields.items()}


def _date(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


__all__ = [
    "CHUNKS",
    "COLLECTIONS",
    "LONG_AGO",
    "OUTCOMES",
    "PROBLEMS",
    "ImportStore",
    "ReportStore",
    "WaitingRow",
    "chunk_id",
    "chunked",
    "expiry_of_orphans",
    "expiry_of_report",
    "new_import_id",
    "read_tally",
    "waiting_rows",
]
