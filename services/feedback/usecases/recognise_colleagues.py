"""Recognise colleagues for one of the organisation's values.

When    a person thanks others before everyone (POST /recognitions)
May     recognise: everyone who works here        (access.py)
Rule    Recognition.recognise, require_present, Framework.key_of
Emits   feedback.RecognitionGiven
Then    notifications.announce
"""

from typing import Annotated

from annotated_types import Len
from fastapi import APIRouter, Response

from services.feedback.domain.feedback import Words
from services.feedback.domain.recognition import Recognition
from services.feedback.store import FrameworkStore, RecognitionStore
from services.feedback.usecases.give_feedback import require_colleague
from services.feedback.views import RecognitionView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import PersonId, RecognitionId, mint
from shared.work import Transaction

router = APIRouter(tags=["recognition"])
RECEIVERS_MAX = 50


class NewRecognition(Frozen):
    """Whom to thank for what; `value` is the key or the name of one of the organisation's values."""

    receiver_ids: Annotated[tuple[PersonId, ...], Len(1, RECEIVERS_MAX)]
    value: str
    text: Words


class RecogniseColleagues(NewRecognition):
    """The same; `recognition_id` is new."""

    recognition_id: RecognitionId


async def recognise_colleagues(command: RecogniseColleagues, tx: Transaction) -> Recognition:
    """The new recognition."""
    values = await FrameworkStore(tx).named("values")
    recognition, given = Recognition.recognise(
        recognition_id=command.recognition_id,
        by=tx.person_id,
        receiver_ids=command.receiver_ids,
        value=values.key_of(command.value),
        text=command.text,
        at=tx.now,
    )
    await tx.require("recognise", recognition)
    for receiver_id in recognition.receiver_ids:
        await require_colleague(receiver_id, tx)
    recognition = RecognitionStore(tx).save(recognition)
    tx.publish(given, recognition.state())
    return recognition


@router.post("/recognitions", status_code=201, response_model=RecognitionView, summary="Recognise colleagues")
async def post_recognition(new: NewRecognition, run: Run) -> Response:
    """Thank one or more colleagues before everyone, for one of the organisation's values."""
    recognition_id = RecognitionId(mint("recognition"))
    return await run(
        recognise_colleagues,
        RecogniseColleagues(recognition_id=recognition_id, **dict(new)),
        key=recognition_id,
        reply=RecognitionView.of,
        status=201,
        location=lambda recognition: f"/recognitions/{recognition.recognition_id}",
    )
