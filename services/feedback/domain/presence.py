"""Whether a person has left, as feedback's own reactions were told.

Requests and departures meet on it: whoever asks a person writes it again, so that a request and
the departure of the one who is asked cannot pass each other.
"""

from typing import ClassVar

from shared.aggregate import Aggregate
from shared.errors import Refusal
from shared.ids import PersonId


class PersonHasLeft(Refusal):
    """Those who have left are neither given nor asked for feedback."""


class Presence(Aggregate):
    """One person's."""

    id_field: ClassVar[str] = "person_id"
    person_id: PersonId
    gone: bool = False

    def leave(self) -> "Presence":
        """The person has left."""
        return self.model_copy(update={"gone": True})

    def come_back(self) -> "Presence":
        """The person works here again."""
        return self.model_copy(update={"gone": False})


def require_present(person_id: PersonId, *, present: bool) -> None:
    """Refuse somebody who has left."""
    if not present:
        raise PersonHasLeft(
            "This person does not work here any more; choose somebody else.", person_id=person_id
        )
