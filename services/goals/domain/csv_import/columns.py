"""The columns that a file of goals may have, and where in a goal's wording each of them belongs."""

import csv
import io
from collections.abc import Mapping
from typing import Final, NamedTuple

from shared.csv_files import Problem, Record, Unusable, quoted


class Target(NamedTuple):
    """What of a wording a column gives: a field of the goal, or of the row's key result."""

    field: str
    kind: str = "text"
    of_part: bool = False
    required: bool = False


COLUMNS: Final[Mapping[str, Target]] = {
    "import_id": Target("import_id", required=True),
    "title": Target("title", required=True),
    "owner_id": Target("owner_id"),
    "description": Target("description"),
    "relevance": Target("relevance"),
    "kind": Target("kind", "word"),
    "level": Target("level", "word"),
    "category": Target("category"),
    "perspective": Target("perspective", "word"),
    "tags": Target("tags", "list"),
    "visibility": Target("visibility", "word"),
    "period_id": Target("period_id"),
    "parent_id": Target("parent_id"),
    "weight": Target("weight", "number"),
    "starts_on": Target("starts_on", "day", required=True),
    "due_on": Target("due_on", "day", required=True),
    "key_result": Target("title", of_part=True),
    "key_result_id": Target("key_result_id", of_part=True),
    "type": Target("type", "word", of_part=True),
    "unit_kind": Target("unit_kind", "word", of_part=True),
    "unit": Target("unit", of_part=True),
    "start": Target("start", "number", of_part=True),
    "target": Target("target", "number", of_part=True),
    "commit": Target("commit", "number", of_part=True),
    "stretch": Target("stretch", "number", of_part=True),
    "key_result_weight": Target("weight", "number", of_part=True),
}
_ANSWERS: Final = {
    "import_id": "answer-times",
    "title": "Halve the time to answer customers",
    "description": "Customers get a first answer within four hours, not eight.",
    "relevance": "Slow answers are why customers leave us.",
    "kind": "objective",
    "level": "person",
    "perspective": "customer",
    "tags": "service, speed",
    "visibility": "line",
    "weight": "50",
    "starts_on": "2026-01-01",
    "due_on": "2026-03-31",
    "key_result": "Hours to the first answer",
    "type": "decrease",
    "unit": "hours",
    "start": "8",
    "target": "4",
    "stretch": "2",
    "key_result_weight": "2",
}
_CONTENT: Final = {
    "import_id": "answer-times",
    "key_result": "Customers who are content",
    "type": "increase",
    "unit": "%",
    "start": "70",
    "target": "85",
}
_UPTIME: Final = {
    "import_id": "incidents",
    "title": "Keep the service up",
    "description": "Nobody waits for us because we are down.",
    "relevance": "Every hour costs us customers.",
    "kind": "kpi",
    "visibility": "everyone",
    "weight": "50",
    "starts_on": "2026-01-01",
    "due_on": "2026-03-31",
    "key_result": "Uptime",
    "type": "stay_above",
    "unit": "%",
    "target": "99.5",
}


def sample() -> str:
    """A file with all columns: two goals, the first with two key results."""
    file = io.StringIO()
    rows = csv.DictWriter(file, [*COLUMNS], restval="", lineterminator="\r\n")
    rows.writeheader()
    rows.writerows([_ANSWERS, _CONTENT, _UPTIME])
    return file.getvalue()


class Columns(NamedTuple):
    """Where each column stands in a row, and what the file calls it."""

    positions: Mapping[str, int]
    headers: Mapping[str, str]
    width: int

    def cell(self, record: Record, name: str) -> str:
        """The cell as written; empty where the file or the row has none."""
        position = self.positions.get(name)
        return "" if position is None or position >= len(record.cells) else record.cells[position]

    def header(self, name: str) -> str:
        """The column as the file names it."""
        return self.headers.get(name, name)


def meaning(header: str) -> str | None:
    """The column that a header names, whatever its case, blanks and signs: `Due on` is `due_on`."""
    return _PLAIN.get(_plain(header))


def find_columns(header: Record, *, problems: list[Problem]) -> Columns:
    """Where each column stands; what is no column is left out with a word.

    Raises Unusable for a file without what every goal needs, and for two columns of one name.
    """
    while header.cells and not header.cells[-1].strip():
        header.cells.pop()
    positions: dict[str, int] = {}
    headers: dict[str, str] = {}
    for position, cell in enumerate(header.cells):
        name = meaning(cell)
        if name is None:
            problems.append(_unknown(header.line, cell))
        elif name in positions:
            mend = "Leave one of them out."
            raise Unusable(f"Two columns are {quoted(name)}.", mend=mend, line=header.line, column=cell)
        else:
            positions[name], headers[name] = position, " ".join(cell.split())
    missing = [name for name, target in COLUMNS.items() if target.required and name not in positions]
    if missing:
        mend = f"Name the columns in the first row: {', '.join(COLUMNS)}."
        raise Unusable(f"The file has no column {', '.join(missing)}.", mend=mend, line=header.line)
    return Columns(positions, headers, len(header.cells))


def _unknown(line: int, cell: str) -> Problem:
    return Problem(
        line=line,
        column=" ".join(cell.split()) or None,
        severity="warning",
        reason="The column is none that goals have; it was left out.",
        mend=f"Leave it out, or name it as one of {', '.join(COLUMNS)}.",
    )


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


_PLAIN: Final = {_plain(name): name for name in COLUMNS}
