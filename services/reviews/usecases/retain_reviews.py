"""Remove reviews that ended so long ago that they may not be kept any more, with what they rest on.

When    they were shared or cancelled, and the last day of their cycle was, more days ago than
        CAIRN_RETAIN_DAYS says of `review`, looked for by the hour (a leased worker); never where that is not
        set
Rule    delete them with both assessments and what was kept when they were shared, and evidence that had
        ended by the end of their period and is of none of the person's other reviews; a legal hold on the
        person or the reviewer keeps them, and one on a giver keeps that there was feedback
Emits   nothing but nulls in place of the states of reviews
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from services.reviews.domain.review import SHARED, Review
from services.reviews.store import (
    REVIEWS,
    AssessmentStore,
    FeedbackEvidenceStore,
    GoalEvidenceStore,
    ParticipantStore,
    ReviewStore,
    SharedEvidenceStore,
)
from shared.contracts.reviews import ReviewState
from shared.erasure import Aged, Ages
from shared.ids import PersonId
from shared.store import from_document
from shared.work import Transaction

PAGE: Final = 100
"""Reviews of one transaction."""


async def remove_old_reviews(aged: Aged, tx: Transaction) -> int:
    """Delete a page; how many reviews."""
    reviews = ReviewStore(tx)
    gone = [
        from_document(Review, doc) for doc in await tx.find(REVIEWS, _over(aged), sort=_BY_ID, limit=PAGE)
    ]
    if not gone:
        return 0
    ids = {review.review_id for review in gone}
    unneeded = await _unneeded_until(gone, tx)
    await AssessmentStore(tx).delete_where({"review_id": {"$in": [*ids]}})
    await SharedEvidenceStore(tx).delete_where({"_id": {"$in": [*ids]}})
    of_goals = [{"person_id": each, "closed_on": {"$lt": day}} for each, day in unneeded.items()]
    of_feedback = [{"person_id": each, "given_on": {"$lt": day}} for each, day in unneeded.items()]
    await GoalEvidenceStore(tx).delete_where({"$or": of_goals})
    await FeedbackEvidenceStore(tx).delete_where({"$or": of_feedback, **aged.naming_nobody_held("giver_id")})
    participants = ParticipantStore(tx)
    for each in unneeded:
        known = await participants.heard_of(each)
        if not ids.isdisjoint(known.review_ids):
            participants.save(known.without(ids))
    for review in gone:
        reviews.delete(review)
        tx.tombstone(ReviewState, review.review_id)
    return len(gone)


_BY_ID: Final = {"_id": 1}


def _over(aged: Aged) -> Mapping[str, Any]:
    shared = {"stage": {"$in": [*SHARED]}, "shared_at": {"$lt": aged.before}}
    cancelled = {"stage": "cancelled", "cancelled_at": {"$lt": aged.before}}
    unheld = aged.naming_nobody_held("person_id", "reviewer_id")
    return {"$or": [shared, cancelled], "manager_due_on": {"$lt": aged.before.date()}, **unheld}


async def _unneeded_until(gone: Sequence[Review], tx: Transaction) -> Mapping[PersonId, date]:
    """By person, the day before which what has ended is evidence of no review that stays."""
    last = {review.person_id: review.period.ends_on + timedelta(days=1) for review in gone}
    for review in gone:
        last[review.person_id] = max(last[review.person_id], review.period.ends_on + timedelta(days=1))
    staying = {"person_id": {"$in": [*last]}, "_id": {"$nin": [review.review_id for review in gone]}}
    for doc in await tx.find(REVIEWS, staying, fields=("person_id", "period")):
        starts_on = date.fromisoformat(doc["period"]["starts_on"])
        last[doc["person_id"]] = min(last[doc["person_id"]], starts_on)
    return last


AGES: Final = (
    Ages(
        "review",
        "it was shared or cancelled, or its cycle's last due date was, if that is later",
        "the person and the reviewer",
        remove_old_reviews,
    ),
)
