"""A legal hold: what is kept of a person must be kept, whoever asks for it to be erased.

Source: GDPR (Regulation (EU) 2016/679), article 17 (3) (b) and (e).
"""

from datetime import datetime
from typing import ClassVar

from services.people.domain.erasure import Case
from shared.aggregate import Aggregate
from shared.ids import PersonId


class LegalHold(Aggregate):
    """Why one person's data is kept: the case, who said so and when."""

    id_field: ClassVar[str] = "hold_id"
    hold_id: str
    person_id: PersonId
    case: Case
    by: PersonId | None
    since: datetime


def hold_id_of(person_id: PersonId) -> str:
    """What a person's hold is called: an id of its own, or it could be taken for the person."""
    return f"hold_on_{person_id}"
