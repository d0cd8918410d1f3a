"""Write the self-assessment, and submit it.

When    the person saves a draft (PUT /reviews/{review_id}/self-assessment)
        or submits it (POST /reviews/{review_id}/self-assessment/submission)
May     assess_self: self                         (access.py)
Rule    Assessment.write, Assessment.submit, Review.submit_self_assessment
Emits   reviews.SelfAssessmentSubmitted; a draft is told to nobody
Then    notifications.announce
"""

from typing import Annotated

from fastapi import APIRouter, Body, Response

from services.reviews.domain.assessment import Assessment, Written, assessment_id_of
from services.reviews.domain.review import ASSESSABLE, Review
from services.reviews.store import (
    ASSESSMENTS,
    REVIEWS,
    AssessmentStore,
    CycleStore,
    ReviewStore,
    reviewers_evidence,
)
from services.reviews.views import AssessmentView, ReviewView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import ReviewId
from shared.work import Transaction

router = APIRouter(tags=["reviews"])


class DraftSelfAssessment(Frozen):
    """What the person has written so far."""

    review_id: ReviewId
    written: Written


class SubmitSelfAssessment(Frozen):
    """What the person hands in; without `written`, their draft."""

    review_id: ReviewId
    written: Written | None


async def draft_self_assessment(command: DraftSelfAssessment, tx: Transaction) -> Assessment:
    """The draft as it reads now."""
    review, assessment = await _load(command.review_id, tx)
    assessment = await _write(assessment, command.written, review=review, tx=tx)
    return AssessmentStore(tx).save(assessment)


async def submit_self_assessment(command: SubmitSelfAssessment, tx: Transaction) -> Review:
    """The review, which is the manager's turn now."""
    review, assessment = await _load(command.review_id, tx)
    if command.written is not None:
        assessment = await _write(assessment, command.written, review=review, tx=tx)
    seen = await reviewers_evidence(review, tx)
    review, submitted = review.submit_self_assessment(seen=seen, at=tx.now)
    AssessmentStore(tx).save(assessment.submit(by=tx.person_id, at=tx.now))
    review = ReviewStore(tx).save(review)
    tx.publish(submitted, review.state())
    return review


async def _load(review_id: ReviewId, tx: Transaction) -> tuple[Review, Assessment]:
    review = await ReviewStore(tx).get(review_id)
    await tx.require("assess_self", review)
    review.must_be(*ASSESSABLE, to="take a self-assessment")
    return review, await AssessmentStore(tx).of(review_id, "self")


async def _write(assessment: Assessment, written: Written, *, review: Review, tx: Transaction) -> Assessment:
    cycle = await CycleStore(tx).get(review.cycle_id)
    return assessment.write(written, cycle=cycle, by=tx.person_id, at=tx.now)


@router.put(
    "/reviews/{review_id}/self-assessment",
    response_model=AssessmentView,
    summary="Save a draft of the self-assessment",
)
async def put_self_assessment(review_id: ReviewId, written: Written, run: Run) -> Response:
    """Replace the draft, which nobody else sees; If-Match takes the ETag of the draft."""
    return await run(
        draft_self_assessment,
        DraftSelfAssessment(review_id=review_id, written=written),
        key=review_id,
        reply=AssessmentView.of,
        match=(ASSESSMENTS, assessment_id_of(review_id, "self")),
    )


@router.post(
    "/reviews/{review_id}/self-assessment/submission",
    response_model=ReviewView,
    summary="Submit the self-assessment",
)
async def post_self_assessment_submission(
    review_id: ReviewId, run: Run, written: Annotated[Written | None, Body()] = None
) -> Response:
    """Hand in what is sent, or the draft if nothing is; the reviewer can read it from now on."""
    command = SubmitSelfAssessment(review_id=review_id, written=written)
    return await run(
        submit_self_assessment, command, key=review_id, reply=ReviewView.of, match=(REVIEWS, review_id)
    )
