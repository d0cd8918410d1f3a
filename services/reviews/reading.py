"""What a single review says: assessments, flags and evidence, to those who may read them by now.

The table (access.py) says who may; that the person reads no assessment before it is shared is
held here for every role that they may have besides.
"""

from collections.abc import Sequence
from datetime import date, datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.reviews.access import ACCESS
from services.reviews.domain.assessment import Assessment, Side, assessment_id_of
from services.reviews.domain.evidence import (
    Evidence,
    FeedbackEvidence,
    GoalEvidence,
    Reading,
    SharedEvidence,
)
from services.reviews.domain.fairness import Flag, flags_of
from services.reviews.domain.review import BEFORE_SHARING, Review
from services.reviews.store import (
    ASSESSMENTS,
    BY_GIVEN,
    BY_START,
    EVIDENCE_FEEDBACK,
    EVIDENCE_GOALS,
    REVIEWS,
    SHARED_EVIDENCE,
    feedback_in,
    goals_until,
)
from services.reviews.views import AssessedReviewView, AssessmentView
from shared.contracts.feedback import FeedbackKind
from shared.contracts.goals import GoalKind, GoalLevel, Outcome
from shared.directory import Directory, Stored
from shared.errors import Forbidden
from shared.http import View
from shared.ids import FeedbackId, GoalId, KeyResultId, PersonId, ReviewId
from shared.preconditions import entity_tag
from shared.store import from_document

router = APIRouter(tags=["reviews"])


class ReviewDetail(AssessedReviewView):
    """A review with what the caller may read of it by now.

    An assessment is null until it is submitted and the caller may read it; `flags` tell those who
    assess and those who audit what speaks against the rating, and nobody else anything.
    """

    self_assessment: AssessmentView | None
    manager_assessment: AssessmentView | None
    acknowledgement: str


class MeasurementView(BaseModel):
    """The newest value of a key result, in its unit; `progress` is a share from 0 to 1."""

    key_result_id: KeyResultId
    value: float
    measured_at: datetime
    progress: float | None


class GoalEvidenceView(BaseModel):
    """A goal in figures; its words are the goals service's.  `check_ins` are those of the period."""

    goal_id: GoalId
    kind: GoalKind | None
    level: GoalLevel | None
    starts_on: date | None
    due_on: date | None
    closed_on: date | None
    outcome: Outcome | None
    progress: float | None
    confidence: float | None
    check_ins: int
    measurements: list[MeasurementView]


class FeedbackEvidenceView(BaseModel):
    """A piece of feedback; its words are the feedback service's."""

    feedback_id: FeedbackId
    kind: FeedbackKind
    giver_id: PersonId
    given_on: date
    goal_id: GoalId | None
    competency: str | None


class EvidenceView(BaseModel):
    """What the review rests on, as far as the caller may see it."""

    review_id: ReviewId
    period_starts_on: date
    period_ends_on: date
    check_ins: int
    goals: list[GoalEvidenceView]
    feedback: list[FeedbackEvidenceView]


@router.get("/reviews/{review_id}", summary="Read a review")
async def get_review(review_id: ReviewId, view: View, response: Response) -> ReviewDetail:
    """One review; its ETag is what If-Match wants."""
    review = await view.one(Review, REVIEWS, review_id)
    response.headers["ETag"] = entity_tag(review.version)
    own, managers = await _submitted(review, "self", view), await _submitted(review, "manager", view)
    return ReviewDetail.of(
        review,
        self_assessment=AssessmentView.of(own) if own else None,
        manager_assessment=AssessmentView.of(managers) if managers else None,
        flags=await _flags(review, managers, view),
    )


@router.get("/reviews/{review_id}/self-assessment", summary="Read the self-assessment")
async def get_self_assessment(review_id: ReviewId, view: View, response: Response) -> AssessmentView:
    """The person's own part, to them as a draft too; its ETag is what saving a draft takes."""
    review = await view.one(Review, REVIEWS, review_id, action="read_self_assessment")
    return await _show(review, "self", view, response)


@router.get("/reviews/{review_id}/manager-assessment", summary="Read the manager's assessment")
async def get_manager_assessment(review_id: ReviewId, view: View, response: Response) -> AssessmentView:
    """The manager's part, to those who write it as a draft too; its ETag is what saving a draft takes."""
    review = await view.one(Review, REVIEWS, review_id, action="read_manager_assessment")
    if review.hides_assessment_from(view.caller.person_id):
        raise Forbidden("Your manager's assessment can be read once it is shared with you.")
    return await _show(review, "manager", view, response)


@router.get("/reviews/{review_id}/evidence", summary="Read what a review rests on")
async def get_evidence(review_id: ReviewId, view: View) -> EvidenceView:
    """The person's goals and feedback in the period, as ids and figures; once shared, as they were then."""
    review = await view.one(Review, REVIEWS, review_id, action="read_evidence")
    evidence = (await _evidence(review, view)).shown_to(await _reading(review, view))
    return EvidenceView(
        review_id=review.review_id,
        period_starts_on=review.period.starts_on,
        period_ends_on=review.period.ends_on,
        check_ins=evidence.check_ins,
        goals=[_show_goal(goal, evidence) for goal in evidence.goals],
        feedback=[FeedbackEvidenceView.model_validate(dict(each)) for each in evidence.feedback],
    )


async def _submitted(review: Review, side: Side, view: View) -> Assessment | None:
    if side == "manager" and review.hides_assessment_from(view.caller.person_id):
        return None
    if not await ACCESS.decide(view.caller, f"read_{side}_assessment", review, view.db):
        return None
    assessment = await _assessment(review.review_id, side, view)
    return assessment if assessment.submitted_at else None


async def _show(review: Review, side: Side, view: View, response: Response) -> AssessmentView:
    assessment = await _assessment(review.review_id, side, view)
    response.headers["ETag"] = entity_tag(assessment.version)
    return AssessmentView.of(assessment)


async def _assessment(review_id: ReviewId, side: Side, view: View) -> Assessment:
    doc = await view.db[ASSESSMENTS].find_one({"_id": assessment_id_of(review_id, side)})
    return from_document(Assessment, doc) if doc else Assessment.blank(review_id, side)


async def _flags(review: Review, assessment: Assessment | None, view: View) -> Sequence[Flag]:
    if assessment is None or view.caller.person_id == review.person_id:
        return ()
    if not await ACCESS.decide(view.caller, "read_evidence", review, view.db):
        return ()
    evidence = (await _evidence(review, view)).shown_to("reviewer")
    return flags_of(assessment.rating, scale_max=review.scale_max, evidence=evidence)


async def _evidence(review: Review, view: View) -> Evidence:
    """What was kept when the review was shared; until then, all that there is by now."""
    kept = await view.db[SHARED_EVIDENCE].find_one({"_id": review.review_id})
    shared = from_document(SharedEvidence, kept) if kept else None
    given = feedback_in(review.period, person_id=review.person_id)
    if shared is not None:
        given = {**given, "_id": {"$in": list(shared.feedback_ids)}}
    found = await view.db[EVIDENCE_FEEDBACK].find(given).sort([*BY_GIVEN.items()]).to_list(None)
    return Evidence.within(
        review.period,
        goals=await _goals_by_now(review, view) if shared is None else shared.goals,
        feedback=[from_document(FeedbackEvidence, doc) for doc in found],
    )


async def _goals_by_now(review: Review, view: View) -> Sequence[GoalEvidence]:
    wanted = goals_until(review.period, person_id=review.person_id)
    found = await view.db[EVIDENCE_GOALS].find(wanted).sort([*BY_START.items()]).to_list(None)
    return [from_document(GoalEvidence, doc) for doc in found]


async def _reading(review: Review, view: View) -> Reading:
    """A reviewer is one of the others once it is shared and the person reports to somebody else."""
    person_id = view.caller.person_id
    if person_id is None or person_id not in {review.person_id, review.reviewer_id}:
        return "others"
    if person_id == review.person_id:
        return "person"
    if review.stage in BEFORE_SHARING:
        return "reviewer"
    manages = await Directory(Stored(view.db)).is_manager(person_id, review.person_id)
    return "reviewer" if manages else "others"


def _show_goal(goal: GoalEvidence, evidence: Evidence) -> GoalEvidenceView:
    measurements = [dict(latest) for latest in goal.measurements]
    check_ins = goal.check_ins_in(evidence.period)
    said = {**dict(goal), "measurements": measurements, "check_ins": check_ins}
    return GoalEvidenceView.model_validate(said)
