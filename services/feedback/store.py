"""Feedback, requests and recognitions as documents, and the indexes that their reads stand on."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pymongo import ASCENDING, IndexModel

from services.feedback.domain.feedback import Feedback
from services.feedback.domain.framework import STARTING, Framework, FrameworkName
from services.feedback.domain.goal import KnownGoal, no_such_goal
from services.feedback.domain.presence import Presence
from services.feedback.domain.recognition import Recognition
from services.feedback.domain.request import FeedbackRequest
from shared.ids import PersonId
from shared.indexes import newest_first
from shared.store import Store, from_document

COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    "feedback": [
        newest_first("given_at", "giver_id", name="by_giver"),
        newest_first("given_at", "receiver_id", name="by_receiver"),
        newest_first(
            "given_at",
            "visibility",
            name="by_public",
            partialFilterExpression={"visibility": "public"},
        ),
        newest_first("given_at", "goal_id", name="by_goal"),
        IndexModel([("given_at", ASCENDING)], name="by_age"),
    ],
    "feedback_requests": [
        newest_first("asked_at", "asked_person_id", name="by_asked"),
        newest_first("asked_at", "requester_id", name="by_requester"),
        IndexModel([("about_person_id", ASCENDING), ("status", ASCENDING)], name="by_about"),
        IndexModel(
            [("settled_at", ASCENDING)],
            name="by_age",
            partialFilterExpression={"settled_at": {"$type": "date"}},
        ),
    ],
    "recognitions": [
        newest_first("given_at", name="newest"),
        newest_first("given_at", "receiver_ids", name="by_receiver"),
        newest_first("given_at", "giver_id", name="by_giver"),
        newest_first("given_at", "value", name="by_value"),
    ],
    "frameworks": [],
    "known_goals": [],
    "presences": [],
}


class FeedbackStore(Store[Feedback]):
    """The feedback."""

    collection: ClassVar[str] = "feedback"
    kind = Feedback


class RequestStore(Store[FeedbackRequest]):
    """The requests for feedback."""

    collection: ClassVar[str] = "feedback_requests"
    kind = FeedbackRequest

    async def open_with(self, person_id: PersonId) -> Sequence[FeedbackRequest]:
        """The open requests in which a person takes part: asking, asked, or being talked about."""
        parts = [{part: person_id} for part in ("asked_person_id", "requester_id", "about_person_id")]
        found = await self._tx.find(self.collection, {"status": "open", "$or": parts}, sort={"_id": 1})
        return [from_document(FeedbackRequest, doc) for doc in found]

    async def declined_with_reason(self, asked_id: PersonId, *, limit: int) -> Sequence[FeedbackRequest]:
        """Requests that a person has declined and said why, so many by id."""
        wanted = {"asked_person_id": asked_id, "reason": {"$gt": ""}}
        found = await self._tx.find(self.collection, wanted, sort={"_id": 1}, limit=limit)
        return [from_document(FeedbackRequest, doc) for doc in found]


class RecognitionStore(Store[Recognition]):
    """The recognitions."""

    collection: ClassVar[str] = "recognitions"
    kind = Recognition


class FrameworkStore(Store[Framework]):
    """The organisation's lists."""

    collection: ClassVar[str] = "frameworks"
    kind = Framework

    async def named(self, framework_name: FrameworkName) -> Framework:
        """The list as it was last written, or as an organisation starts."""
        return await self.find(framework_name) or STARTING[framework_name]


class KnownGoalStore(Store[KnownGoal]):
    """The goals as far as they are known here."""

    collection: ClassVar[str] = "known_goals"
    kind = KnownGoal

    async def get(self, id_: str) -> KnownGoal:
        """The goal; raises the same `NotFound` as a hidden one."""
        goal = await self.find(id_)
        if goal is None:
            raise no_such_goal()
        return goal


class PresenceStore(Store[Presence]):
    """Whether people have left."""

    collection: ClassVar[str] = "presences"
    kind = Presence

    async def of(self, person_id: PersonId) -> Presence:
        """That of a person, who is here unless we were told otherwise."""
        return await self.find(person_id) or Presence(person_id=person_id)
