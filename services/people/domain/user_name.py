"""What somebody is called as a User whom the identity provider has not named yet."""

from collections.abc import Sequence

from services.people.domain.csv_import.cells import reference
from services.people.domain.person import Person


def user_name_key(user_name: str) -> str:
    """How a userName is looked up, without regard to case (RFC 7643 4.1.1)."""
    return f"user_name:{reference(user_name)}"


def own_names(person: Person) -> Sequence[str]:
    """E-mail address, employee number and id, as far as there are any; the first that is free is it."""
    return [name for name in (person.email, person.employee_number, person.person_id) if name]
