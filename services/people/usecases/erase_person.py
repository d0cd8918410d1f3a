"""Erase a person who has left, here at once and then in every service.

When    the privacy officer asks (POST /people/{person_id}/erasure), or the suite (retain_people)
May     erase: privacy officer, the suite          (access.py)
Rule    require_erasable, Erasure.ask
Emits   people.PersonErased, and a null in place of the person's state
Then    every service forgets the person and says so; follow_erasure

What a file or another system once told of them goes too, where it was put aside.  `again` is for after a
restore: it erases whatever has come back, and tells every service again, also of who is not here any more.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.people.domain.erasure import (
    Erasure,
    Grounds,
    NeverRestored,
    ReportsRemain,
    StillWorksHere,
    UnderLegalHold,
    require_erasable,
)
from services.people.domain.marks import Marks
from services.people.domain.person import Person
from services.people.store.demographics import DemographicsStore
from services.people.store.erasures import ErasureStore, HoldStore
from services.people.store.imports import PROBLEMS
from services.people.store.people import PersonStore
from services.people.store.scim import ScimGroupStore, ScimUserStore
from services.people.store.told import ToldStore
from services.people.views.erasures import ErasureView
from shared.contracts.base import Frozen
from shared.contracts.catalogue import PUBLISHERS
from shared.contracts.people import PersonSnapshot, PersonState
from shared.directory import named_caller
from shared.errors import NotFound
from shared.http import Run
from shared.ids import PersonId
from shared.messaging.envelope import topic_of
from shared.messaging.parked import PARKED
from shared.messaging.topics import LASTING_IN_KAFKA
from shared.problem_docs import refusals
from shared.settings import Settings
from shared.work import Transaction

router = APIRouter(tags=["privacy"])
MOST_ASIDE: Final = 5000
"""Records put aside that are looked through for the person."""
BROOM: Final = timedelta(hours=1)
"""How long after its time a sent row of an outbox may still be swept."""


class AskedErasure(Grounds):
    """What is sent: on which ground, and the number of the case.  Neither may name the person."""

    again: bool = Field(
        default=False,
        description="After a restore: erase what has come back, also of who is not here any more.",
    )


class ErasePerson(Frozen):
    """Whom to erase.

    `lasting` is how long copies stay where nobody can delete one alone; `restored`: the database was, once.
    """

    person_id: PersonId
    asked: AskedErasure
    lasting: timedelta
    restored: bool


def lasting(settings: Settings) -> timedelta:
    """How long copies stay in Kafka, and in the outbox of a service."""
    return max(LASTING_IN_KAFKA, timedelta(days=settings.outbox_keep_days) + BROOM)


async def erase_person(command: ErasePerson, tx: Transaction) -> Erasure:
    """The receipt; asked for again without `again` it is the one that there is."""
    person_id = command.person_id
    await tx.require("erase", {"person_id": person_id})
    people, erasures = PersonStore(tx), ErasureStore(tx)
    person, before = await people.find(person_id), await erasures.find(person_id)
    asked = command.asked
    if asked.again and before is None and not command.restored:
        raise NeverRestored(
            "The directory was never restored from a backup; erase the person without `again`."
        )
    if person is None and not asked.again:
        if before is None:
            raise NotFound("There is no person with this id.")
        return before
    if person is not None:
        await _forget_here(person, people, tx, again=asked.again)
    erasure, erased = Erasure.ask(
        person_id,
        Grounds(ground=asked.ground, case=asked.case),
        by=await named_caller(tx),
        at=tx.now,
        lasting=command.lasting,
        services=tuple(PUBLISHERS),
    )
    erasure = erasures.save(erasure.model_copy(update={"version": before.version if before else 0}))
    tx.delete(people.collection, person_id, version=person.version if person else 0)
    if before is None:  # the null took a number: behind it an event would leave a gap
        tx.publish(erased)
    tx.tombstone(PersonState, person_id)
    return erasure


async def _forget_here(person: Person, people: PersonStore, tx: Transaction, *, again: bool) -> None:
    """All reads come first: what was written could not be looked for any more."""
    reports = await people.reporting_to(person.person_id, limit=1)
    held = await HoldStore(tx).on(person.person_id)
    require_erasable(person, reports=len(reports), held=held is not None, again=again)
    aside = await _told_aside(person, tx)
    problems = await _problems_naming(person, tx)
    await ScimGroupStore(tx).take_out(person.person_id, at=tx.now.isoformat())
    await people.give_up_identifiers(person)
    await ScimUserStore(tx).forget(person.person_id)
    await DemographicsStore(tx).forget(person.person_id)
    await ToldStore(tx).forget(person.person_id)
    for id_ in aside:
        tx.discard(PARKED, id_)
    for id_ in problems:
        tx.discard(PROBLEMS, id_)


async def _told_aside(person: Person, tx: Transaction) -> Sequence[str]:
    """What another system told of the person and was put aside, unreadable or refused."""
    inbound = {"topic": topic_of(PersonSnapshot)}
    rows = await tx.find(PARKED, inbound, limit=MOST_ASIDE, fields=("key", "value", "headers"))
    marks = Marks(person)
    return [row["_id"] for row in rows if marks.are_in(row["value"], row["key"], *_subjects(row))]


def _subjects(row: Mapping[str, Any]) -> Iterator[bytes | None]:
    return (value for name, value in row.get("headers", ()) if name.lower() == "ce_subject")


async def _problems_naming(person: Person, tx: Transaction) -> Sequence[str]:
    """What reports of imports say of the person in words."""
    named = {"$regex": Marks(person).pattern, "$options": "i"}
    rows = await tx.find(PROBLEMS, {"$or": [{"reason": named}, {"mend": named}]}, fields=("line",))
    return [row["_id"] for row in rows]


@router.post(
    "/people/{person_id}/erasure",
    status_code=202,
    response_model=ErasureView,
    summary="Erase a person",
    responses=refusals(StillWorksHere, ReportsRemain, UnderLegalHold, NeverRestored),
)
async def post_erasure(person_id: PersonId, asked: AskedErasure, run: Run, request: Request) -> Response:
    """Delete what is held of who has left, for good; the receipt tells how far each service is.

    What they wrote of others stays with those, by an id that names nobody.
    """
    state = request.app.state
    command = ErasePerson(
        person_id=person_id,
        asked=asked,
        lasting=lasting(state.settings),
        restored=state.work.epoch > 0,
    )
    return await run(
        erase_person,
        command,
        key=person_id,
        reply=lambda erasure: ErasureView.of(erasure, now=run.now),
        status=202,
        location=lambda erasure: f"/people/{erasure.person_id}/erasure",
    )
