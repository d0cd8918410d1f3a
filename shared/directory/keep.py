"""Reactions that keep the local copy: a fold of `cairn.people.state` that any order leads to.

People arrive in their own order each, but in any order among each other, in transactions that
run at the same time.  What keeps every line right all the same:

* Who writes a line has read the manager's and writes the manager's document again, unchanged, so
  that it conflicts with whoever rewrites that line meanwhile.
* A manager who has not arrived yet has a placeholder, so that there is a document to meet on.
* Who changes a line rewrites it for everyone below: at once for up to `IN_PLACE` people, else by a
  fan-out (see `refold`), during which lines further down are those of before.
"""

from typing import Any, Final

from shared.contracts.people import PersonState, UnitState
from shared.directory.entries import PEOPLE, UNITS
from shared.directory.lines import line_above, relined
from shared.directory.refold import order_refold
from shared.messaging.incoming import Erased
from shared.work.transaction import Doc, Transaction

IN_PLACE: Final = 1000
"""Most people whose lines are rewritten in the transaction that moves somebody above them."""


async def keep_person(state: PersonState, tx: Transaction) -> None:
    """Take over a person's newest state, and mend the lines below them."""
    person_id, manager_id = state.person_id, state.manager_id
    if manager_id == person_id:
        manager_id = None
    own = await tx.peek(PEOPLE, person_id)
    manager = await tx.peek(PEOPLE, manager_id) if manager_id else None
    line = line_above(person_id, manager_id, manager["ancestors"] if manager else ())
    fields: Doc = {**state.model_dump(mode="json", exclude={"person_id"}), "manager_id": manager_id}
    if not _changes(own, fields | {"known": True, "ancestors": line}):
        return
    below = await _below(tx, own, line)
    _put_person(tx, own, {"_id": person_id, "known": True, **fields, "ancestors": line})
    _reline(tx, person_id, line, below)
    if manager_id and (own is None or own["ancestors"] != line):
        _meet_at(tx, manager_id, manager)


async def forget_person(erased: Erased, tx: Transaction) -> None:
    """Remove all that is known of a person; the lines of those below end there."""
    own = await tx.peek(PEOPLE, erased.subject)
    if own is None or not own["known"]:
        return
    below = await tx.find(PEOPLE, {"ancestors": erased.subject}, limit=IN_PLACE + 1)
    if not below:
        tx.delete(PEOPLE, erased.subject, version=own["version"])
        return
    _put_person(tx, own, _placeholder(erased.subject))
    _reline(tx, erased.subject, [], below)


async def keep_unit(state: UnitState, tx: Transaction) -> None:
    """Take over an org unit's newest state."""
    own = await tx.peek(UNITS, state.unit_id)
    fields: Doc = state.model_dump(mode="json", exclude={"unit_id"})
    if _changes(own, fields):
        tx.put(UNITS, {"_id": state.unit_id, **fields, "version": own["version"] if own else 0})


async def forget_unit(erased: Erased, tx: Transaction) -> None:
    """Remove an org unit."""
    own = await tx.peek(UNITS, erased.subject)
    if own is not None:
        tx.delete(UNITS, erased.subject, version=own["version"])


def _changes(own: Doc | None, fields: Doc) -> bool:
    return own is None or any(own.get(name, ...) != value for name, value in fields.items())


async def _below(tx: Transaction, own: Doc | None, line: list[str]) -> list[Doc]:
    """Those whose line changes with this one's; of too many, one more than `IN_PLACE`."""
    if own is None or own["ancestors"] == line:
        return []
    return await tx.find(PEOPLE, {"ancestors": own["_id"]}, limit=IN_PLACE + 1)


def _put_person(tx: Transaction, own: Doc | None, doc: Doc) -> None:
    tx.put(PEOPLE, {**doc, "version": own["version"] if own else 0})


def _reline(tx: Transaction, head_id: str, line: list[str], below: list[Doc]) -> None:
    if len(below) > IN_PLACE:
        order_refold(tx, head_id)
        return
    for doc in below:
        above: Any = relined(doc["_id"], doc["ancestors"], head_id=head_id, head_line=line)
        tx.put(PEOPLE, doc | {"ancestors": above})


def _meet_at(tx: Transaction, manager_id: str, manager: Doc | None) -> None:
    """Write the manager's document unless it is among those rewritten, so that others conflict."""
    if (PEOPLE, manager_id) not in tx.writes.puts:
        tx.put(PEOPLE, {**manager} if manager else _placeholder(manager_id))


def _placeholder(person_id: str) -> Doc:
    return {"_id": person_id, "known": False, "manager_id": None, "ancestors": []}
