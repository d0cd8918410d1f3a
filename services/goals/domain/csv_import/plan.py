"""A file of goals becomes their wordings, and what is wrong with each row that gives none.

Never raises for what a file holds; decides nothing that the goals themselves decide when they are drafted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from services.goals.domain.csv_import.cells import (
    Unread,
    amount_of,
    day_of,
    list_of,
    number_of,
    prose_of,
    text_of,
    word_of,
)
from services.goals.domain.csv_import.columns import COLUMNS, Columns, Of, Target, find_columns, meaning
from services.goals.domain.csv_import.rows import Rows
from services.goals.domain.csv_import.worded import LONGEST_ID, Placed, WordedGoal
from shared.csv_files import (
    Broken,
    Problem,
    Record,
    Unusable,
    decode,
    layout_of,
    physical_lines,
    read_records,
)
from shared.mending import mend_of

MOST_ROWS: Final = 2_000
MOST_GOALS: Final = 500
"""Of one file: all of it is drafted in one transaction."""
_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    "text": text_of,
    "prose": prose_of,
    "word": word_of,
    "list": list_of,
    "day": day_of,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportPlan:
    """What a file comes to; `problems` stand by line, `rows` and `refused` count rows and goals.

    Of a file that cannot be used at all one problem is fatal, and there are no goals.
    """

    goals: tuple[WordedGoal, ...] = ()
    problems: tuple[Problem, ...] = ()
    rows: int = 0
    refused: int = 0

    @property
    def unusable(self) -> Problem | None:
        """Why nothing of the file can be used, if so."""
        return next((problem for problem in self.problems if problem.severity == "fatal"), None)


def plan_goals(content: bytes) -> ImportPlan:
    """Read a file of goals; see the package for its form and `columns.COLUMNS` for its columns."""
    problems: list[Problem] = []
    try:
        return _Reader(content, problems).plan()
    except Unusable as unusable:
        return ImportPlan(problems=(*problems, unusable.problem))


class _Reader:
    def __init__(self, content: bytes, problems: list[Problem]) -> None:
        self._problems = problems
        lines = physical_lines(decode(content, problems=problems))
        first, self._delimiter = layout_of(lines, worth=lambda cell: meaning(cell) is not None)
        header = next(read_records(lines, delimiter=self._delimiter, first=first))
        if isinstance(header, Broken):
            raise Unusable(header.reason, mend=header.mend, line=header.line)
        self._columns: Columns = find_columns(header, problems=problems)
        below = read_records(
            lines, delimiter=self._delimiter, first=header.last_line, width=self._columns.width
        )
        self._records = [each for each in map(_whole, below) if any(map(str.strip, each.cells))]
        self._current: str | None = None
        if not self._records:
            raise Unusable("The file has a header and no rows.", mend="Add a row for each key result.")
        if len(self._records) > MOST_ROWS:
            raise Unusable(
                f"The file has {len(self._records)} rows; {MOST_ROWS} are taken at once.",
                mend="Send it in parts, with all rows of a goal in the same one.",
            )

    def plan(self) -> ImportPlan:
        goals: dict[str, Rows] = {}
        for record in self._records:
            self._read(record, goals)
        if len(goals) > MOST_GOALS:
            raise Unusable(
                f"The file has {len(goals)} goals; {MOST_GOALS} are taken at once.",
                mend="Send it in parts, with all rows of a goal in the same one.",
            )
        worded = [self._worded(rows) for rows in goals.values()]
        return ImportPlan(
            goals=tuple(goal for goal in worded if goal is not None),
            problems=tuple(sorted(self._problems, key=lambda problem: problem.line)),
            rows=len(self._records),
            refused=sum(1 for goal in worded if goal is None),
        )

    def _read(self, record: Record, goals: dict[str, Rows]) -> None:
        before = len(self._problems)
        import_id = self._current = self._import_id(record)
        if import_id is None:
            return
        rows = goals.setdefault(import_id, Rows(import_id, record.line))
        if any(cell.strip() for cell in record.cells[self._columns.width :]):
            self._say(
                record.line,
                None,
                "The row has more cells than the header.",
                mend="Put quotation marks around cells that hold separators.",
            )
        self._take(record, rows)
        rows.sound = rows.sound and len(self._problems) == before

    def _import_id(self, record: Record) -> str | None:
        """The row's own, or that of the row above."""
        try:
            import_id = text_of(self._columns.cell(record, "import_id")) or self._current
        except Unread as unread:
            self._say(record.line, "import_id", unread.reason, mend=unread.mend)
            return None
        if import_id and len(import_id) <= LONGEST_ID:
            return import_id
        mend = f"Give each goal a key of its own, of at most {LONGEST_ID} letters."
        reason = "The key is too long." if import_id else "The row says not which goal it is of."
        self._say(record.line, "import_id", reason, mend=mend)
        return None

    def _take(self, record: Record, rows: Rows) -> None:
        parts: dict[Of, dict[str, Any]] = {}
        for name, target in COLUMNS.items():
            cell = self._columns.cell(record, name)
            if not cell.strip() or name == "import_id":
                continue
            try:
                value = self._value(cell, target)
            except Unread as unread:
                self._say(record.line, name, unread.reason, mend=unread.mend)
                continue
            if target.of != "goal":
                parts.setdefault(target.of, {})[target.field] = value
            elif (other := rows.tell(record.line, name, value)) is not None:
                self._say(
                    record.line,
                    name,
                    f"Line {other} says something else of the same goal.",
                    mend="Leave the cell empty, write the same, or give the goal a key of its own.",
                )
        for column, reason, mend in rows.take(record.line, parts):
            self._say(record.line, column, reason, mend=mend)

    def _value(self, cell: str, target: Target) -> Any:
        commas = self._delimiter == ";"
        if target.kind == "number":
            return number_of(cell, commas=commas)
        if target.kind == "amount":
            return amount_of(cell, commas=commas)
        return _READ[target.kind](cell)

    def _worded(self, rows: Rows) -> WordedGoal | None:
        before = len(self._problems)
        for line, (column, reason, mend) in rows.lacking():
            self._say(line, column, reason, mend=mend)
        if not rows.sound or len(self._problems) > before:
            return None
        try:
            placed = Placed.model_validate(rows.worded())
        except ValidationError as invalid:
            for error in invalid.errors(include_url=False, include_input=False):
                self._tell(error, rows)
            return None
        return WordedGoal(
            import_id=rows.import_id,
            line=rows.line,
            owner_id=rows.said.get("owner_id"),
            wording=placed.wording(),
            parent_import_id=placed.parent_import_id,
            contribution=placed.contribution,
            initiatives=placed.initiatives,
            initiative_lines=tuple(rows.lines_of("initiative")),
        )

    def _tell(self, error: Mapping[str, Any], rows: Rows) -> None:
        reason = str(error["msg"]).removeprefix("Value error, ")
        line, name = rows.place(error["loc"], reason)
        kind = str(error["type"])
        advice = mend_of(kind, error.get("ctx") or {}).replace("Send", "Write")
        self._say(line, name, reason, mend="See the reason." if kind == "value_error" else advice)

    def _say(self, line: int, name: str | None, reason: str, *, mend: str) -> None:
        column = None if name is None else self._columns.header(name)
        self._problems.append(Problem(line=line, column=column, severity="error", reason=reason, mend=mend))


def _whole(record: Record | Broken) -> Record:
    """The record; raises Unusable for one that cannot be read: it could have swallowed the rows below it."""
    if isinstance(record, Record):
        return record
    raise Unusable(record.reason, mend=record.mend, line=record.line)


__all__ = ["MOST_GOALS", "MOST_ROWS", "ImportPlan", "plan_goals"]
