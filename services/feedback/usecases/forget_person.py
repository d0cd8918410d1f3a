"""Forget what was said to a person who is erased, and what they asked.

When    people erases the person, by a null on its state topic; and later, until nothing is left
Rule    delete feedback that they received, requests by and about them, recognition of them alone; strike out
        why they declined what others asked.  Feedback and recognition that they gave belongs to those
        who got it: it stays, by somebody whom nobody can name any more.
Emits   feedback.PersonForgotten
Then    people.follow_erasure
"""

from typing import Final

from services.feedback.domain.feedback import Feedback
from services.feedback.domain.recognition import Recognition
from services.feedback.domain.request import FeedbackRequest
from services.feedback.store import FeedbackStore, RecognitionStore, RequestStore
from shared.contracts.feedback import FeedbackRequestState, FeedbackState, RecognitionState
from shared.ids import PersonId
from shared.store import from_document
from shared.work import Transaction

PAGE: Final = 200
"""Documents of each kind in one transaction."""


async def forget_person(person_id: PersonId, tx: Transaction) -> int:
    """Delete and strike out a page of each kind; how many documents."""
    received = await _forget_feedback(person_id, tx)
    asked = await _forget_requests(person_id, tx)
    recognised = await _forget_recognitions(person_id, tx)
    return received + asked + recognised


async def _forget_feedback(person_id: PersonId, tx: Transaction) -> int:
    store = FeedbackStore(tx)
    docs = await tx.find(store.collection, {"receiver_id": person_id}, sort={"_id": 1}, limit=PAGE)
    for doc in docs:
        store.delete(from_document(Feedback, doc))
        tx.tombstone(FeedbackState, doc["_id"])
    return len(docs)


async def _forget_requests(person_id: PersonId, tx: Transaction) -> int:
    store = RequestStore(tx)
    parts = [{"requester_id": person_id}, {"about_person_id": person_id}]
    reasoned = {"asked_person_id": person_id, "reason": {"$gt": ""}}
    docs = await tx.find(store.collection, {"$or": [*parts, reasoned]}, sort={"_id": 1}, limit=PAGE)
    for doc in docs:
        request = from_document(FeedbackRequest, doc)
        if person_id in {request.requester_id, request.about_person_id}:
            store.delete(request)
            tx.tombstone(FeedbackRequestState, request.request_id)
        else:
            store.save(request.without_reason())
            tx.forget_answers(request.request_id)
    return len(docs)


async def _forget_recognitions(person_id: PersonId, tx: Transaction) -> int:
    store = RecognitionStore(tx)
    docs = await tx.find(store.collection, {"receiver_ids": [person_id]}, sort={"_id": 1}, limit=PAGE)
    for doc in docs:
        store.delete(from_document(Recognition, doc))
        tx.tombstone(RecognitionState, doc["_id"])
    return len(docs)
