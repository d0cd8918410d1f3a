"""Erasures and legal holds as documents.

An erasure has the person's id, which is free once they are gone: so it carries on the numbers of what is
told in their place.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import ASCENDING, IndexModel

from services.people.domain.erasure import Erasure
from services.people.domain.legal_hold import LegalHold, ToldHold, hold_id_of
from shared.ids import PersonId
from shared.indexes import newest_first
from shared.store import Store

ERASURES: Final = "erasures"
HOLDS: Final = "legal_holds"
TOLD_HOLDS: Final = "told_holds"
COLLECTIONS: Final[Mapping[str, Sequence[IndexModel]]] = {
    ERASURES: [
        newest_first("asked_at", name="newest"),
        IndexModel([("logged", ASCENDING)], name="unlogged", partialFilterExpression={"logged": False}),
    ],
    HOLDS: [],
    TOLD_HOLDS: [],
}


class ErasureStore(Store[Erasure]):
    """The erasures, each for good."""

    collection: ClassVar[str] = ERASURES
    kind = Erasure


class HoldStore(Store[LegalHold]):
    """The legal holds that there are."""

    collection: ClassVar[str] = HOLDS
    kind = LegalHold

    async def on(self, person_id: PersonId) -> LegalHold | None:
        """That on a person."""
        return await self.find(hold_id_of(person_id))


class ToldHoldStore(Store[ToldHold]):
    """What was told of holds."""

    collection: ClassVar[str] = TOLD_HOLDS
    kind = ToldHold
