"""Forget the reviews of a person who is erased, and what they rest on.

When    people erases the person, by a null on its state topic; and later, until nothing is left
Rule    delete reviews with both assessments and their evidence, write tombstones.  What the person wrote
        about others as their reviewer belongs to those.
Emits   reviews.PersonForgotten
Then    people.follow_erasure

That they do not work here, and nothing else, is remembered, so that no cycle opens a review of them.
"""

from typing import Final

from services.reviews.store import (
    AssessmentStore,
    FeedbackEvidenceStore,
    GoalEvidenceStore,
    ParticipantStore,
    ReviewStore,
    SharedEvidenceStore,
)
from shared.contracts.reviews import ReviewState
from shared.ids import PersonId
from shared.work import Transaction

PAGE: Final = 100
"""Documents of each kind in one transaction."""


async def forget_person(person_id: PersonId, tx: Transaction) -> int:
    """Delete a page of reviews and of evidence; how many documents."""
    theirs, participants = {"person_id": person_id}, ParticipantStore(tx)
    known = await participants.heard_of(person_id)
    reviews = await ReviewStore(tx).delete_where(theirs, limit=PAGE, told=ReviewState)
    gone = [
        *reviews,
        *await AssessmentStore(tx).delete_where({"review_id": {"$in": [*reviews]}}),
        *await SharedEvidenceStore(tx).delete_where({"_id": {"$in": [*reviews]}}),
        *await GoalEvidenceStore(tx).delete_where(theirs, limit=PAGE),
        *await FeedbackEvidenceStore(tx).delete_where(theirs, limit=PAGE),
    ]
    if known.active or known.review_ids:
        participants.save(known.forgotten())
    return len(gone)
