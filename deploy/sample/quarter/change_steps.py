"""What changes in the organisation itself; all done by HR admin."""

from dataclasses import dataclass
from datetime import date

from deploy.sample.quarter.refs import Person


@dataclass(frozen=True, slots=True)
class AssignHrPartner:
    """This HR partner looks after the department (of the company, where it has several)."""

    company: str | None
    department: str
    hr_partner: Person


@dataclass(frozen=True, slots=True)
class ChangeManager:
    """`person` reports to `manager` from now."""

    person: Person
    manager: Person


@dataclass(frozen=True, slots=True)
class MovePerson:
    """`person` goes to the unit in which `beside` works, who is their new manager."""

    person: Person
    beside: Person


@dataclass(frozen=True, slots=True)
class RecordLeaving:
    """`person` has left; their reports have another manager already."""

    person: Person
    left_on: date
