"""Give a person's reviews to their new manager.

When    somebody joins (people.PersonJoined) or reports to another manager (people.ManagerChanged)
May     the suite itself
Rule    Review.change_reviewer: until the manager's assessment is in; a manager who has left is nobody
Emits   reviews.ReviewerChanged
Then    notifications.announce
"""

from services.reviews.domain.participant import Participant
from services.reviews.domain.review import ASSESSABLE
from services.reviews.store import ParticipantStore, ReviewStore
from shared.contracts.people import ManagerChanged, PersonJoined
from shared.work import Transaction


async def take_in_joiner(event: PersonJoined, tx: Transaction) -> None:
    """Remember below whom somebody joins, or comes back; reviews open by launching a cycle only."""
    participants = ParticipantStore(tx)
    person = await participants.heard_of(event.person_id)
    participants.save(person.join(event.manager_id))


async def reroute_reviews(event: ManagerChanged, tx: Transaction) -> None:
    """Follow the new reporting line."""
    participants = ParticipantStore(tx)
    person = (await participants.heard_of(event.person_id)).report_to(event.to_manager_id)
    await _reroute(person, tx)
    participants.save(person)


async def _reroute(person: Participant, tx: Transaction) -> None:
    """The new reviewer's document is written even if nothing in it changes: they may be leaving now."""
    participants, reviews = ParticipantStore(tx), ReviewStore(tx)
    found = [await reviews.find(review_id) for review_id in person.review_ids]
    open_ = [review for review in found if review is not None and review.stage in ASSESSABLE]
    if not open_:
        return
    reviewer = await participants.reviewer_of(person)
    reviewer_id = reviewer.person_id if reviewer else None
    for review in open_:
        if review.reviewer_id != reviewer_id:
            rerouted, changed = review.change_reviewer(reviewer_id)
            tx.publish(changed, reviews.save(rerouted).state())
    if reviewer is not None:
        participants.save(reviewer.reviewing())
