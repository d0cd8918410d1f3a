"""Record what fairness checks may ask about a person.

When    HR admin asks (PUT /people/{person_id}/demographics)
May     record_demographics: HR admin              (access.py)
Rule    Demographics.record
Emits   nothing: demographic attributes leave this service on no topic
"""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import AfterValidator, Field

from services.people.domain.csv_import.cells import clean
from services.people.domain.demographics import BornAhead, Demographics
from services.people.store.demographics import DemographicsStore, demographics_id
from services.people.store.people import PersonStore
from services.people.views.demographics import DemographicsView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import PersonId
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["demographics"])


class SentDemographics(Frozen):
    """What is sent: all there is to keep, null for what is not known or not told."""

    gender: Annotated[str, AfterValidator(clean)] | None = Field(
        default=None, max_length=60, description="`female`, `male`, `non-binary` or the person's own word."
    )
    date_of_birth: date | None = None


class RecordDemographics(Frozen):
    """What there is to know of whom."""

    person_id: PersonId
    sent: SentDemographics


async def record_demographics(command: RecordDemographics, tx: Transaction) -> Demographics:
    """The attributes, in place of those that were known."""
    person = await PersonStore(tx).get(command.person_id)
    await tx.require("record_demographics", person)
    known = DemographicsStore(tx)
    before = await known.of(person.person_id) or Demographics(person_id=person.person_id)
    sent = command.sent
    after = before.record(gender=sent.gender, date_of_birth=sent.date_of_birth, on=tx.now.date())
    return before if after == before else known.save(after)


@router.put(
    "/people/{person_id}/demographics",
    response_model=DemographicsView,
    summary="Record demographic attributes",
    responses=refusals(BornAhead),
)
async def put_demographics(person_id: PersonId, sent: SentDemographics, run: Run) -> Response:
    """Replace what is known; nothing of it is published."""
    return await run(
        record_demographics,
        RecordDemographics(person_id=person_id, sent=sent),
        key=person_id,
        reply=DemographicsView.of,
        match=("demographics", demographics_id(person_id)),
    )
