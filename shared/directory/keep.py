"""Reactions that keep the local copy: a fold of `cairn.people.state` that any order leads to.

People arrive in their own order each, but in any order among each other, in transactions that
run at the same time.  What keeps every line right all the same:

* A person's document lists their direct reports.  Who joins or leaves a manager writes that list, so
  that they conflict with whoever changes the manager's line meanwhile.
* A manager who has not arrived yet has a placeholder, so that there is a document to meet on.
* Who changes a line rewrites it for everyone below: at once for up to `IN_PLACE` people, else by a
  fan-out (see `refold`), during which lines further down are those of before.

Everything is read by id and none by query, so that the reads of a batch are gathered, its writes
are sent once, and nothing escapes the comparison of versions.
"""

from typing import Final

from shared.contracts.people import PersonState, UnitState
from shared.directory.entries import PEOPLE, UNITS
from shared.directory.lines import line_above
from shared.directory.refold import order_refold
from shared.messaging.incoming import Erased
from shared.work.transaction import Doc, Transaction

IN_PLACE: Final = 1000
"""Most people whose lines are rewritten in the transaction that moves somebody above them."""


async def keep_person(state: PersonState, tx: Transaction) -> None:
    """Take over a person's newest state, and mend the lines below them."""
    person_id = state.person_id
    manager_id = state.manager_id if state.manager_id != person_id else None
    own = await tx.peek(PEOPLE, person_id)
    manager = await tx.peek(PEOPLE, manager_id) if manager_id else None
    line = line_above(person_id, manager_id, manager["ancestors"] if manager else ())
    before = own or _placeholder(person_id)
    after: Doc = {
        **before,
        **state.model_dump(mode="json", exclude={"person_id"}),
        "known": True,
        "manager_id": manager_id,
        "ancestors": line,
    }
    if after == own:
        return
    tx.put(PEOPLE, after)
    if before["manager_id"] != manager_id:
        await _leave(tx, before)
        await _join(tx, after)
    elif before["ancestors"] != line:
        await _meet(tx, manager_id)
    if before["ancestors"] != line:
        await _reline_below(tx, after)


async def forget_person(erased: Erased, tx: Transaction) -> None:
    """Remove all that is known of a person; the lines of those below end there."""
    own = await tx.peek(PEOPLE, erased.subject)
    if own is None or not own["known"]:
        return
    await _leave(tx, own)
    if not own["report_ids"]:
        tx.delete(PEOPLE, erased.subject, version=own["version"])
        return
    kept = {name: own[name] for name in ("version", "sequence", "report_ids")}
    after = _placeholder(erased.subject) | kept
    tx.put(PEOPLE, after)
    await _reline_below(tx, after)


async def keep_unit(state: UnitState, tx: Transaction) -> None:
    """Take over an org unit's newest state."""
    own = await tx.peek(UNITS, state.unit_id)
    before: Doc = own or {"_id": state.unit_id, "version": 0}
    after = {**before, **state.model_dump(mode="json", exclude={"unit_id"})}
    if after != own:
        tx.put(UNITS, after)


async def forget_unit(erased: Erased, tx: Transaction) -> None:
    """Remove an org unit."""
    own = await tx.peek(UNITS, erased.subject)
    if own is not None:
        tx.delete(UNITS, erased.subject, version=own["version"])


def _placeholder(person_id: str) -> Doc:
    """Somebody who is named as a manager and not known, yet or any more."""
    return {
        "_id": person_id,
        "version": 0,
        "known": False,
        "manager_id": None,
        "ancestors": [],
        "report_ids": [],
    }


async def _join(tx: Transaction, person: Doc) -> None:
    """Put a person among the reports of their manager."""
    manager_id = person["manager_id"]
    if manager_id is not None:
        manager = await tx.peek(PEOPLE, manager_id) or _placeholder(manager_id)
        tx.put(PEOPLE, {**manager, "report_ids": [*manager["report_ids"], person["_id"]]})


async def _leave(tx: Transaction, person: Doc) -> None:
    """Take a person from among the reports of their manager; the last one takes a placeholder along."""
    manager = await tx.peek(PEOPLE, person["manager_id"]) if person["manager_id"] else None
    if manager is None:
        return
    report_ids = [report_id for report_id in manager["report_ids"] if report_id != person["_id"]]
    if report_ids or manager["known"]:
        tx.put(PEOPLE, {**manager, "report_ids": report_ids})
    else:
        tx.delete(PEOPLE, manager["_id"], version=manager["version"])


async def _meet(tx: Transaction, manager_id: str | None) -> None:
    """Write the manager's document unchanged, since a line is taken from it."""
    manager = await tx.peek(PEOPLE, manager_id) if manager_id else None
    if manager is not None:
        tx.put(PEOPLE, {**manager})


async def _reline_below(tx: Transaction, head: Doc) -> None:
    """Give everyone below the line that goes on as the head's new one does."""
    below = await _everyone_below(tx, head)
    if below is None:
        order_refold(tx, head["_id"])
        return
    lines: dict[str, list[str]] = {head["_id"]: head["ancestors"]}
    for doc in below:
        id_, manager_id = doc["_id"], doc["manager_id"]
        line = lines[id_] = line_above(id_, manager_id, lines[manager_id])
        if line != doc["ancestors"]:
            tx.put(PEOPLE, {**doc, "ancestors": line})


async def _everyone_below(tx: Transaction, head: Doc) -> list[Doc] | None:
    """Level by level; None if they are more than `IN_PLACE`."""
    below: dict[str, Doc] = {}
    level: list[str] = head["report_ids"]
    while level:
        if len(below) + len(level) > IN_PLACE:
            return None
        docs = await tx.peek_many(PEOPLE, level)
        below |= {doc["_id"]: doc for doc in docs if doc is not None}
        level = [
            report_id
            for doc in docs
            if doc is not None
            for report_id in doc["report_ids"]
            if report_id not in below and report_id != head["_id"]
        ]
    return list(below.values())
