"""A small organisation, as the people service would tell of it.

chief
├── manager ──────── anna, ben                       in unit_sales, but ben in unit_north below
├── other_manager ── peer                            in unit_all, as everybody else
└── partner, other_partner, admin, auditor           HR partner of unit_sales, of unit_all; staff
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from shared.contracts.people import ManagerChanged, PersonJoined, PersonLeft, PersonState, UnitState
from shared.ids import PersonId, UnitId


class Hired(NamedTuple):
    """Somebody by id, whom they report to and where they work."""

    person_id: str
    manager_id: str | None
    unit_id: str | None = "unit_all"


class Unit(NamedTuple):
    """A unit by id, the one above it and its HR partners."""

    unit_id: str
    parent_id: str | None
    hr_partner_ids: Sequence[str] = ()


STAFF = (
    Hired("chief", None),
    Hired("manager", "chief", "unit_sales"),
    Hired("other_manager", "chief"),
    Hired("anna", "manager", "unit_sales"),
    Hired("ben", "manager", "unit_north"),
    Hired("peer", "other_manager"),
    Hired("partner", "chief"),
    Hired("other_partner", "chief"),
    Hired("admin", "chief"),
    Hired("auditor", "chief"),
)
UNITS = (
    Unit("unit_all", None, ("other_partner",)),
    Unit("unit_sales", "unit_all", ("partner",)),
    Unit("unit_north", "unit_sales"),
)


def person_state(person_id: str, **other: Any) -> PersonState:
    fields: dict[str, Any] = {
        "person_id": person_id,
        "given_name": person_id.title(),
        "family_name": "Doe",
        "email": f"{person_id}@example.com",
        "job_title": None,
        "unit_id": "unit_all",
        "manager_id": None,
        "location": None,
        "time_zone": "UTC",
        "language": "en",
        "joined_on": None,
        "left_on": None,
        "status": "active",
    }
    return PersonState.model_validate(fields | other)


def person_joined(person_id: str, *, manager_id: str | None = None) -> PersonJoined:
    return PersonJoined(
        person_id=PersonId(person_id),
        manager_id=PersonId(manager_id) if manager_id else None,
        unit_id=None,
        joined_on=None,
    )


def person_left(person_id: str, *, on: date = date(2026, 2, 1)) -> PersonLeft:
    return PersonLeft(person_id=PersonId(person_id), left_on=on)


def manager_changed(person_id: str, *, to: str | None, before: str | None = None) -> ManagerChanged:
    return ManagerChanged(
        person_id=PersonId(person_id),
        from_manager_id=PersonId(before) if before else None,
        to_manager_id=PersonId(to) if to else None,
    )


def unit_state(unit: Unit) -> UnitState:
    return UnitState(
        unit_id=UnitId(unit.unit_id),
        name=unit.unit_id,
        kind="department",
        parent_id=UnitId(unit.parent_id) if unit.parent_id else None,
        hr_partner_ids=tuple(map(PersonId, unit.hr_partner_ids)),
    )
