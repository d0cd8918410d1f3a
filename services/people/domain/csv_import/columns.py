"""Which column of a file holds what: names, their aliases, and an explicit mapping.

Knows the fields a file of people may have; reads no cell below the header.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.people.domain.csv_import.fields import ALIASES, FIELDS, Field
from shared.csv_files import Problem, Record, Unusable, quoted

_IN_BRACKETS: Final = re.compile(r"[(\[].*?[)\]]")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands.  `headers` are as written in the file."""

    headers: Sequence[str]
    positions: Mapping[Field, int]

    def __contains__(self, field: Field) -> bool:
        return field in self.positions

    def header(self, field: Field) -> str:
        """The column as the file names it; the field itself where the file has none."""
        position = self.positions.get(field)
        return field if position is None else self.headers[position]

    def cell(self, record: Record, field: Field) -> str:
        """The cell as written; empty where the file or the row has none."""
        position = self.positions.get(field)
        return "" if position is None or position >= len(record.cells) else record.cells[position]


def plain(name: str) -> str:
    """A name without case, blanks and signs: `Employee #` and `employeeNumber` meet here."""
    words = name.casefold().replace("#", "number").replace("№", "number")
    return "".join(letter for letter in words if letter.isalnum())


_NAMES: Final[Mapping[str, tuple[int, Field]]] = {
    plain(alias): (rank, field)
    for field in FIELDS
    for rank, alias in enumerate((field, *ALIASES[field].split(", ")))
}


def meaning(header: str) -> Field | None:
    """The field that a header names, with or without what it says in brackets."""
    named = _named(header)
    return named[1] if named else None


def _named(header: str) -> tuple[int, Field] | None:
    return _NAMES.get(plain(header)) or _NAMES.get(plain(_IN_BRACKETS.sub("", header)))


def find_columns(header: Record, *, mapping: Mapping[str, str], problems: list[Problem]) -> Columns:
    """Where each field stands, by the mapping (field to column) and else by common names.

    Raises Unusable for a mapping that names what does not exist, and for a file without names
    or without anything that tells one person from another.
    """
    headers = [" ".join(cell.split()) for cell in header.cells]
    positions = _mapped(headers, mapping=mapping, line=header.line)
    taken = set(positions.values())
    for position, field in _recognised(headers):
        if position not in taken and field not in positions:
            positions[field] = position
    columns = Columns(headers=headers, positions=positions)
    _require_identity(columns, line=header.line)
    problems.extend(_remarks(columns, line=header.line))
    return columns


def _mapped(headers: Sequence[str], *, mapping: Mapping[str, str], line: int) -> dict[Field, int]:
    by_name = {plain(header): position for position, header in reversed(list(enumerate(headers)))}
    exact = {header: position for position, header in reversed(list(enumerate(headers)))}
    positions: dict[Field, int] = {}
    for name, column in mapping.items():
        field = meaning(name)
        if field is None:
            raise Unusable(
                f"The mapping names a field {quoted(name)} that does not exist.",
                mend=f"Use one of: {', '.join(FIELDS)}.",
                line=line,
            )
        position = exact.get(column.strip(), by_name.get(plain(column)))
        if position is None:
            raise Unusable(
                f"The mapping of {field} names a column {quoted(column)} that the file does not have.",
                mend=f"Use one of: {_listed(headers)}.",
                line=line,
            )
        positions[field] = position
    return positions


def _recognised(headers: Sequence[str]) -> Iterator[tuple[int, Field]]:
    """Columns whose names are known, those with the more telling names first."""
    found = [(named, position) for position, header in enumerate(headers) if (named := _named(header))]
    for (_, field), position in sorted(found, key=lambda each: (each[0][0], each[1])):
        yield position, field


def _require_identity(columns: Columns, *, line: int) -> None:
    listed = _listed(columns.headers)
    if not any(field in columns for field in ("given_name", "family_name", "full_name")):
        raise Unusable(
            f"No column holds names. The file has: {listed}.",
            mend="Name the columns in the first row, or map them: given_name=COLUMN, family_name=COLUMN.",
            line=line,
        )
    if not any(field in columns for field in ("employee_number", "email")):
        raise Unusable(
            f"No column tells people apart: no employee number and no e-mail. The file has: {listed}.",
            mend="Add one, or map it: employee_number=COLUMN or email=COLUMN.",
            line=line,
        )


def _remarks(columns: Columns, *, line: int) -> Iterator[Problem]:
    used = set(columns.positions.values())
    seen: dict[str, int] = {}
    unused: list[str] = []
    for position, header in enumerate(columns.headers):
        if header and header in seen:
            yield Problem(
                line=line,
                column=header,
                severity="warning",
                reason=f"The column {quoted(header)} stands in the header twice; the first was taken.",
                mend="Rename or delete the one that is not meant.",
            )
        elif header and position not in used:
            unused.append(header)
        seen.setdefault(header, position)
    if unused:
        yield Problem(
            line=line,
            column=None,
            severity="note",
            reason=f"These columns were not used: {', '.join(map(quoted, unused))}.",
            mend="If one is needed, map it: field=COLUMN.",
        )
    if "manager" not in columns:
        yield Problem(
            line=line,
            column=None,
            severity="note",
            reason="No column names managers; nobody's manager was set or changed.",
            mend="If one does, map it: manager=COLUMN.",
        )


def _listed(headers: Sequence[str]) -> str:
    return ", ".join(quoted(header) for header in headers if header) or "no named column"
