"""Share a review with the person.

When    the reviewer or HR asks (POST /reviews/{review_id}/sharing)
May     share: reviewer, HR partner, HR admin     (access.py)
Rule    Review.share: once the manager's assessment is in; SharedEvidence: what it rests on is kept
Emits   reviews.ReviewShared, the first to tell the rating
Then    notifications.announce
"""

from fastapi import APIRouter, Response

from services.reviews.domain.evidence import SharedEvidence
from services.reviews.domain.review import Review
from services.reviews.store import (
    REVIEWS,
    AssessmentStore,
    ReviewStore,
    SharedEvidenceStore,
    whole_evidence,
)
from services.reviews.views import ReviewView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import ReviewId
from shared.work import Transaction

router = APIRouter(tags=["reviews"])


class ShareReview(Frozen):
    """Which review the person may read."""

    review_id: ReviewId


async def share_review(command: ShareReview, tx: Transaction) -> Review:
    """The shared review."""
    reviews = ReviewStore(tx)
    review = await reviews.get(command.review_id)
    await tx.require("share", review)
    assessment = await AssessmentStore(tx).of(review.review_id, "manager")
    evidence = await whole_evidence(review, tx)
    seen = evidence.shown_to("reviewer")
    review, shared = review.share(rating=assessment.rating, seen=seen, by=tx.person_id, at=tx.now)
    review = reviews.save(review)
    SharedEvidenceStore(tx).save(SharedEvidence.of(review.review_id, evidence))
    tx.publish(shared, review.state())
    return review


@router.post("/reviews/{review_id}/sharing", response_model=ReviewView, summary="Share a review")
async def post_sharing(review_id: ReviewId, run: Run) -> Response:
    """Let the person read the assessment and the rating."""
    command = ShareReview(review_id=review_id)
    return await run(share_review, command, key=review_id, reply=ReviewView.of, match=(REVIEWS, review_id))
