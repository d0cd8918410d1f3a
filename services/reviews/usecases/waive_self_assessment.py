"""Go on without a self-assessment that is overdue.

When    the reviewer or HR asks (POST /reviews/{review_id}/self-assessment/waiver)
May     waive_self_assessment: reviewer, HR partner, HR admin   (access.py)
Rule    Review.waive_self_assessment: after the due date; a late one may still come
Emits   reviews.SelfAssessmentWaived
Then    notifications.announce
"""

from fastapi import APIRouter, Response

from services.reviews.domain.review import Review
from services.reviews.store import REVIEWS, ReviewStore, reviewers_evidence
from services.reviews.views import ReviewView
from shared.contracts.base import Frozen
from shared.directory import Directory
from shared.http import Run
from shared.ids import ReviewId
from shared.work import Transaction

router = APIRouter(tags=["reviews"])


class WaiveSelfAssessment(Frozen):
    """Which review goes on without one."""

    review_id: ReviewId


async def waive_self_assessment(command: WaiveSelfAssessment, tx: Transaction) -> Review:
    """The review, which is the manager's turn now."""
    reviews = ReviewStore(tx)
    review = await reviews.get(command.review_id)
    await tx.require("waive_self_assessment", review)
    seen = await reviewers_evidence(review, tx)
    review, waived = review.waive_self_assessment(seen=seen, by=tx.person_id, at=tx.now)
    waived = waived.model_copy(update={"by_person_id": await Directory(tx).named(tx.person_id)})
    review = reviews.save(review)
    tx.publish(waived, review.state())
    return review


@router.post(
    "/reviews/{review_id}/self-assessment/waiver",
    response_model=ReviewView,
    summary="Go on without the self-assessment",
)
async def post_self_assessment_waiver(review_id: ReviewId, run: Run) -> Response:
    """Let the manager assess although the person has not; possible from the day after the due date."""
    command = WaiveSelfAssessment(review_id=review_id)
    return await run(
        waive_self_assessment, command, key=review_id, reply=ReviewView.of, match=(REVIEWS, review_id)
    )
