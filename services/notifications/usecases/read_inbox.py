"""Mark everything in an inbox as read, up to now.

When    the person asks (POST /inbox/reading)
May     mark_read: self                           (access.py)
Rule    Notification.read
Emits   notifications.NotificationRead

At most `AT_ONCE` are read with the answer; what an inbox holds beyond that is read by a fan-out.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Response

from services.notifications.domain.notification import Notification
from services.notifications.store import NOTIFICATIONS, NotificationStore
from services.notifications.usecases.read_notification import mark_read
from services.notifications.views import InboxReadingView
from shared import mongo
from shared.contracts.base import Frozen
from shared.fan_out import FanOut, Recipient
from shared.http import Run
from shared.ids import PersonId, derive, mint
from shared.store import from_document
from shared.work import FanOutJob, Transaction

router = APIRouter(tags=["inbox"])
AT_ONCE: Final = 200
KIND: Final = "read_inbox"


class ReadInbox(Frozen):
    """Whose inbox; `reading_id` is new."""

    reading_id: str
    person_id: PersonId


class ReadPart(Frozen):
    """One of the many, with the person whose they are."""

    notification_id: str


async def read_inbox(command: ReadInbox, tx: Transaction) -> InboxReadingView:
    """Read the newest ones, and order the rest to be read."""
    waiting = await tx.find(
        NOTIFICATIONS, _unread(command.person_id, until=tx.now), sort={"raised_at": -1}, limit=AT_ONCE + 1
    )
    notifications = [from_document(Notification, doc) for doc in waiting[:AT_ONCE]]
    for notification in notifications:
        await tx.require("mark_read", notification)
    mark_read(notifications, tx)
    more = len(waiting) > AT_ONCE
    if more:
        params = {"person_id": command.person_id, "until": tx.now}
        tx.fan_out(FanOutJob(derive(KIND, command.reading_id), KIND, params))
    return InboxReadingView(read=len(notifications), more=more)


async def read_part(part: ReadPart, tx: Transaction) -> None:
    """Read one, if it is still there and unread."""
    notification = await NotificationStore(tx).find(part.notification_id)
    if notification is not None:
        mark_read([notification], tx)


async def unread_pages(
    db: mongo.Database, params: Mapping[str, Any], after: str | None, limit: int
) -> Sequence[Recipient]:
    """The next unread notifications of a person, by id."""
    wanted = {**_unread(params["person_id"], until=params["until"]), "_id": {"$gt": after or ""}}
    docs = await db[NOTIFICATIONS].find(wanted, {"_id": 1}).sort("_id", 1).limit(limit).to_list(None)
    return [Recipient(doc["_id"], ReadPart(notification_id=doc["_id"])) for doc in docs]


def _unread(person_id: str, *, until: datetime) -> dict[str, Any]:
    return {"person_id": person_id, "unread": True, "raised_at": {"$lte": until}}


READING: Final = FanOut(KIND, unread_pages, read_part)
"""How what is left of a large inbox is read."""


@router.post("/inbox/reading", response_model=InboxReadingView, summary="Mark everything as read")
async def post_inbox_reading(run: Run) -> Response:
    """Say that the caller has seen everything up to now."""
    command = ReadInbox(reading_id=mint("reading"), person_id=run.me())
    return await run(read_inbox, command, key=command.person_id, reply=lambda reading: reading)
