"""Write the manager's assessment, submit it, and take it back before it is shared.

When    the reviewer, or HR where there is none, saves a draft (PUT /reviews/{review_id}/manager-assessment),
        submits it (POST /reviews/{review_id}/manager-assessment/submission)
        or reopens it (POST /reviews/{review_id}/manager-assessment/reopening)
May     assess: reviewer, or HR where there is none; reopen: reviewer, HR partner, HR admin   (access.py)
Rule    Assessment.write, Assessment.submit, Review.submit_manager_assessment, fairness.flags_of,
        Review.reopen_manager_assessment; nobody assesses themselves
Emits   reviews.ManagerAssessmentSubmitted, reviews.ManagerAssessmentReopened; a draft is told to nobody
Then    notifications.announce

A draft may be begun before the self-assessment is in, and is handed over with the review.
"""

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Body, Response

from services.reviews.domain.assessment import Assessment, Written, assessment_id_of
from services.reviews.domain.fairness import Flag, flags_of
from services.reviews.domain.review import ASSESSABLE, Review
from services.reviews.store import (
    ASSESSMENTS,
    REVIEWS,
    AssessmentStore,
    CycleStore,
    ParticipantStore,
    ReviewStore,
    reviewers_evidence,
)
from services.reviews.views import AssessedReviewView, AssessmentView, ReviewView
from shared.contracts.base import Event, Frozen
from shared.directory import Directory
from shared.http import Run
from shared.ids import ReviewId
from shared.work import Transaction

router = APIRouter(tags=["reviews"])


class DraftManagerAssessment(Frozen):
    """What the reviewer has written so far."""

    review_id: ReviewId
    written: Written


class SubmitManagerAssessment(Frozen):
    """What the reviewer hands in; without `written`, their draft."""

    review_id: ReviewId
    written: Written | None


class ReopenManagerAssessment(Frozen):
    """Which assessment is taken back."""

    review_id: ReviewId


class Assessed(NamedTuple):
    """A review that is ready to share, and what stands against sharing it."""

    review: Review
    flags: tuple[Flag, ...]

    @property
    def version(self) -> int:
        """The review's."""
        return self.review.version


async def draft_manager_assessment(command: DraftManagerAssessment, tx: Transaction) -> Assessment:
    """The draft as it reads now."""
    review, assessment = await _load(command.review_id, tx)
    assessment = await _write(assessment, command.written, review=review, tx=tx)
    return AssessmentStore(tx).save(assessment)


async def submit_manager_assessment(command: SubmitManagerAssessment, tx: Transaction) -> Assessed:
    """The review, ready to share."""
    review, assessment = await _load(command.review_id, tx)
    seen = await reviewers_evidence(review, tx)
    review, submitted = review.submit_manager_assessment(seen=seen, by=tx.person_id, at=tx.now)
    if command.written is not None:
        assessment = await _write(assessment, command.written, review=review, tx=tx)
    assessment = assessment.submit(by=tx.person_id, at=tx.now)
    AssessmentStore(tx).save(assessment)
    review = ReviewStore(tx).save(review)
    tx.publish(submitted, review.state())
    return Assessed(review, flags_of(assessment.rating, scale_max=review.scale_max, evidence=seen))


async def reopen_manager_assessment(command: ReopenManagerAssessment, tx: Transaction) -> Review:
    """The review, to be assessed again; a reviewer who has left meanwhile is replaced."""
    reviews, assessments, participants = ReviewStore(tx), AssessmentStore(tx), ParticipantStore(tx)
    review = await reviews.get(command.review_id)
    await tx.require("reopen", review)
    review, reopened = review.reopen_manager_assessment(by=tx.person_id)
    events: list[Event] = [
        reopened.model_copy(update={"by_person_id": await Directory(tx).named(tx.person_id)})
    ]
    if review.reviewer_id is not None and not (await participants.of(review.reviewer_id)).active:
        reviewer = await participants.reviewer_of(await participants.of(review.person_id))
        review, changed = review.change_reviewer(reviewer.person_id if reviewer else None)
        events.append(changed)
    assessments.save((await assessments.of(review.review_id, "manager")).reopen())
    review = reviews.save(review)
    tx.publish(*events, review.state())
    return review


def _show(assessed: Assessed) -> AssessedReviewView:
    return AssessedReviewView.of(assessed.review, flags=assessed.flags)


async def _load(review_id: ReviewId, tx: Transaction) -> tuple[Review, Assessment]:
    review = await ReviewStore(tx).get(review_id)
    await tx.require("assess", review)
    review.must_not_be_of(tx.person_id)
    review.must_be(*ASSESSABLE, to="take a manager's assessment")
    return review, await AssessmentStore(tx).of(review_id, "manager")


async def _write(assessment: Assessment, written: Written, *, review: Review, tx: Transaction) -> Assessment:
    cycle = await CycleStore(tx).get(review.cycle_id)
    return assessment.write(written, cycle=cycle, by=tx.person_id, at=tx.now)


@router.put(
    "/reviews/{review_id}/manager-assessment",
    response_model=AssessmentView,
    summary="Save a draft of the manager's assessment",
)
async def put_manager_assessment(review_id: ReviewId, written: Written, run: Run) -> Response:
    """Replace the draft, which the person does not see; If-Match takes the ETag of the draft."""
    return await run(
        draft_manager_assessment,
        DraftManagerAssessment(review_id=review_id, written=written),
        key=review_id,
        reply=AssessmentView.of,
        match=(ASSESSMENTS, assessment_id_of(review_id, "manager")),
    )


@router.post(
    "/reviews/{review_id}/manager-assessment/submission",
    response_model=AssessedReviewView,
    summary="Submit the manager's assessment",
)
async def post_manager_assessment_submission(
    review_id: ReviewId, run: Run, written: Annotated[Written | None, Body()] = None
) -> Response:
    """Hand in what is sent, or the draft if nothing is; `flags` tell what to mend before sharing."""
    return await run(
        submit_manager_assessment,
        SubmitManagerAssessment(review_id=review_id, written=written),
        key=review_id,
        reply=_show,
        match=(REVIEWS, review_id),
    )


@router.post(
    "/reviews/{review_id}/manager-assessment/reopening",
    response_model=ReviewView,
    summary="Take the manager's assessment back",
)
async def post_manager_assessment_reopening(review_id: ReviewId, run: Run) -> Response:
    """Make it a draft again, to change it before it is shared."""
    command = ReopenManagerAssessment(review_id=review_id)
    return await run(
        reopen_manager_assessment, command, key=review_id, reply=ReviewView.of, match=(REVIEWS, review_id)
    )
