"""Remove notifications that are so old that they may not be kept any more, with their deliveries.

When    they were raised more days ago than CAIRN_RETAIN_DAYS says of `notification`, read or not, looked for
        by the hour (a leased worker); never where that is not set, and not while they are still to be sent
Rule    delete them; what was unread counts in the inbox no more; a legal hold on who was told keeps them
Emits   nothing but nulls in place of their states
"""

from collections import Counter
from typing import Final

from services.notifications.domain.notification import Notification
from services.notifications.store import (
    DELIVERIES,
    FORGOTTEN,
    NOTIFICATIONS,
    DeliveryStore,
    Inboxes,
    NotificationStore,
)
from shared.contracts.notifications import NotificationState
from shared.erasure import Aged, Ages
from shared.ids import PersonId
from shared.store import from_document
from shared.work import Transaction

PAGE: Final = 200
"""Notifications of one transaction."""


async def remove_old_notifications(aged: Aged, tx: Transaction) -> int:
    """Delete a page; how many notifications."""
    raised: dict[str, object] = {"raised_at": {"$lt": aged.before}}
    due = await tx.find(DELIVERIES, {"state": "due", **raised}, fields=("notification_id",))
    settled = {"_id": {"$nin": [doc["notification_id"] for doc in due]}}
    wanted = {**raised, **settled, **aged.naming_nobody_held("person_id")}
    docs = await tx.find(NOTIFICATIONS, wanted, sort={"_id": 1}, limit=PAGE)
    gone, unread = [from_document(Notification, doc) for doc in docs], Counter[PersonId]()
    await DeliveryStore(tx).delete_where(
        {"notification_id": {"$in": [each.notification_id for each in gone]}}
    )
    for notification in gone:
        unread[notification.person_id] += notification.unread
        NotificationStore(tx).delete(notification)
        tx.tombstone(NotificationState, notification.notification_id)
    for person_id, count in unread.items():
        if count and await tx.peek(FORGOTTEN, person_id) is None:
            Inboxes(tx).mark_read(person_id, count=count)
    return len(gone)


AGES: Final = (Ages("notification", "it was raised", "who was told", remove_old_notifications),)
