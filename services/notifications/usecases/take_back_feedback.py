"""Take back what was told of feedback that its giver took back.

When    feedback is withdrawn                     (feedback.FeedbackWithdrawn)
Rule    FeedbackNews.withdraw, Notification.withdraw, Delivery.given_up
Emits   notifications.NotificationFailed, of what was still to be sent

It leaves the inbox and the count of the unread; what is due by mail or webhook is not sent.  A mail
that is out cannot be called back.
"""

from collections.abc import Sequence

from services.notifications.domain.delivery import Delivery, delivery_id
from services.notifications.domain.notification import Notification
from services.notifications.store import (
    FORGOTTEN,
    DeliveryStore,
    FeedbackNewsStore,
    Inboxes,
    NotificationStore,
    OutletsStore,
)
from shared.contracts.base import Event
from shared.contracts.feedback import FeedbackWithdrawn
from shared.ids import NotificationId
from shared.work import Transaction

REASON = "withdrawn"


async def take_back_feedback(event: FeedbackWithdrawn, tx: Transaction) -> None:
    """Withdraw all notifications of it, and have none raised any more."""
    store = FeedbackNewsStore(tx)
    news = await store.of(event.feedback_id)
    if news.withdrawn:
        return
    for notification_id in news.notification_ids:
        notification = await NotificationStore(tx).find(notification_id)
        if notification is not None:
            await _withdraw(notification, tx)
    store.save(news.withdraw())


async def _withdraw(notification: Notification, tx: Transaction) -> None:
    if notification.unread and await tx.peek(FORGOTTEN, notification.person_id) is None:
        Inboxes(tx).mark_read(notification.person_id, count=1)
    withdrawn, events = notification.withdraw(at=tx.now), list[Event]()
    for due in await _due(notification.notification_id, tx):
        given_up = DeliveryStore(tx).save(due.given_up(REASON))
        withdrawn, failed = withdrawn.fail(
            due.channel, endpoint_id=due.endpoint_id, attempts=given_up.attempts, reason=REASON
        )
        events.append(failed)
    NotificationStore(tx).save(withdrawn)
    if events:
        tx.publish(*events, withdrawn.state())


async def _due(notification_id: NotificationId, tx: Transaction) -> Sequence[Delivery]:
    """What is still to be sent of a notification, by any way that is open."""
    outlets, deliveries = await OutletsStore(tx).open(), DeliveryStore(tx)
    ids = [
        delivery_id(notification_id, "email"),
        *(delivery_id(notification_id, "webhook", each) for each in outlets.endpoint_ids),
    ]
    found = [await deliveries.find(id_) for id_ in ids]
    return [delivery for delivery in found if delivery is not None and delivery.state == "due"]
