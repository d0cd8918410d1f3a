"""End the reviews of somebody who left, and hand those over that they were to assess.

When    somebody leaves (people.PersonLeft)
May     the suite itself
Rule    Review.cancel: until it is shared; Review.change_reviewer: until the assessment is in
Emits   reviews.ReviewCancelled, reviews.ReviewerChanged
Then    notifications.announce
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.reviews.domain.review import ASSESSABLE, BEFORE_SHARING
from services.reviews.store import REVIEWS, ParticipantStore, ReviewStore
from shared.contracts.base import Frozen
from shared.contracts.people import PersonLeft
from shared.fan_out import FanOut, Recipient
from shared.ids import PersonId, ReviewId, derive
from shared.mongo import Database
from shared.work import FanOutJob, Transaction

KIND: Final = "review_hand_over"


class HandOver(Frozen):
    """A review whose reviewer has left."""

    review_id: ReviewId
    reviewer_id: PersonId


async def release_leaver(event: PersonLeft, tx: Transaction) -> None:
    """Cancel what was not shared yet; their reviewees, who may be many, are a fan-out."""
    participants, reviews = ParticipantStore(tx), ReviewStore(tx)
    leaver = await participants.heard_of(event.person_id)
    if not leaver.active:
        return
    for review_id in leaver.review_ids:
        review = await reviews.find(review_id)
        if review is not None and review.stage in BEFORE_SHARING:
            review, cancelled = review.cancel("person_left", at=tx.now)
            tx.publish(cancelled, reviews.save(review).state())
    participants.save(leaver.leave())
    if leaver.assesses:
        job_id = derive("hand_over", leaver.person_id, tx.cause.causation_id)
        tx.fan_out(FanOutJob(job_id, KIND, {"reviewer_id": leaver.person_id}))


async def hand_over(message: HandOver, tx: Transaction) -> None:
    """Give the review to the person's manager of now, or to HR."""
    reviews, participants = ReviewStore(tx), ParticipantStore(tx)
    review = await reviews.get(message.review_id)
    if review.stage not in ASSESSABLE or review.reviewer_id != message.reviewer_id:
        return
    reviewer = await participants.reviewer_of(await participants.of(review.person_id))
    reviewer_id = reviewer.person_id if reviewer else None
    if reviewer_id == review.reviewer_id:
        return
    review, changed = review.change_reviewer(reviewer_id)
    review = reviews.save(review)
    if reviewer is not None:
        participants.save(reviewer.reviewing())
    tx.publish(changed, review.state())


async def pages(
    db: Database, params: Mapping[str, Any], after: str | None, limit: int
) -> Sequence[Recipient]:
    """The next reviews that the leaver was to assess."""
    reviewer_id = PersonId(params["reviewer_id"])
    query = {"reviewer_id": reviewer_id, "stage": {"$in": ASSESSABLE}, "_id": {"$gt": after or ""}}
    found = await db[REVIEWS].find(query, {"_id": 1}).sort("_id", 1).limit(limit).to_list(None)
    return [Recipient(doc["_id"], HandOver(review_id=doc["_id"], reviewer_id=reviewer_id)) for doc in found]


HAND_OVER: Final = FanOut(KIND, pages, hand_over)
