"""A legal hold: what is kept of a person must be kept, whoever asks for it to be erased.

Source: GDPR (Regulation (EU) 2016/679), article 17 (3) (b) and (e).
"""

from datetime import datetime
from typing import ClassVar

from services.people.domain.erasure import Case
from shared.aggregate import Aggregate
from shared.contracts.people import HOLD_ON, HoldState
from shared.ids import PersonId


class LegalHold(Aggregate):
    """Why one person's data is kept: the case, who said so and when."""

    id_field: ClassVar[str] = "hold_id"
    hold_id: str
    person_id: PersonId
    case: Case
    by: PersonId | None
    since: datetime

    def state(self) -> HoldState:
        """What Cairn's other services may know."""
        return HoldState(hold_id=self.hold_id, person_id=self.person_id, since=self.since)


class ToldHold(Aggregate):
    """What the other services were last told, of a hold or that it is lifted, and in which epoch.

    It stays when a hold is lifted, so that the numbers of what is told go on.  One that is of no hold says
    that all were told.
    """

    id_field: ClassVar[str] = "hold_id"
    hold_id: str
    held: bool
    epoch: int


def hold_id_of(person_id: PersonId) -> str:
    """What a person's hold is called: an id of its own, or it could be taken for the person."""
    return f"{HOLD_ON}{person_id}"
