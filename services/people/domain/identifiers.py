"""What tells people apart besides their id: employee number and e-mail address, each of one person.

People who left keep theirs, so that who comes back is known again.  Whose an identifier is, is an
argument here: the store keeps the book.
"""

from collections.abc import Mapping
from typing import Literal

from services.people.domain.csv_import.cells import reference
from services.people.domain.person import Person
from shared.errors import Refusal
from shared.ids import PersonId

Identifier = Literal["employee_number", "email"]


class EmployeeNumberTaken(Refusal):
    """Somebody else has the employee number."""


class EmailTaken(Refusal):
    """Somebody else has the e-mail address."""


def identifier_key(kind: Identifier, text: str | None) -> str | None:
    """How an identifier is looked up, without regard to case; None for none."""
    return f"{kind}:{reference(text)}" if text else None


def identifier_keys(person: Person | None) -> Mapping[Identifier, str]:
    """The keys that a person holds."""
    if person is None:
        return {}
    keys: dict[Identifier, str] = {}
    if number := identifier_key("employee_number", person.employee_number):
        keys["employee_number"] = number
    if email := identifier_key("email", person.email):
        keys["email"] = email
    return keys


def refuse_taken(kind: Identifier, *, holder_id: PersonId) -> None:
    """Raise that somebody else holds it."""
    if kind == "employee_number":
        raise EmployeeNumberTaken(
            "Another person has this employee number; set one of the two right.", person_id=holder_id
        )
    raise EmailTaken("Another person has this e-mail address; set one of the two right.", person_id=holder_id)
