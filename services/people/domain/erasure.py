"""An erasure and its receipt: on which ground, how far each service is, when the last copy is gone.

It is kept under the person's id, which says nothing of them, so that a null can be told in their place
again after a restore.  Nothing in it is free text: a receipt must not name whom it has erased.
Source: GDPR (Regulation (EU) 2016/679), article 17 (1) for the grounds, 17 (3) for what is held back, 19
for telling who was told.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import StringConstraints

from services.people.domain.person import Person
from shared.aggregate import Aggregate
from shared.contracts.base import Frozen
from shared.contracts.erasure import Forgotten
from shared.contracts.people import PersonErased
from shared.errors import Refusal
from shared.ids import PersonId

Ground = Literal["no_longer_needed", "consent_withdrawn", "objection", "unlawful", "legal_obligation"]
"""Article 17 (1) (a) to (e)."""
Case = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,59}$")]
"""A number under which the case is kept elsewhere; no name."""
Standing = Literal["erasing", "erased", "finished"]


class StillWorksHere(Refusal):
    """Who works here is not erased."""


class ReportsRemain(Refusal):
    """People who work here still report to them."""


class NeverRestored(Refusal):
    """Nobody is erased again where nothing can have come back."""


class UnderLegalHold(Refusal):
    """Somebody has to keep what is held of the person."""


class Grounds(Frozen):
    """Why somebody is erased, in no words of anybody's own."""

    ground: Ground
    case: Case


class Told(Frozen):
    """How far a service is; null times for not yet.  `parked` records name the person and wait."""

    removed: int = 0
    parked: int = 0
    swept_at: datetime | None = None
    checked_at: datetime | None = None


class Erasure(Grounds, Aggregate):
    """One person's; asked for again it begins anew.  `gone_by` is when no copy is left in Kafka or a log."""

    id_field: ClassVar[str] = "person_id"
    person_id: PersonId
    asked_by: PersonId | None
    asked_at: datetime
    gone_by: datetime
    services: Mapping[str, Told]
    logged: bool = False

    @classmethod
    def ask(
        cls,
        person_id: PersonId,
        grounds: Grounds,
        *,
        by: PersonId | None,
        at: datetime,
        lasting: timedelta,
        services: tuple[str, ...],
    ) -> tuple[Self, PersonErased]:
        """Begin; `lasting` is how long copies stay where nobody can delete one of them alone."""
        erasure = cls(
            person_id=person_id,
            **dict(grounds),
            asked_by=by,
            asked_at=at,
            gone_by=at + lasting,
            services=dict.fromkeys(services, Told()),
        )
        return erasure, PersonErased(person_id=person_id)

    def hear(self, service: str, said: Forgotten, *, at: datetime) -> Self:
        """A service tells how far it is."""
        before = self.services.get(service, Told())
        told = Told(
            removed=said.removed,
            parked=said.parked,
            swept_at=before.swept_at or at,
            checked_at=at if said.checked else None,
        )
        return self.model_copy(update={"services": {**self.services, service: told}})

    def standing(self, now: datetime) -> Standing:
        """`erased` once every service has looked and looked again, `finished` when the last copy is gone."""
        if any(told.checked_at is None for told in self.services.values()):
            return "erasing"
        return "finished" if now >= self.gone_by else "erased"


def require_erasable(person: Person, *, reports: int, held: bool, again: bool) -> None:
    """Refuse while the person works here, is named as a manager by who does, or is under a legal hold.

    `again`: a backup has brought back how things were before the person left; of that a hold alone counts.
    """
    if held:
        raise UnderLegalHold("There is a legal hold on what is kept of this person; it must be lifted first.")
    if again:
        return
    if person.status == "active":
        raise StillWorksHere("The person works here; record their departure first.")
    if reports:
        raise ReportsRemain(
            "People who work here report to this person; name another manager for them first.",
            reports=reports,
        )
