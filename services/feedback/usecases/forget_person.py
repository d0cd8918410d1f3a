"""Forget what was said to a person who is erased, and what they asked.

When    people erases the person, by a null on its state topic; and later, until nothing is left
Rule    delete feedback that they received, requests by and about them, recognition of them alone; strike out
        why they declined what others asked.  Feedback and recognition that they gave belongs to those
        who got it: it stays, by somebody whom nobody can name any more.
Emits   feedback.PersonForgotten
Then    people.follow_erasure
"""

from typing import Final

from services.feedback.store import FeedbackStore, RecognitionStore, RequestStore
from shared.contracts.feedback import FeedbackRequestState, FeedbackState, RecognitionState
from shared.ids import PersonId
from shared.work import Transaction

PAGE: Final = 200
"""Documents of each kind in one transaction."""


async def forget_person(person_id: PersonId, tx: Transaction) -> int:
    """Delete and strike out a page of each kind; how many documents."""
    received = await FeedbackStore(tx).delete_where(
        {"receiver_id": person_id}, limit=PAGE, told=FeedbackState
    )
    recognised = await RecognitionStore(tx).delete_where(
        {"receiver_ids": [person_id]}, limit=PAGE, told=RecognitionState
    )
    return len(received) + len(recognised) + await _forget_requests(person_id, tx)


async def _forget_requests(person_id: PersonId, tx: Transaction) -> int:
    """Those by and about the person; of those to them, why they declined.  All reads come first."""
    requests = RequestStore(tx)
    reasoned = await requests.declined_with_reason(person_id, limit=PAGE)
    parts = [{"requester_id": person_id}, {"about_person_id": person_id}]
    gone = await requests.delete_where({"$or": parts}, limit=PAGE, told=FeedbackRequestState)
    kept = [each for each in reasoned if each.request_id not in gone]
    for request in kept:
        requests.save(request.without_reason())
        tx.forget_answers(request.request_id)
    return len(gone) + len(kept)
