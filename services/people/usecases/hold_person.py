"""Hold what is kept of a person, so that nobody erases it, or lift the hold.

When    HR admin or the privacy officer asks (PUT /people/{person_id}/legal-hold,
        DELETE /people/{person_id}/legal-hold)
May     hold: HR admin, privacy officer            (access.py)
Rule    LegalHold
Emits   people.HoldState, and a null when it is lifted, for Cairn's own services alone (tell_hold)
"""

from fastapi import APIRouter, Request, Response

from services.people.domain.erasure import Case
from services.people.domain.legal_hold import LegalHold, hold_id_of
from services.people.store.erasures import HoldStore
from services.people.store.people import PersonStore
from services.people.usecases.tell_hold import tell_hold
from services.people.views.erasures import LegalHoldView
from shared.contracts.base import Frozen
from shared.directory import named_caller
from shared.errors import NotFound
from shared.http import Run
from shared.ids import PersonId
from shared.work import Transaction

router = APIRouter(tags=["privacy"])


class AskedHold(Frozen):
    """What is sent: the number under which the case is kept elsewhere."""

    case: Case


class HoldPerson(AskedHold):
    """On whom; `epoch` is the database's."""

    person_id: PersonId
    epoch: int


class ReleasePerson(Frozen):
    """On whom no more; `epoch` is the database's."""

    person_id: PersonId
    epoch: int


async def hold_person(command: HoldPerson, tx: Transaction) -> LegalHold:
    """The hold, in place of one that there was."""
    await tx.require("hold", {"person_id": command.person_id})
    person, holds = await PersonStore(tx).get(command.person_id), HoldStore(tx)
    before = await holds.on(person.person_id)
    hold = LegalHold(
        hold_id=hold_id_of(person.person_id),
        person_id=person.person_id,
        case=command.case,
        by=await named_caller(tx),
        since=tx.now,
        version=before.version if before else 0,
    )
    # The entry is written too, so that an erasure that has not seen the hold cannot pass it.
    PersonStore(tx).save(person)
    hold = holds.save(hold)
    await tell_hold(hold.hold_id, hold, tx, epoch=command.epoch)
    return hold


async def release_person(command: ReleasePerson, tx: Transaction) -> None:
    """Lift it."""
    await tx.require("hold", {"person_id": command.person_id})
    holds = HoldStore(tx)
    hold = await holds.on(command.person_id)
    if hold is None:
        raise NotFound("There is no legal hold on this person.")
    holds.delete(hold)
    await tell_hold(hold.hold_id, None, tx, epoch=command.epoch)


@router.put(
    "/people/{person_id}/legal-hold", response_model=LegalHoldView, summary="Hold what is kept of a person"
)
async def put_hold(person_id: PersonId, asked: AskedHold, run: Run, request: Request) -> Response:
    """Keep it, whoever asks for it to be erased and however old it is, until the hold is lifted."""
    command = HoldPerson(person_id=person_id, case=asked.case, epoch=request.app.state.work.epoch)
    return await run(hold_person, command, key=person_id, reply=LegalHoldView.of)


@router.delete("/people/{person_id}/legal-hold", status_code=204, summary="Lift a legal hold")
async def delete_hold(person_id: PersonId, run: Run, request: Request) -> Response:
    """What is kept of the person may be erased again."""
    command = ReleasePerson(person_id=person_id, epoch=request.app.state.work.epoch)
    return await run(release_person, command, key=person_id)
