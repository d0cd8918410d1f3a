"""Notifications, deliveries, preferences and inboxes as documents, and their indexes.

An inbox is one document a person, changed only by operators and never replaced, so that many
notifications of one transaction meet in it without reading it: how many are `unread`, how many
were ever `raised`, and the ids of the newest in the order in which they came.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from pymongo import ASCENDING, IndexModel

from services.notifications.domain.delivery import Delivery
from services.notifications.domain.feedback_news import FeedbackNews
from services.notifications.domain.notification import Notification
from services.notifications.domain.outlets import OUTLETS_ID, Outlets
from services.notifications.domain.preferences import Preferences
from services.notifications.receipts import INDEXES, RECEIPTS
from shared.contracts.base import Frozen
from shared.ids import FeedbackId, NotificationId, PersonId
from shared.indexes import newest_first
from shared.store import Store
from shared.work import Transaction

NOTIFICATIONS: Final = "notifications"
DELIVERIES: Final = "deliveries"
INBOXES: Final = "inboxes"
PREFERENCES: Final = "preferences"
OUTLETS: Final = "outlets"
FEEDBACK_NEWS: Final = "feedback_news"
FORGOTTEN: Final = "forgotten_people"
RECENT: Final = 50
"""So many ids an inbox remembers, for streams that were interrupted."""

COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    NOTIFICATIONS: [
        newest_first("raised_at", "person_id", name="by_person"),
        newest_first(
            "raised_at",
            "person_id",
            name="unread",
            partialFilterExpression={"unread": True},
        ),
        IndexModel([("raised_at", ASCENDING)], name="by_age"),
    ],
    DELIVERIES: [
        IndexModel(
            [
                ("channel", ASCENDING),
                ("endpoint_id", ASCENDING),
                ("due_at", ASCENDING),
                ("raised_at", ASCENDING),
            ],
            name="due",
            partialFilterExpression={"state": "due"},
        ),
        IndexModel([("notification_id", ASCENDING)], name="by_notification"),
        IndexModel(
            [("channel", ASCENDING), ("due_at", ASCENDING), ("reason", ASCENDING)],
            name="given_up",
            partialFilterExpression={"state": "failed"},
        ),
    ],
    INBOXES: [],
    PREFERENCES: [],
    OUTLETS: [],
    FEEDBACK_NEWS: [],
    FORGOTTEN: [],
    RECEIPTS: INDEXES,
}


class NotificationStore(Store[Notification]):
    """The notifications."""

    collection: ClassVar[str] = NOTIFICATIONS
    kind = Notification


class DeliveryStore(Store[Delivery]):
    """What is to be sent, and what became of it."""

    collection: ClassVar[str] = DELIVERIES
    kind = Delivery


class PreferencesStore(Store[Preferences]):
    """The choices of those who chose."""

    collection: ClassVar[str] = PREFERENCES
    kind = Preferences

    async def of(self, person_id: PersonId) -> Preferences:
        """The choices of a person, none if they never chose."""
        return await self.find(person_id) or Preferences(person_id=person_id)


class OutletsStore(Store[Outlets]):
    """The ways out; one document."""

    collection: ClassVar[str] = OUTLETS
    kind = Outlets

    async def open(self) -> Outlets:
        """What is open; nothing before the service has started."""
        return await self.find(OUTLETS_ID) or Outlets()


class FeedbackNewsStore(Store[FeedbackNews]):
    """What was told of feedback."""

    collection: ClassVar[str] = FEEDBACK_NEWS
    kind = FeedbackNews

    async def of(self, feedback_id: FeedbackId) -> FeedbackNews:
        """What was told of a piece, nothing if there is none."""
        return await self.find(feedback_id) or FeedbackNews(feedback_id=feedback_id)


class Inbox(Frozen):
    """A person's inbox: counts, and the newest ids with the last of them last."""

    unread: int = 0
    raised: int = 0
    recent: tuple[NotificationId, ...] = ()

    def after(self, number: int) -> "tuple[Sequence[tuple[int, NotificationId]], int]":
        """What came after the `number`th, with their numbers, and how many are not remembered.

        A number from the future, such as one from before a restore, is taken for none: nothing came.
        """
        if number >= self.raised:
            return (), 0
        first = self.raised - len(self.recent)
        known = [
            (first + place, id_) for place, id_ in enumerate(self.recent, start=1) if first + place > number
        ]
        return known, max(0, first - number)


def inbox_of(doc: Mapping[str, Any] | None) -> Inbox:
    """The inbox in a document, an empty one without."""
    return Inbox.model_validate(doc or {})


class Inboxes:
    """What a transaction does to inboxes, unseen."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, person_id: PersonId, notification_id: NotificationId) -> None:
        """One more, unread."""
        recent = {"$each": [notification_id], "$slice": -RECENT}
        self._tx.update(INBOXES, person_id, {"$inc": {"unread": 1, "raised": 1}, "$push": {"recent": recent}})

    def mark_read(self, person_id: PersonId, *, count: int) -> None:
        """So many fewer are unread; they must have been unread in this transaction."""
        self._tx.update(INBOXES, person_id, {"$inc": {"unread": -count}})

    def empty(self, person_id: PersonId) -> None:
        """Nothing is left in it."""
        self._tx.update(INBOXES, person_id, {"$set": {"unread": 0, "raised": 0, "recent": []}})
