"""Open the review of one person in a cycle.

When    a cycle was launched: once for each person of its population, in pages of a fan-out
May     the suite itself
Rule    Review.open; who has left gets none, who has no manager here is assessed by HR
Emits   reviews.ReviewOpened
Then    notifications.announce
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.reviews.domain.cycle import Cycle
from services.reviews.domain.review import Review
from services.reviews.store import CYCLES, ParticipantStore, ReviewStore
from shared.contracts.base import Frozen
from shared.directory import population
from shared.fan_out import FanOut, Recipient
from shared.ids import PersonId
from shared.mongo import Database
from shared.store import from_document
from shared.work import FanOutJob, Transaction

KIND: Final = "review_opening"


class OpenReview(Frozen):
    """Whose review opens in which cycle; a launched cycle's terms do not change."""

    cycle: Cycle
    person_id: PersonId


async def open_review(message: OpenReview, tx: Transaction) -> None:
    """Open it unless it is open already or the person has left; found again by its derived id."""
    reviews, participants = ReviewStore(tx), ParticipantStore(tx)
    person = await participants.of(message.person_id)
    reviewer = await participants.reviewer_of(person)
    reviewer_id = reviewer.person_id if reviewer else None
    cycle, person_id = message.cycle, message.person_id
    review, opened = Review.open(cycle, person_id=person_id, reviewer_id=reviewer_id, at=tx.now)
    if not person.active or await reviews.find(review.review_id) is not None:
        return
    review = reviews.save(review)
    participants.save(person.reviewed_in(review.review_id))
    if reviewer is not None and not reviewer.assesses:
        participants.save(reviewer.reviewing())
    tx.publish(opened, review.state())


def order_opening(cycle: Cycle, tx: Transaction) -> None:
    """Have the reviews of a cycle opened once this is committed."""
    params = {"cycle_id": cycle.cycle_id, "population": cycle.population.model_dump()}
    tx.fan_out(FanOutJob(cycle.opening_id, KIND, params))


async def pages(
    db: Database, params: Mapping[str, Any], after: str | None, limit: int
) -> Sequence[Recipient]:
    """The next people of the population, in the order of their ids."""
    doc = await db[CYCLES].find_one({"_id": params["cycle_id"]})
    if doc is None:
        raise LookupError(f"{params['cycle_id']}: its opening was ordered and it is not there")
    cycle = from_document(Cycle, doc)
    person_ids = await population(db, params["population"], after, limit)
    return [Recipient(each, OpenReview(cycle=cycle, person_id=each)) for each in person_ids]


OPENING: Final = FanOut(KIND, pages, open_review)
