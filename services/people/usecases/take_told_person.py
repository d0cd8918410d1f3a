"""Take what a system of the enterprise says of a person: they join, change, move, leave or stay as they are.

When    it is told on cairn.people.inbound (people.PersonSnapshot)
Rule    reconcile; the newest of each sender counts; identifiers belong to one person; no circle in the lines
Emits   people.PersonJoined, PersonMoved, ManagerChanged, PersonDetailsChanged, PersonLeft
Then    every service keeps its copy

The order in which people come does not matter: who names a manager that is not there yet reports to them as
soon as they are.  What a rule refuses is parked with the reason and changes nothing.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, cast

from pydantic import ValidationError

from services.people.domain.csv_import import PersonRow, is_kept_out, reconcile
from services.people.domain.details import SentDetails
from services.people.domain.identifiers import identifier_key
from services.people.domain.person import CircularLine, ManagesThemselves, NewDetails, Person
from services.people.domain.places import unknown_unit
from services.people.store.guards import GUARDS, LINES
from services.people.store.people import PersonStore
from services.people.store.told import ToldStore
from services.people.store.units import UnitStore
from shared.contracts.people import PersonSnapshot
from shared.errors import Invalid
from shared.ids import PersonId, derive, mint
from shared.messaging.inbound import Told
from shared.work import Transaction

log = logging.getLogger(__name__)
CLOCK_TOLERANCE: Final = timedelta(minutes=10)
NAMES: Final = frozenset({"given_name", "family_name"})
"""Texts that may be empty and are never none."""
KEPT: Final = frozenset({"time_zone", "language"})
"""What everybody has."""


class ToldAhead(Invalid):
    """A message cannot be from the future: all that came until then would be older."""


async def take_told_person(told: Told[PersonSnapshot], tx: Transaction) -> None:
    """Bring the directory to what is said; raises the `Refusal` for which it is parked."""
    said = told.message
    _require_time(told.at, now=tx.now)
    people, store, key = PersonStore(tx), ToldStore(tx), _key(said.employee_number)
    waiting = await store.waiting_for(key)
    known, id_ = await people.holder(key), derive("told", f"{len(told.source)}:{told.source}", told.id)
    sender = derive("sender", told.source)
    before = await people.get(known) if known else None
    row = _row(said, known or PersonId(mint("person")), before)
    so_far = await store.of(row.person_id)
    if so_far.has_taken(id_):
        return
    if so_far.is_late(sender, told.at):
        log.warning("%s: %s told something newer before, it is left out", row.person_id, told.source)
        return
    if row.unit_id is not None and await UnitStore(tx).find(row.unit_id) is None:
        raise unknown_unit(row.unit_id)
    row, awaited = await _with_manager(said, row, before, so_far.manager_key, tx)
    if before is not None and is_kept_out(row, before):
        log.info("%s stays out, as the identity provider has said", before.person_id)
    person, *events = reconcile(row, before)
    if events:
        person = await people.save_identified(before, person)
        tx.publish(*events, person.state())
    store.save(so_far.having_taken(id_, sender, told.at).model_copy(update={"manager_key": awaited}))
    if person.status == "active":
        for person_id in waiting:
            await _follow(person_id, person, tx)


def _require_time(at: datetime | None, *, now: datetime) -> None:
    if at is not None and at > now + CLOCK_TOLERANCE:
        raise ToldAhead("The message's time lies ahead; set the sender's clock right.")


def _row(said: PersonSnapshot, person_id: PersonId, before: Person | None) -> PersonRow:
    return PersonRow(
        line=0,
        person_id=person_id,
        known=before is not None,
        details=_details(said, known=before is not None),
        attributes={},
        unit_id=said.unit_id,
        manager_id=before.manager_id if before else None,
        states_unit="unit_id" in said.model_fields_set,
        states_manager=False,
        status=said.status,
        left_on=said.left_on,
    )


def _details(said: PersonSnapshot, *, known: bool) -> NewDetails:
    """What is said of the person; null takes away what need not be there, and leaves what everybody has."""
    sent: dict[str, Any] = {}
    for name in said.model_fields_set & set(SentDetails.model_fields):
        value = getattr(said, name)
        if value is not None:
            sent[name] = value
        elif name not in KEPT:
            sent[name] = "" if name in NAMES else None
    if known:
        sent.pop("employee_number", None)  # which may be written in another case
    try:
        details = SentDetails.model_validate(sent)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field, why = first["loc"][0], str(first["msg"]).removeprefix("Value error, ")
        raise Invalid(f"{field}: {why}.", field=str(field)) from error
    return cast("NewDetails", details.stated()) if known else details.of_somebody_new()


async def _with_manager(
    said: PersonSnapshot, row: PersonRow, before: Person | None, awaited: str, tx: Transaction
) -> tuple[PersonRow, str]:
    """The row with whom the person reports to, or the key of who is awaited."""
    if "manager_employee_number" not in said.model_fields_set:
        return row, awaited
    people, manager_id = PersonStore(tx), None
    if said.manager_employee_number:
        manager_id = await people.holder(_key(said.manager_employee_number))
        if manager_id is None and _key(said.manager_employee_number) != _key(said.employee_number):
            return row, _key(said.manager_employee_number)
        if manager_id in {None, row.person_id}:
            raise ManagesThemselves("Nobody reports to themselves; name somebody else, or nobody.")
    if before is not None and manager_id is not None and manager_id != before.manager_id:
        tx.hold(GUARDS, LINES)
        before.report_to(manager_id, line=await people.line_from(manager_id))
    return replace(row, manager_id=manager_id, states_manager=True), ""


async def _follow(person_id: PersonId, manager: Person, tx: Transaction) -> None:
    """Who has waited reports to the manager now; not if that would be a circle."""
    people, store = PersonStore(tx), ToldStore(tx)
    store.save((await store.of(person_id)).model_copy(update={"manager_key": ""}))
    person = await people.find(person_id)
    if person is None:
        return
    tx.hold(GUARDS, LINES)
    try:
        moved, *changed = person.report_to(manager.person_id, line=await people.line_from(manager.person_id))
    except CircularLine:
        log.warning("%s was to report to %s, who reports to them", person_id, manager.person_id)
        return
    if changed:
        tx.publish(*changed, people.save(moved).state())


def _key(employee_number: str) -> str:
    return identifier_key("employee_number", employee_number) or ""
