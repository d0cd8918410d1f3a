"""Org units that a file's company, department and team columns name.

A department stands under its row's company and a team under its department, so two companies
may each have a department of the same name.  Units are told apart without regard to case and
spelled as they are met first.
"""

from collections.abc import Callable, Iterable

from services.people.domain.csv_import.roster import Roster, folded
from services.people.domain.csv_import.rows import UnitPath
from services.people.domain.unit import OrgUnit
from shared.contracts.people import UnitCreated
from shared.ids import UnitId

NewUnit = tuple[OrgUnit, UnitCreated]


def derive_units(
    paths: Iterable[UnitPath], roster: Roster, *, mint: Callable[[str], str]
) -> tuple[dict[UnitPath, UnitId], list[NewUnit]]:
    """The id for each path, and the units that the directory does not have, parents first."""
    units = dict(roster.units)
    created: list[NewUnit] = []
    for path in dict.fromkeys(paths):
        parent: OrgUnit | None = None
        for length, (kind, name) in enumerate(path, 1):
            key = folded(path[:length])
            if key not in units:
                unit, event = OrgUnit.create(UnitId(mint("unit")), name=name, kind=kind, parent=parent)
                units[key] = unit
                created.append((unit, event))
            parent = units[key]
    return {key: unit.unit_id for key, unit in units.items()}, created
