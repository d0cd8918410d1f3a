"""Forget the reviews of a person who is erased, and what they rest on.

When    people erases the person, by a null on its state topic; and later, until nothing is left
Rule    delete reviews with both assessments and their evidence, write tombstones.  What the person wrote
        about others as their reviewer belongs to those.
Emits   reviews.PersonForgotten
Then    people.follow_erasure

That they do not work here, and nothing else, is remembered, so that no cycle opens a review of them.
"""

from typing import Final

from services.reviews.domain.assessment import Assessment
from services.reviews.domain.evidence import FeedbackEvidence, GoalEvidence, SharedEvidence
from services.reviews.domain.review import Review
from services.reviews.store import (
    ASSESSMENTS,
    EVIDENCE_FEEDBACK,
    EVIDENCE_GOALS,
    REVIEWS,
    SHARED_EVIDENCE,
    AssessmentStore,
    FeedbackEvidenceStore,
    GoalEvidenceStore,
    ParticipantStore,
    ReviewStore,
    SharedEvidenceStore,
)
from shared.contracts.reviews import ReviewState
from shared.ids import PersonId
from shared.store import from_document
from shared.work import Transaction

PAGE: Final = 100
"""Documents of each kind in one transaction."""


async def forget_person(person_id: PersonId, tx: Transaction) -> int:
    """Delete a page of reviews and of evidence; how many documents."""
    reviews = await _forget_reviews(person_id, tx)
    evidence = await _forget_evidence(person_id, tx)
    participants = ParticipantStore(tx)
    known = await participants.heard_of(person_id)
    if known.active or known.review_ids:
        participants.save(known.forgotten())
    return reviews + evidence


async def _forget_reviews(person_id: PersonId, tx: Transaction) -> int:
    reviews, assessments, shared = ReviewStore(tx), AssessmentStore(tx), SharedEvidenceStore(tx)
    docs = await tx.find(REVIEWS, {"person_id": person_id}, sort={"_id": 1}, limit=PAGE)
    ids = [doc["_id"] for doc in docs]
    written = await tx.find(ASSESSMENTS, {"review_id": {"$in": ids}}) if ids else []
    rested_on = await tx.find(SHARED_EVIDENCE, {"_id": {"$in": ids}}) if ids else []
    for doc in docs:
        reviews.delete(from_document(Review, doc))
        tx.tombstone(ReviewState, doc["_id"])
    for doc in written:
        assessments.delete(from_document(Assessment, doc))
    for doc in rested_on:
        shared.delete(from_document(SharedEvidence, doc))
    return len(docs) + len(written) + len(rested_on)


async def _forget_evidence(person_id: PersonId, tx: Transaction) -> int:
    goals, feedback = GoalEvidenceStore(tx), FeedbackEvidenceStore(tx)
    reached = await tx.find(EVIDENCE_GOALS, {"person_id": person_id}, sort={"_id": 1}, limit=PAGE)
    said = await tx.find(EVIDENCE_FEEDBACK, {"person_id": person_id}, sort={"_id": 1}, limit=PAGE)
    for doc in reached:
        goals.delete(from_document(GoalEvidence, doc))
    for doc in said:
        feedback.delete(from_document(FeedbackEvidence, doc))
    return len(reached) + len(said)
