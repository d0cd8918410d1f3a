"""What people read of their own: notifications in words, the inbox's count, preferences.

The words are made when somebody reads, with the reader's rights; see `words`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from services.notifications.belongings import Belongings
from services.notifications.domain.categories import CATEGORIES, Category
from services.notifications.domain.notification import Notification
from services.notifications.domain.preferences import Preferences, Switches
from services.notifications.store import INBOXES, NOTIFICATIONS, PREFERENCES, Inbox, inbox_of
from services.notifications.words.told import Told
from shared.http import View
from shared.ids import NotificationId, PersonId
from shared.paging import AskedPage, Page, Sort, read_page
from shared.preconditions import entity_tag
from shared.store import from_document

router = APIRouter()
NEWEST = Sort("raised_at", descending=True)


class NotificationView(BaseModel):
    """A notification in words; `about_id` is the aggregate that it is about, `facts` the rest of its ids."""

    notification_id: NotificationId
    category: Category
    kind: str
    headline: str
    detail: str
    about_id: str
    actor_id: PersonId | None
    facts: Mapping[str, Any]
    raised_at: datetime
    read_at: datetime | None
    version: int

    @classmethod
    def of(cls, notification: Notification, told: Told) -> "NotificationView":
        """The view of a notification."""
        return cls.model_validate(dict(notification) | told._asdict())


class ReadingView(BaseModel):
    """When a notification was read."""

    notification_id: NotificationId
    read_at: datetime | None

    @classmethod
    def of(cls, notification: Notification) -> "ReadingView":
        """The view of a notification that was read."""
        return cls(notification_id=notification.notification_id, read_at=notification.read_at)


class InboxView(BaseModel):
    """How many wait to be read, and how many there ever were."""

    unread: int
    raised: int

    @classmethod
    def of(cls, inbox: Inbox) -> "InboxView":
        """The view of an inbox."""
        return cls(unread=inbox.unread, raised=inbox.raised)


class InboxReadingView(BaseModel):
    """How many were read by this; `more` if the rest is being read."""

    read: int
    more: bool


class EffectiveView(BaseModel):
    """What comes of standing and choices; `critical` always reaches the inbox."""

    inbox: bool
    email: bool
    critical: bool


class PreferencesView(BaseModel):
    """The choices, and by category what they come to."""

    channels: Switches
    categories: Mapping[Category, Switches]
    effective: Mapping[Category, EffectiveView]
    version: int

    @classmethod
    def of(cls, preferences: Preferences) -> "PreferencesView":
        """The view of preferences."""
        effective: dict[Category, EffectiveView] = {
            category: EffectiveView(
                inbox=preferences.wants(category, "inbox"),
                email=preferences.wants(category, "email"),
                critical=standing.critical,
            )
            for category, standing in CATEGORIES.items()
        }
        return cls(**dict(preferences.choices), effective=effective, version=preferences.version)


@router.get("/notifications", tags=["notifications"], summary="List notifications")
async def list_notifications(
    request: Request,
    view: View,
    page: AskedPage,
    unread: Annotated[bool, Query(description="Only those not yet read.")] = False,  # noqa: FBT002  a query parameter
) -> Page[NotificationView]:
    """The caller's own notifications, newest first, in words."""
    wanted: dict[str, Any] = {"unread": True} if unread else {"channels": "inbox"}
    filter_ = {"$and": [await view.filter(), wanted]}
    found = await read_page(view.db[NOTIFICATIONS], filter_, asked=page, sort=NEWEST, show=_show)
    told = await Belongings.of(request.app.state.runtime).words.tell(found.items)
    return Page(
        items=[NotificationView.of(*each) for each in zip(found.items, told, strict=True)], next=found.next
    )


@router.get("/notifications/{notification_id}", tags=["notifications"], summary="Read a notification")
async def get_notification(
    notification_id: NotificationId, request: Request, view: View, response: Response
) -> NotificationView:
    """One notification; reading it here does not mark it as read."""
    notification = await view.one(Notification, NOTIFICATIONS, notification_id)
    (told,) = await Belongings.of(request.app.state.runtime).words.tell([notification])
    response.headers["ETag"] = entity_tag(notification.version)
    return NotificationView.of(notification, told)


@router.get("/inbox", tags=["inbox"], summary="Count the unread")
async def get_inbox(view: View) -> InboxView:
    """The caller's own inbox."""
    return InboxView.of(inbox_of(await view.db[INBOXES].find_one({"_id": view.me()})))


@router.get("/preferences", tags=["preferences"], summary="Read preferences")
async def get_preferences(view: View, response: Response) -> PreferencesView:
    """The caller's own choices; the ETag is what If-Match wants."""
    doc = await view.db[PREFERENCES].find_one({"_id": view.me()})
    preferences = from_document(Preferences, doc) if doc else Preferences(person_id=view.me())
    response.headers["ETag"] = entity_tag(preferences.version)
    return PreferencesView.of(preferences)


def _show(doc: Mapping[str, Any]) -> Notification:
    return from_document(Notification, doc)
