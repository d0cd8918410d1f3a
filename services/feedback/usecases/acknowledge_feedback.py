"""Acknowledge feedback.

When    its receiver has read it (POST /feedback/{feedback_id}/acknowledgement)
May     acknowledge_feedback: receiver            (access.py)
Rule    Feedback.acknowledge
Emits   feedback.FeedbackAcknowledged
"""

from fastapi import APIRouter, Response

from services.feedback.domain.feedback import Feedback
from services.feedback.store import FeedbackStore
from services.feedback.views import FeedbackView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import FeedbackId
from shared.work import Transaction

router = APIRouter(tags=["feedback"])


class AcknowledgeFeedback(Frozen):
    """Which feedback was read."""

    feedback_id: FeedbackId


async def acknowledge_feedback(command: AcknowledgeFeedback, tx: Transaction) -> Feedback:
    """The acknowledged feedback."""
    store = FeedbackStore(tx)
    feedback = await store.get(command.feedback_id)
    await tx.require("acknowledge_feedback", feedback)
    feedback, acknowledged = feedback.acknowledge(at=tx.now)
    feedback = store.save(feedback)
    tx.publish(acknowledged, feedback.state())
    return feedback


@router.post(
    "/feedback/{feedback_id}/acknowledgement", response_model=FeedbackView, summary="Acknowledge feedback"
)
async def post_acknowledgement(feedback_id: FeedbackId, run: Run) -> Response:
    """Say that it was read, which is not agreeing."""
    command = AcknowledgeFeedback(feedback_id=feedback_id)
    return await run(
        acknowledge_feedback,
        command,
        key=feedback_id,
        reply=FeedbackView.of,
        match=("feedback", feedback_id),
    )
