"""A person who was erased is forgotten, pass by pass, until a late look finds nothing more.

`begin_forgetting` is every service's reaction to a null in place of a person's state.  A pass calls the
service's own `Forget` until it finds nothing.  Events that were under way may still bring something, so
a pass is made again later than anything could be under way, and only that one closes the matter.  Both are
told to the people service.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final, Self

from pymongo import IndexModel

from shared import due
from shared.aggregate import Aggregate
from shared.contracts.erasure import Forgotten
from shared.due import Due
from shared.ids import PersonId, derive
from shared.messaging.incoming import Erased
from shared.messaging.parked import PARKED
from shared.store import Store
from shared.work import Transaction

FORGETTINGS: Final = "forgettings"
TURNS: Final = "forgetting_turns"
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {FORGETTINGS: [], TURNS: due.INDEXES}
MOST_PARKED: Final = 5000
"""Parked records that are looked through; beyond them nothing is closed."""

Forget = Callable[[PersonId, Transaction], Awaitable[int]]
"""Deletes a page of what is held of a person; how many documents are gone, 0 if nothing was left."""


class Forgetting(Aggregate):
    """One person, forgotten here.  `swept_at`: nothing was left; `checked_at`: nothing has come since.

    `removed` counts documents; `parked` the records that could not be taken and name the person.
    """

    id_field: ClassVar[str] = "erasure_id"
    erasure_id: str
    person_id: PersonId
    removed: int = 0
    parked: int = 0
    swept_at: datetime | None = None
    checked_at: datetime | None = None

    @classmethod
    def of(cls, person_id: PersonId) -> Self:
        """Not begun yet."""
        return cls(erasure_id=erasure_id_of(person_id), person_id=person_id)

    def begun(self) -> Self:
        """From the start, once more if it has ended before."""
        return self.model_copy(update={"swept_at": None, "checked_at": None})

    def having_removed(self, count: int) -> Self:
        """Something was left: what is swept has to be looked at later once more."""
        return self.begun().model_copy(update={"removed": self.removed + count})

    def having_found_nothing(self, *, parked: int, at: datetime) -> Self:
        """Swept the first time, checked the second, unless records that name the person still wait."""
        if self.swept_at is None:
            return self.model_copy(update={"swept_at": at, "parked": parked})
        return self.model_copy(update={"checked_at": None if parked else at, "parked": parked})


class ForgettingStore(Store[Forgetting]):
    """The people who are forgotten, by the id of the erasure and not by theirs."""

    collection: ClassVar[str] = FORGETTINGS
    kind = Forgetting


def erasure_id_of(person_id: PersonId) -> str:
    """What the erasure of a person is called: one, however often it is asked for."""
    return derive("erasure", person_id)


async def begin_forgetting(erased: Erased, tx: Transaction) -> None:
    """Let a worker take it up at once; clocks that can be moved are not asked."""
    store = ForgettingStore(tx)
    fresh = Forgetting.of(PersonId(erased.subject))
    store.save((await store.find(fresh.erasure_id) or fresh).begun())
    due.call(tx, TURNS, fresh.erasure_id, at=datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Forgetter:
    """How a service forgets: with what, how it says so, and how much later it looks again."""

    forget: Forget
    said: type[Forgotten]
    recheck: timedelta

    async def take_turn(self, turn: Due, tx: Transaction) -> None:
        """One pass: a page is deleted, or nothing was left and it is told."""
        store = ForgettingStore(tx)
        before = await store.get(turn.id)
        removed = await self.forget(before.person_id, tx)
        if removed:
            store.save(before.having_removed(removed))
            due.call(tx, TURNS, turn.id, at=tx.now)
            return
        after = before.having_found_nothing(parked=await _parked(before.person_id, tx), at=tx.now)
        store.save(after)
        if (after.swept_at, after.checked_at, after.parked) != (
            before.swept_at,
            before.checked_at,
            before.parked,
        ):
            tx.publish(self._told(after))
        if after.checked_at is None:
            due.call(tx, TURNS, turn.id, at=tx.now + self.recheck)
        else:
            due.rest(tx, TURNS, turn.id)

    def _told(self, forgetting: Forgetting) -> Forgotten:
        return self.said(
            erasure_id=forgetting.erasure_id,
            person_id=forgetting.person_id,
            removed=forgetting.removed,
            parked=forgetting.parked,
            checked=forgetting.checked_at is not None,
        )


async def _parked(person_id: PersonId, tx: Transaction) -> int:
    """Records put aside that name the person; if there are too many to look through, all of them."""
    rows = await tx.find(PARKED, {}, limit=MOST_PARKED, fields=("key", "value"))
    if len(rows) == MOST_PARKED:
        return MOST_PARKED
    named = person_id.encode()
    return sum(named in (row["key"] or b"") or named in (row["value"] or b"") for row in rows)
