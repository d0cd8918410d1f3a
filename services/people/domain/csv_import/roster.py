"""Whom and what the directory knows already, as an import asks for it.

Holds no rule: it answers by number, by e-mail and by the path of a unit's names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from services.people.domain.csv_import.cells import reference
from services.people.domain.csv_import.rows import UnitPath
from services.people.domain.person import Person
from services.people.domain.unit import OrgUnit
from shared.ids import PersonId, UnitId


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody in the directory, those who left too, and every org unit."""

    people: Mapping[PersonId, Person]
    by_number: Mapping[str, PersonId]
    by_email: Mapping[str, PersonId]
    units: Mapping[UnitPath, OrgUnit]

    @classmethod
    def of(cls, people: Iterable[Person] = (), units: Iterable[OrgUnit] = ()) -> Self:
        """The roster of a directory."""
        everybody = {person.person_id: person for person in people}
        structure = {unit.unit_id: unit for unit in units}
        return cls(
            people=everybody,
            by_number={
                reference(person.employee_number): person.person_id
                for person in everybody.values()
                if person.employee_number
            },
            by_email={
                reference(person.email): person.person_id for person in everybody.values() if person.email
            },
            units={_path(unit, structure): unit for unit in structure.values()},
        )


def folded(path: UnitPath) -> UnitPath:
    """A unit's path as it is looked up: without regard to case."""
    return tuple((kind, name.casefold()) for kind, name in path)


def _path(unit: OrgUnit, structure: Mapping[UnitId, OrgUnit]) -> UnitPath:
    walked: set[UnitId] = set()
    path: UnitPath = ()
    current: OrgUnit | None = unit
    while current is not None and current.unit_id not in walked:
        walked.add(current.unit_id)
        path = ((current.kind, current.name), *path)
        current = structure.get(current.parent_id) if current.parent_id else None
    return folded(path)
