"""A file of people becomes a plan: whom to add or change, in which units, and what is wrong.

Runs the rooms of this package one after the other; decides nothing itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.people.domain import hierarchy
from services.people.domain.csv_import.cells import clean, reference, says_nothing
from services.people.domain.csv_import.columns import Columns, find_columns, meaning, plain
from services.people.domain.csv_import.dates import Order, order_of, read_date
from services.people.domain.csv_import.fields import Field
from services.people.domain.csv_import.managers import Assigned, Placed, resolve_managers
from services.people.domain.csv_import.matching import match, without_duplicates
from services.people.domain.csv_import.roster import Roster, folded
from services.people.domain.csv_import.rows import Entry, RowRules, Status, UnitPath, read_entry
from services.people.domain.csv_import.units import NewUnit, derive_units
from services.people.domain.demographics import Attributes
from services.people.domain.person import NewDetails
from shared.csv_files import (
    Broken,
    Layout,
    Problem,
    Record,
    Unusable,
    decode,
    layout_of,
    physical_lines,
    read_records,
)
from shared.ids import PersonId, UnitId

_DATES: Final[tuple[Field, ...]] = ("joined_on", "left_on", "date_of_birth")


@dataclass(frozen=True, slots=True)
class PersonRow:
    """An accepted row: who it is about and what it says of them.

    `known` tells whether the directory has the person already.  Details and attributes hold
    only what the row states.  Unit and manager are what they will be after the import; where the
    row does not state one, that is what the person has when the row is imported.  `status` is None
    where the row does not say.
    """

    line: int
    person_id: PersonId
    known: bool
    details: NewDetails
    attributes: Attributes
    unit_id: UnitId | None
    manager_id: PersonId | None
    states_unit: bool
    states_manager: bool
    status: Status | None
    left_on: date | None


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What importing a file comes to.

    `rows` stand in top-down order, managers before those who report to them; `units` are the
    new ones, parents first, with the event of each; `problems` stand by line.  `read` counts
    the rows below the header, with those refused.
    """

    rows: tuple[PersonRow, ...] = ()
    units: tuple[NewUnit, ...] = ()
    problems: tuple[Problem, ...] = ()
    read: int = 0

    @property
    def unusable(self) -> bool:
        """The file as a whole could not be read."""
        return any(problem.severity == "fatal" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class _Table:
    columns: Columns
    records: list[Record]
    broken: int


def plan_import(
    content: bytes | str,
    *,
    roster: Roster,
    on: date,
    mint: Callable[[str], str],
    mapping: Mapping[str, str] | None = None,
) -> ImportPlan:
    """Read a file of people.

    `mapping` says which column holds a field (`{"employee_number": "Badge"}`); other columns are
    found by name.  `on` is the day of the import; `mint` makes a random id for a prefix.  Never
    raises for what the file holds: see `ImportPlan.problems`.  Linear in the size of the file.
    """
    problems: list[Problem] = []
    try:
        table = _read_table(content, mapping=mapping or {}, problems=problems)
    except Unusable as unusable:
        return ImportPlan(problems=(*problems, unusable.problem))
    entries = _read_entries(table, on=on, problems=problems)
    entries = without_duplicates(entries, columns=table.columns, problems=problems)
    matched = match(entries, roster, columns=table.columns, problems=problems)
    people = {known or PersonId(mint("person")): entry for entry, known in matched}
    placed = Placed(entries=people, roster=roster, refused=_refused(table, people.values()))
    managers = resolve_managers(placed, columns=table.columns, problems=problems)
    unit_ids, units = derive_units(
        (entry.units for entry in people.values() if entry.units), roster, mint=mint
    )
    return ImportPlan(
        rows=tuple(
            _row(person_id, placed, assigned=managers[person_id], unit_ids=unit_ids)
            for person_id in hierarchy.top_down({key: each.manager_id for key, each in managers.items()})
        ),
        units=tuple(units),
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
        read=len(table.records) + table.broken,
    )


def _read_table(content: bytes | str, *, mapping: Mapping[str, str], problems: list[Problem]) -> _Table:
    lines = physical_lines(decode(content, problems=problems))
    first, delimiter = _layout(lines, mapping=mapping)
    header = next(read_records(lines, delimiter=delimiter, first=first))
    if isinstance(header, Broken):
        raise Unusable(header.reason, mend=header.mend, line=header.line)
    while header.cells and not header.cells[-1].strip():
        header.cells.pop()
    columns = find_columns(header, mapping=mapping, problems=problems)
    below = read_records(lines, delimiter=delimiter, first=header.last_line, width=len(columns.headers))
    records = [record for record in below if isinstance(record, Broken) or any(map(str.strip, record.cells))]
    if not records:
        raise Unusable(
            "The file has a header and no rows.",
            mend="Export it again, with a row per person.",
            line=header.line,
        )
    broken = [record for record in records if isinstance(record, Broken)]
    problems.extend(
        Problem(line=record.line, column=None, severity="error", reason=record.reason, mend=record.mend)
        for record in broken
    )
    whole = [record for record in records if isinstance(record, Record)]
    return _Table(columns=columns, records=whole, broken=len(broken))


def _layout(lines: Sequence[str], *, mapping: Mapping[str, str]) -> Layout:
    mapped = {plain(column) for column in mapping.values()}

    def worth(cell: str) -> bool:
        return meaning(cell) is not None or plain(cell) in mapped

    return layout_of(lines, worth=worth)


def _read_entries(table: _Table, *, on: date, problems: list[Problem]) -> list[Entry]:
    orders: dict[Field, Order | None] = {
        name: _order(table, name, on=on) for name in _DATES if name in table.columns
    }
    rules = RowRules(columns=table.columns, orders=orders, on=on)
    entries: list[Entry] = []
    for record in table.records:
        entry, faults = read_entry(record, rules)
        problems.extend(faults)
        if entry is not None:
            entries.append(entry)
    return entries


def _order(table: _Table, name: Field, *, on: date) -> Order | None:
    texts = {clean(table.columns.cell(record, name)) for record in table.records}
    readings = (read_date(text, this_year=on.year) for text in texts if not says_nothing(text))
    return order_of(readings, header=table.columns.header(name))


def _refused(table: _Table, accepted: Iterable[Entry]) -> dict[str, int]:
    """The lines of refused rows by the number and the e-mail they hold."""
    lines = {entry.line for entry in accepted}
    identifiers: tuple[Field, ...] = ("employee_number", "email")
    return {
        reference(clean(table.columns.cell(record, name))): record.line
        for record in table.records
        if record.line not in lines
        for name in identifiers
    }


def _row(
    person_id: PersonId,
    placed: Placed,
    *,
    assigned: Assigned,
    unit_ids: Mapping[UnitPath, UnitId],
) -> PersonRow:
    entry, known = placed.entries[person_id], placed.roster.people.get(person_id)
    kept = known.unit_id if known else None
    unit_id = kept if entry.units is None else unit_ids.get(folded(entry.units))
    return PersonRow(
        line=entry.line,
        person_id=person_id,
        known=known is not None,
        details=entry.details,
        attributes=entry.attributes,
        unit_id=unit_id,
        manager_id=assigned.manager_id,
        states_unit=entry.units is not None,
        states_manager=assigned.stated,
        status=entry.status,
        left_on=entry.left_on,
    )
