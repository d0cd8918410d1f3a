"""Refusals about where somebody is to work and whom they are to report to."""

from services.people.domain.person import Person
from shared.errors import Invalid, Refusal
from shared.ids import PersonId, UnitId


class UnknownUnit(Invalid):
    """There is no such org unit."""


class UnknownPerson(Invalid):
    """There is no such person."""


class PersonHasLeft(Refusal):
    """Who has left takes over nothing new."""


def require_active(person_id: PersonId, person: Person | None) -> Person:
    """The person named by an id, if there is one and they work here."""
    if person is None:
        raise UnknownPerson("There is no person with this id; name somebody else.", person_id=person_id)
    if person.status == "left":
        raise PersonHasLeft("This person has left; name somebody who works here.", person_id=person_id)
    return person


def unknown_unit(unit_id: UnitId) -> UnknownUnit:
    """What is said of an id that names no unit."""
    return UnknownUnit("There is no org unit with this id; name another, or none.", unit_id=unit_id)
