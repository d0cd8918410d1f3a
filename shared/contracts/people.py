"""What the people service tells the others: who works here and who reports to whom."""

from datetime import date
from typing import ClassVar, Literal

from shared.contracts.base import Event, State
from shared.ids import PersonId, UnitId


class PersonJoined(Event):
    """A person was added to the directory."""

    subject_field: ClassVar[str] = "person_id"
    person_id: PersonId
    manager_id: PersonId | None
    unit_id: UnitId | None
    joined_on: date | None


class PersonMoved(Event):
    """A person went to another org unit."""

    subject_field: ClassVar[str] = "person_id"
    person_id: PersonId
    from_unit_id: UnitId | None
    to_unit_id: UnitId | None


class ManagerChanged(Event):
    """A person reports to somebody else, or to nobody."""

    subject_field: ClassVar[str] = "person_id"
    person_id: PersonId
    from_manager_id: PersonId | None
    to_manager_id: PersonId | None


class PersonLeft(Event):
    """A person does not work here any more; `left_on` is the last day, null where nobody said."""

    subject_field: ClassVar[str] = "person_id"
    person_id: PersonId
    left_on: date | None


class PersonDetailsChanged(Event):
    """Something else in a person's directory entry changed: name, address, title, level, time zone."""

    subject_field: ClassVar[str] = "person_id"
    person_id: PersonId


class UnitCreated(Event):
    """An org unit was added."""

    subject_field: ClassVar[str] = "unit_id"
    unit_id: UnitId
    parent_id: UnitId | None


class UnitChanged(Event):
    """An org unit's name, parent or HR partners changed."""

    subject_field: ClassVar[str] = "unit_id"
    unit_id: UnitId
    parent_id: UnitId | None


class PersonState(State):
    """A person as the directory shows them; carries names, so its readers are granted one by one.

    `job_level` is the level of the job in the organisation's own code, such as `L3`; what is paid for it is
    not told.  Demographic attributes are never part of it.
    """

    subject_field: ClassVar[str] = "person_id"
    person_id: PersonId
    given_name: str
    family_name: str
    email: str | None
    job_title: str | None
    unit_id: UnitId | None
    manager_id: PersonId | None
    location: str | None
    time_zone: str
    language: str
    joined_on: date | None
    left_on: date | None
    status: Literal["active", "left"]
    job_level: str | None = None


class UnitState(State):
    """An org unit as the directory shows it."""

    subject_field: ClassVar[str] = "unit_id"
    unit_id: UnitId
    name: str
    kind: Literal["company", "department", "team"]
    parent_id: UnitId | None
    hr_partner_ids: tuple[PersonId, ...]
