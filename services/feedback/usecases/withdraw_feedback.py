"""Take feedback back.

When    its giver asks, before it is acknowledged (DELETE /feedback/{feedback_id})
May     withdraw_feedback: giver                  (access.py)
Rule    Feedback.withdraw
Emits   feedback.FeedbackWithdrawn, and a null in place of its state
Then    reviews.drop_feedback, notifications.take_back_feedback

A request that it answered stays answered: the one who was asked has done their part.
"""

from fastapi import APIRouter, Response

from services.feedback.store import FeedbackStore
from shared.contracts.base import Frozen
from shared.contracts.feedback import FeedbackState
from shared.http import Run
from shared.ids import FeedbackId
from shared.work import Transaction

router = APIRouter(tags=["feedback"])


class WithdrawFeedback(Frozen):
    """Which feedback to take back."""

    feedback_id: FeedbackId


async def withdraw_feedback(command: WithdrawFeedback, tx: Transaction) -> None:
    """Nothing is left of its words."""
    store = FeedbackStore(tx)
    feedback = await store.get(command.feedback_id)
    await tx.require("withdraw_feedback", feedback)
    withdrawn = feedback.withdraw()
    store.delete(feedback)
    tx.publish(withdrawn)
    tx.tombstone(FeedbackState, feedback.feedback_id)


@router.delete("/feedback/{feedback_id}", status_code=204, summary="Take feedback back")
async def delete_feedback(feedback_id: FeedbackId, run: Run) -> Response:
    """Remove it for everybody; possible until the receiver has acknowledged it."""
    return await run(
        withdraw_feedback,
        WithdrawFeedback(feedback_id=feedback_id),
        key=feedback_id,
        match=("feedback", feedback_id),
    )
