"""Who each entry is: somebody the directory knows, or somebody new.

First by employee number, then by e-mail.  Two entries are never the same person: the first
row wins and the later ones are refused.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from services.people.domain.csv_import.cells import reference
from services.people.domain.csv_import.columns import Columns
from services.people.domain.csv_import.roster import Roster
from services.people.domain.csv_import.rows import Entry
from shared.csv_files import Problem, Severity, quoted
from shared.ids import PersonId

Identifier = Literal["employee_number", "email"]
_IDENTIFIERS: Final[tuple[Identifier, ...]] = ("employee_number", "email")


def without_duplicates(entries: Iterable[Entry], *, columns: Columns, problems: list[Problem]) -> list[Entry]:
    """The entries whose number and e-mail no earlier row has."""
    first: dict[tuple[Identifier, str], int] = {}
    kept: list[Entry] = []
    for entry in entries:
        keys: list[tuple[Identifier, str]] = [
            (name, reference(text)) for name in _IDENTIFIERS if (text := entry.details.get(name))
        ]
        taken = next((key for key in keys if key in first), None)
        if taken is None:
            kept.append(entry)
            first.update((key, entry.line) for key in keys)
            continue
        name = taken[0]
        problems.append(
            Problem(
                line=entry.line,
                column=columns.header(name),
                severity="error",
                reason=f"{quoted(entry.details.get(name) or '')} stands on line {first[taken]} already.",
                mend="Delete one of the rows, or set the number or the e-mail right.",
            )
        )
    return kept


def match(
    entries: Sequence[Entry], roster: Roster, *, columns: Columns, problems: list[Problem]
) -> list[tuple[Entry, PersonId | None]]:
    """Each entry with the person it is about, None for somebody new; without the contradictory ones."""
    numbered = {
        person_id: entry
        for entry in entries
        if (person_id := _known(entry, "employee_number", roster.by_number)) is not None
    }
    matched: list[tuple[Entry, PersonId | None]] = []
    for entry in entries:
        person_id, remark = _person(entry, roster, numbered=numbered)
        if remark is not None:
            severity, name, reason, mend = remark
            problems.append(
                Problem(
                    line=entry.line, column=columns.header(name), severity=severity, reason=reason, mend=mend
                )
            )
            if severity == "error":
                continue
        matched.append((entry, person_id))
    return matched


_Remark = tuple[Severity, Literal["employee_number", "email", "left_on"], str, str]


def _person(
    entry: Entry, roster: Roster, *, numbered: Mapping[PersonId, Entry]
) -> tuple[PersonId | None, _Remark | None]:
    by_number = _known(entry, "employee_number", roster.by_number)
    by_email = _known(entry, "email", roster.by_email)
    email = entry.details.get("email") or ""
    if by_email is None or by_email == by_number:
        return by_number, _leaving(entry, by_number, roster)
    if by_email in numbered or by_number is not None:
        owner = numbered.get(by_email)
        if owner is not None and owner.details.get("email", email) != email:
            return by_number, _leaving(entry, by_number, roster)
        reason = f"In the directory {quoted(email)} belongs to somebody with another employee number."
        return None, ("error", "email", reason, "Set the number or the e-mail right.")
    return by_email, _renumbered(entry, by_email, roster) or _leaving(entry, by_email, roster)


def _known(entry: Entry, name: Identifier, index: Mapping[str, PersonId]) -> PersonId | None:
    text = entry.details.get(name)
    return index.get(reference(text)) if text else None


def _renumbered(entry: Entry, person_id: PersonId, roster: Roster) -> _Remark | None:
    before, after = roster.people[person_id].employee_number, entry.details.get("employee_number")
    if not before or not after:
        return None
    reason = (
        f"The person with this e-mail had the employee number {quoted(before)}; it becomes {quoted(after)}."
    )
    return "warning", "employee_number", reason, "If this is somebody else, give them an e-mail of their own."


def _leaving(entry: Entry, person_id: PersonId | None, roster: Roster) -> _Remark | None:
    """Refuse a leaving date before the joining date that the directory has and the row does not give."""
    if person_id is None or entry.left_on is None or entry.details.get("joined_on"):
        return None
    joined_on = roster.people[person_id].joined_on
    if joined_on is None or joined_on <= entry.left_on:
        return None
    reason = f"The leaving date lies before the joining date in the directory, {joined_on}."
    return "error", "left_on", reason, "Set the leaving date right, or give the joining date too."
