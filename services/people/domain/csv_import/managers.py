"""Who reports to whom: references in a file become persons, and circles are opened.

A manager is named by employee number, by e-mail or, where only one person has it, by full
name; in the file or in the directory.  Nobody is kept out for their manager: who manages
themselves or stands in a circle is imported without one; who names an unknown manager keeps
the one they have.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from services.people.domain import hierarchy
from services.people.domain.csv_import.cells import reference, split_name
from services.people.domain.csv_import.columns import Columns
from services.people.domain.csv_import.roster import Roster
from services.people.domain.csv_import.rows import Entry
from shared.csv_files import Problem, Severity, quoted
from shared.ids import PersonId

_AT_THE_TOP = "Name the manager, or leave the cell empty for somebody at the top."


@dataclass(frozen=True)
class Placed:
    """The accepted entries by the person each is about, the directory, and the lines refused by reference."""

    entries: Mapping[PersonId, Entry]
    roster: Roster
    refused: Mapping[str, int]

    @cached_property
    def references(self) -> Mapping[str, PersonId]:
        """Persons by number and e-mail; numbers before e-mails, the file before the directory."""
        rows = self.entries.items()
        emails = {reference(email): key for key, entry in rows if (email := entry.details.get("email"))}
        numbers = {
            reference(number): key for key, entry in rows if (number := entry.details.get("employee_number"))
        }
        return {**self.roster.by_email, **self.roster.by_number, **emails, **numbers}

    @cached_property
    def names(self) -> Mapping[str, set[PersonId]]:
        """Persons by full name."""
        names: defaultdict[str, set[PersonId]] = defaultdict(set)
        for person_id, entry in self.entries.items():
            names[entry.name.casefold()].add(person_id)
        for person_id, person in self.roster.people.items():
            if person_id not in self.entries:
                names[f"{person.given_name} {person.family_name}".strip().casefold()].add(person_id)
        return names

    def left(self, person_id: PersonId) -> bool:
        """Whether the person will have left when the file is imported."""
        entry, known = self.entries.get(person_id), self.roster.people.get(person_id)
        status = entry.status if entry else None
        return (status or (known.status if known else "active")) == "left"


class Assigned(NamedTuple):
    """Whom somebody will report to; `stated` unless it is only whom they report to already."""

    manager_id: PersonId | None
    stated: bool


def resolve_managers(
    placed: Placed, *, columns: Columns, problems: list[Problem]
) -> dict[PersonId, Assigned]:
    """The manager of each person in the file: somebody of the file or the directory, or None."""
    header = columns.header("manager")

    def say(line: int, severity: Severity, reason: str, mend: str) -> None:
        problems.append(Problem(line=line, column=header, severity=severity, reason=reason, mend=mend))

    managers: dict[PersonId, Assigned] = {}
    for person_id, entry in placed.entries.items():
        assigned, fault = _manager(person_id, entry, placed)
        managers[person_id], manager_id = assigned, assigned.manager_id
        if fault is not None:
            kept = "keeps the manager they have" if manager_id else "is imported without a manager"
            say(entry.line, "warning", f"{fault}; {entry.name} {kept}.", _AT_THE_TOP)
        elif manager_id is not None and entry.status != "left" and placed.left(manager_id):
            say(entry.line, "note", f"The manager of {entry.name} has left.", "Name the new manager.")
    for circle in _circles(managers, placed):
        rows = [person_id for person_id in circle if person_id in placed.entries]
        names = ", ".join(placed.entries[person_id].name for person_id in rows[:5])
        for person_id in rows:
            managers[person_id] = Assigned(None, stated=True)
            say(
                placed.entries[person_id].line,
                "warning",
                f"{len(circle)} people manage one another in a circle ({names}); none gets a manager.",
                "Set the manager of at least one of them right.",
            )
    return managers


def _manager(person_id: PersonId, entry: Entry, placed: Placed) -> tuple[Assigned, str | None]:
    """The manager, and what is wrong with the reference."""
    known = placed.roster.people.get(person_id)
    kept, nobody = Assigned(known.manager_id if known else None, stated=False), Assigned(None, stated=True)
    if entry.manager is None:
        return kept, None
    if not entry.manager:
        return nobody, None
    found = _find(entry.manager, placed)
    if len(found) == 1:
        (manager_id,) = found
        if manager_id == person_id:
            return nobody, "The row names the person as their own manager"
        return Assigned(manager_id, stated=True), None
    if found:
        return kept, f"{len(found)} people are called {quoted(entry.manager)}"
    if line := placed.refused.get(reference(entry.manager)):
        return kept, f"The manager {quoted(entry.manager)} stands on line {line}, which was not imported"
    return kept, f"No person has the number, e-mail or name {quoted(entry.manager)}"


def _find(written: str, placed: Placed) -> set[PersonId]:
    if found := placed.references.get(reference(written)):
        return {found}
    return placed.names.get(" ".join(split_name(written)).strip().casefold(), set())


def _circles(managers: Mapping[PersonId, Assigned], placed: Placed) -> Sequence[tuple[PersonId, ...]]:
    everybody = {person.person_id: person.manager_id for person in placed.roster.people.values()}
    imported = {person_id: assigned.manager_id for person_id, assigned in managers.items()}
    return hierarchy.cycles({**everybody, **imported})
