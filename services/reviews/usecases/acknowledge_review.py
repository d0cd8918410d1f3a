"""Say that a shared review was read, which is not agreeing.

When    the person does (POST /reviews/{review_id}/acknowledgement)
May     acknowledge: self                         (access.py)
Rule    Review.acknowledge
Emits   reviews.ReviewAcknowledged
Then    notifications.announce
"""

from fastapi import APIRouter, Response
from pydantic import Field

from services.reviews.domain.review import Review
from services.reviews.store import REVIEWS, ReviewStore
from services.reviews.views import ReviewView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import ReviewId
from shared.work import Transaction

router = APIRouter(tags=["reviews"])


class Acknowledgement(Frozen):
    """What the person has to say, if anything; those who can read the assessment can read it."""

    comment: str = Field(default="", max_length=4000)


class AcknowledgeReview(Acknowledgement):
    """Which review was read."""

    review_id: ReviewId


async def acknowledge_review(command: AcknowledgeReview, tx: Transaction) -> Review:
    """The acknowledged review."""
    reviews = ReviewStore(tx)
    review = await reviews.get(command.review_id)
    await tx.require("acknowledge", review)
    review, acknowledged = review.acknowledge(comment=command.comment, at=tx.now)
    review = reviews.save(review)
    tx.publish(acknowledged, review.state())
    return review


@router.post(
    "/reviews/{review_id}/acknowledgement", response_model=ReviewView, summary="Acknowledge a review"
)
async def post_acknowledgement(review_id: ReviewId, acknowledgement: Acknowledgement, run: Run) -> Response:
    """Confirm that the review was read, with a comment if there is one to make."""
    command = AcknowledgeReview(review_id=review_id, **dict(acknowledgement))
    return await run(
        acknowledge_review, command, key=review_id, reply=ReviewView.of, match=(REVIEWS, review_id)
    )
