"""Acknowledge a recognition.

When    one of those recognised has seen it (POST /recognitions/{recognition_id}/acknowledgement)
May     acknowledge_recognition: receivers        (access.py)
Rule    Recognition.acknowledge
Emits   feedback.RecognitionAcknowledged
"""

from fastapi import APIRouter, Response

from services.feedback.domain.recognition import Recognition
from services.feedback.store import RecognitionStore
from services.feedback.views import RecognitionView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import RecognitionId
from shared.work import Transaction

router = APIRouter(tags=["recognition"])


class AcknowledgeRecognition(Frozen):
    """Which recognition was seen."""

    recognition_id: RecognitionId


async def acknowledge_recognition(command: AcknowledgeRecognition, tx: Transaction) -> Recognition:
    """The recognition with one more who has seen it."""
    store = RecognitionStore(tx)
    recognition = await store.get(command.recognition_id)
    await tx.require("acknowledge_recognition", recognition)
    recognition, acknowledged = recognition.acknowledge(by=tx.person_id)
    recognition = store.save(recognition)
    tx.publish(acknowledged, recognition.state())
    return recognition


@router.post(
    "/recognitions/{recognition_id}/acknowledgement",
    response_model=RecognitionView,
    summary="Acknowledge a recognition",
)
async def post_acknowledgement(recognition_id: RecognitionId, run: Run) -> Response:
    """Say that one has seen it."""
    return await run(
        acknowledge_recognition,
        AcknowledgeRecognition(recognition_id=recognition_id),
        key=recognition_id,
        reply=RecognitionView.of,
        match=("recognitions", recognition_id),
    )
