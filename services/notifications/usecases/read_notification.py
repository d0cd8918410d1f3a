"""Mark a notification as read.

When    the person has read it (POST /notifications/{notification_id}/reading)
May     mark_read: self                           (access.py)
Rule    Notification.read
Emits   notifications.NotificationRead
"""

from collections.abc import Sequence

from fastapi import APIRouter, Response

from services.notifications.domain.notification import Notification
from services.notifications.store import NOTIFICATIONS, Inboxes, NotificationStore
from services.notifications.views import ReadingView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import NotificationId
from shared.work import Transaction

router = APIRouter(tags=["notifications"])


class ReadNotification(Frozen):
    """Which notification is read."""

    notification_id: NotificationId


async def read_notification(command: ReadNotification, tx: Transaction) -> Notification:
    """The notification, read; again is no error and changes nothing."""
    notifications = NotificationStore(tx)
    notification = await notifications.get(command.notification_id)
    await tx.require("mark_read", notification)
    (read,) = mark_read([notification], tx)
    return read


def mark_read(notifications: Sequence[Notification], tx: Transaction) -> Sequence[Notification]:
    """Save notifications of one person as read, and count off those that were not."""
    all_read: list[Notification] = []
    for notification in notifications:
        read, events = notification.read(at=tx.now)
        if events:
            read = NotificationStore(tx).save(read)
            tx.publish(*events, read.state())
        all_read.append(read)
    fresh = sum(notification.unread for notification in notifications)
    if fresh:
        Inboxes(tx).mark_read(notifications[0].person_id, count=fresh)
    return all_read


@router.post("/notifications/{notification_id}/reading", response_model=ReadingView, summary="Mark as read")
async def post_reading(notification_id: NotificationId, run: Run) -> Response:
    """Say that the caller has read it."""
    command = ReadNotification(notification_id=notification_id)
    return await run(
        read_notification,
        command,
        key=notification_id,
        reply=ReadingView.of,
        match=(NOTIFICATIONS, notification_id),
    )
