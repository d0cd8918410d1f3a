"""Settle the open requests of somebody who leaves, so that nobody waits for them or answers in vain.

When    a person leaves, or comes back (people.PersonLeft, people.PersonJoined)
Rule    FeedbackRequest.decline_for_departed, FeedbackRequest.withdraw, Presence
Emits   feedback.FeedbackRequestDeclined for what the person was asked,
        feedback.FeedbackRequestWithdrawn for what they asked or what was asked about them
Then    notifications.announce
"""

from services.feedback.store import PresenceStore, RequestStore
from shared.contracts.people import PersonJoined, PersonLeft
from shared.work import Transaction


async def settle_requests_of_departed(event: PersonLeft, tx: Transaction) -> None:
    """Decline or withdraw each open request in which the person takes part."""
    presences, requests = PresenceStore(tx), RequestStore(tx)
    presences.save((await presences.of(event.person_id)).leave())
    for request in await requests.open_with(event.person_id):
        if request.asked_person_id == event.person_id:
            settled, told = request.decline_for_departed(at=tx.now)
        else:
            settled, told = request.withdraw("departed", at=tx.now)
        tx.publish(told, requests.save(settled).state())


async def welcome_back(event: PersonJoined, tx: Transaction) -> None:
    """Let a person who has come back be asked again."""
    presences = PresenceStore(tx)
    presence = await presences.of(event.person_id)
    if presence.gone:
        presences.save(presence.come_back())
