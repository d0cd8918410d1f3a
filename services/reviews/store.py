"""Cycles, reviews, assessments, participants and evidence as documents, and the indexes they need."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pymongo import ASCENDING, IndexModel

from services.reviews.domain.assessment import Assessment, Side, assessment_id_of
from services.reviews.domain.cycle import Cycle, Period
from services.reviews.domain.evidence import Evidence, FeedbackEvidence, GoalEvidence, SharedEvidence
from services.reviews.domain.participant import Participant
from services.reviews.domain.review import Review
from shared.directory import Directory
from shared.ids import PersonId, ReviewId
from shared.indexes import newest_first
from shared.store import Store, from_document
from shared.work import Transaction

CYCLES, REVIEWS, ASSESSMENTS = "cycles", "reviews", "assessments"
PARTICIPANTS, EVIDENCE_GOALS, EVIDENCE_FEEDBACK = "participants", "evidence_goals", "evidence_feedback"
SHARED_EVIDENCE = "shared_evidence"
BY_START: Mapping[str, int] = {"starts_on": ASCENDING, "_id": ASCENDING}
BY_GIVEN: Mapping[str, int] = {"given_on": ASCENDING, "_id": ASCENDING}
"""How evidence is shown: goals by their start, feedback by its day."""

COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    CYCLES: [newest_first("launched_at", name="newest")],
    REVIEWS: [
        IndexModel([("cycle_id", ASCENDING), ("stage", ASCENDING), ("_id", ASCENDING)], name="by_cycle"),
        IndexModel([("person_id", ASCENDING), ("_id", ASCENDING)], name="by_person"),
        IndexModel(
            [("reviewer_id", ASCENDING), ("stage", ASCENDING), ("_id", ASCENDING)], name="by_reviewer"
        ),
        IndexModel([("manager_due_on", ASCENDING)], name="by_age"),
    ],
    ASSESSMENTS: [IndexModel([("review_id", ASCENDING)], name="by_review")],
    PARTICIPANTS: [],
    EVIDENCE_GOALS: [IndexModel([("person_id", ASCENDING), ("starts_on", ASCENDING)], name="by_person")],
    EVIDENCE_FEEDBACK: [IndexModel([("person_id", ASCENDING), ("given_on", ASCENDING)], name="by_person")],
    SHARED_EVIDENCE: [],
}


class CycleStore(Store[Cycle]):
    """The cycles."""

    collection: ClassVar[str] = CYCLES
    kind = Cycle


class ReviewStore(Store[Review]):
    """The reviews."""

    collection: ClassVar[str] = REVIEWS
    kind = Review


class AssessmentStore(Store[Assessment]):
    """What was written, apart from the reviews."""

    collection: ClassVar[str] = ASSESSMENTS
    kind = Assessment

    async def of(self, review_id: ReviewId, side: Side) -> Assessment:
        """One side's part, blank if nothing was written."""
        return await self.find(assessment_id_of(review_id, side)) or Assessment.blank(review_id, side)


class ParticipantStore(Store[Participant]):
    """People as far as reviews follow them."""

    collection: ClassVar[str] = PARTICIPANTS
    kind = Participant

    async def heard_of(self, person_id: PersonId) -> Participant:
        """The person as far as events tell."""
        return await self.find(person_id) or Participant(person_id=person_id)

    async def of(self, person_id: PersonId) -> Participant:
        """The person; one of whom no event was heard yet, as the directory copy has them.

        The copy comes by another topic and may be behind: who is in neither is taken to work here
        until an event says otherwise.
        """
        known = await self.find(person_id)
        if known is not None:
            return known
        person = await Directory(self._tx).person(person_id)
        if person is None:
            return Participant(person_id=person_id)
        return Participant(person_id=person_id, active=person.is_active).report_to(person.manager_id)

    async def reviewer_of(self, participant: Participant) -> Participant | None:
        """Their manager, unless there is none or they have left."""
        if participant.manager_id is None:
            return None
        manager = await self.of(participant.manager_id)
        return manager if manager.active else None


class GoalEvidenceStore(Store[GoalEvidence]):
    """Goals as evidence."""

    collection: ClassVar[str] = EVIDENCE_GOALS
    kind = GoalEvidence


class FeedbackEvidenceStore(Store[FeedbackEvidence]):
    """Feedback as evidence."""

    collection: ClassVar[str] = EVIDENCE_FEEDBACK
    kind = FeedbackEvidence


class SharedEvidenceStore(Store[SharedEvidence]):
    """What shared reviews rest on."""

    collection: ClassVar[str] = SHARED_EVIDENCE
    kind = SharedEvidence


def goals_until(period: Period, *, person_id: PersonId) -> Mapping[str, Any]:
    """Matches the goals of a person that had started by the period's end."""
    return {"person_id": person_id, "starts_on": {"$lte": period.ends_on}}


def feedback_in(period: Period, *, person_id: PersonId) -> Mapping[str, Any]:
    """Matches the feedback given to a person in the period."""
    return {"person_id": person_id, "given_on": {"$gte": period.starts_on, "$lte": period.ends_on}}


async def whole_evidence(review: Review, tx: Transaction) -> Evidence:
    """All that the review rests on by now, whoever may see it."""
    period, person_id = review.period, review.person_id
    goals = await tx.find(EVIDENCE_GOALS, goals_until(period, person_id=person_id), sort=BY_START)
    feedback = await tx.find(EVIDENCE_FEEDBACK, feedback_in(period, person_id=person_id), sort=BY_GIVEN)
    return Evidence.within(
        period,
        goals=[from_document(GoalEvidence, doc) for doc in goals],
        feedback=[from_document(FeedbackEvidence, doc) for doc in feedback],
    )


async def reviewers_evidence(review: Review, tx: Transaction) -> Evidence:
    """What the review rests on by now, as far as its reviewer may see it."""
    return (await whole_evidence(review, tx)).shown_to("reviewer")
