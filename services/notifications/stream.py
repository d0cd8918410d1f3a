"""The live stream of an inbox: server-sent events to whoever has it open.

    event: inbox          how many are unread; at the start, and when it changes
    event: notification   a new one, in words; its id is its number in the inbox
    event: gap            so many came while nobody listened and are not repeated; read the list

Last-Event-ID goes on after that number.  A stream ends on its own after `STREAM_SECONDS`, so that
rights and tokens are looked at again; clients come back, as the standard has it.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.notifications.belongings import Belongings
from services.notifications.domain.notification import Notification
from services.notifications.store import INBOXES, NOTIFICATIONS, Inbox, inbox_of
from services.notifications.views import InboxView, NotificationView
from shared.http import View
from shared.ids import NotificationId
from shared.store import from_document

router = APIRouter(tags=["inbox"])
STREAM_SECONDS: Final = 900.0
RETRY_MS: Final = 2000
"""How long clients wait before they come back."""


class Watch:
    """One open stream: what its reader has seen, and how to find what they have not."""

    def __init__(self, view: View, belongings: Belongings) -> None:
        self._view = view
        self._belongings = belongings
        self._person_id = view.me()
        self._number = 0
        self._unread: int | None = None

    async def begin(self, last_event_id: str) -> AsyncGenerator[ServerSentEvent]:
        """The present count; then what came since, for a reader who says what was the last they saw."""
        inbox = await self._inbox()
        resuming = last_event_id.isdecimal() and len(last_event_id) < 20
        self._number = min(int(last_event_id), inbox.raised) if resuming else inbox.raised
        self._unread = inbox.unread
        yield ServerSentEvent(event="inbox", data=InboxView.of(inbox), id=str(self._number), retry=RETRY_MS)
        async for event in self._since(inbox):
            yield event

    async def news(self) -> AsyncGenerator[ServerSentEvent]:
        """What has changed since the last look."""
        inbox = await self._inbox()
        async for event in self._since(inbox):
            yield event
        if inbox.unread != self._unread:
            self._unread = inbox.unread
            yield ServerSentEvent(event="inbox", data=InboxView.of(inbox))

    async def _since(self, inbox: Inbox) -> AsyncGenerator[ServerSentEvent]:
        entries, lost = inbox.after(self._number)
        if lost:
            yield ServerSentEvent(event="gap", data={"missed": lost})
        shown = await self._shown([id_ for _, id_ in entries])
        for number, id_ in entries:
            if id_ in shown:
                yield ServerSentEvent(event="notification", data=shown[id_], id=str(number))
        self._number = inbox.raised

    async def _inbox(self) -> Inbox:
        return inbox_of(await self._view.db[INBOXES].find_one({"_id": self._person_id}))

    async def _shown(self, ids: Sequence[NotificationId]) -> dict[NotificationId, NotificationView]:
        if not ids:
            return {}
        wanted = {"$and": [await self._view.filter(), {"_id": {"$in": list(ids)}}]}
        docs = await self._view.db[NOTIFICATIONS].find(wanted).to_list(None)
        found = [from_document(Notification, doc) for doc in docs]
        told = await self._belongings.words.tell(found)
        return {
            each.notification_id: NotificationView.of(each, words)
            for each, words in zip(found, told, strict=True)
        }


async def _bell(request: Request, view: View) -> AsyncGenerator[asyncio.Event]:
    """What rings for the reader; refuses who is no person, or listens too often, while there is a status."""
    with Belongings.of(request.app.state.runtime).feed.listening(view.me()) as bell:
        yield bell


@router.get("/inbox/stream", response_class=EventSourceResponse, summary="Watch the inbox")
async def stream_inbox(
    request: Request,
    view: View,
    bell: Annotated[asyncio.Event, Depends(_bell)],
    last_event_id: Annotated[
        str, Header(alias="Last-Event-ID", max_length=100, description="The id of the last event seen.")
    ] = "",
) -> AsyncGenerator[ServerSentEvent]:
    """New notifications and the unread count, as they happen; a person watches five times at most."""
    belongings = Belongings.of(request.app.state.runtime)
    watch, near = Watch(view, belongings), belongings.departure.near
    deadline = asyncio.get_running_loop().time() + STREAM_SECONDS
    async for event in watch.begin(last_event_id):
        yield event
    while not near.is_set() and asyncio.get_running_loop().time() < deadline:
        await _either(bell, near, until=deadline)
        bell.clear()
        async for event in watch.news():
            yield event


async def _either(bell: asyncio.Event, near: asyncio.Event, *, until: float) -> None:
    """Return when either is set, or at the end of the stream's time."""
    waits = [asyncio.ensure_future(each.wait()) for each in (bell, near)]
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
