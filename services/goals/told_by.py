"""Who tells of a measurement or corrects one: a person, or a machine by the subject of its token."""

from services.goals.domain.history import Correction
from shared.ids import PersonId
from shared.work import Transaction


def person_of(tx: Transaction) -> PersonId | None:
    """The person who asks; None for a machine."""
    return tx.caller.person_id if tx.caller else None


def machine_of(tx: Transaction) -> str:
    """The machine that asks, by the subject of its token; empty for a person."""
    return "" if tx.caller is None or tx.caller.person_id else tx.caller.subject


def correction_by(tx: Transaction, *, reason: str, measurement_id: str | None = None) -> Correction:
    """That who asks says that a measurement was wrong, and why."""
    return Correction(
        by_person_id=person_of(tx),
        system=machine_of(tx),
        at=tx.now,
        reason=reason,
        measurement_id=measurement_id,
    )
