"""Post what is due to one webhook endpoint.

When    deliveries to the endpoint are due (a leased worker for each endpoint, every second)
Rule    Delivery.claim, Patience; an endpoint that is gone is closed
Emits   notifications.NotificationDelivered, notifications.NotificationFailed

At least once, under the notification's id: what crashes between the endpoint's answer and its receipt is
posted again; so many are posted at a time that this is about one (`UnderWay`).  What was waiting for an
endpoint that is gone fails without being posted.
"""

import asyncio
import ssl
from collections.abc import Sequence
from datetime import timedelta
from functools import cache, partial
from typing import Final

import httpx

from services.notifications.channels.under_way import UnderWay
from services.notifications.channels.webhook import WebhookPoster
from services.notifications.domain.delivery import Delivery, Outcome
from services.notifications.domain.notification import Notification
from services.notifications.domain.outlets import OUTLETS_ID, Outlets, endpoint_id
from services.notifications.domain.retry import Patience
from services.notifications.store import NOTIFICATIONS, OUTLETS
from services.notifications.usecases.settle_delivery import (
    Claim,
    claim_all,
    due_ids,
    settle,
    settling,
)
from shared.settings import Settings
from shared.store import from_document
from shared.work import Work

FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(hours=6)
PAGE: Final = 128
IN_FLIGHT: Final = 16
"""Posted to one endpoint at a time, at most."""


class WebhookSender:
    """The turn of a worker that posts to one endpoint, until its process ends."""

    def __init__(
        self,
        url: str,
        work: Work,
        settings: Settings,
        *,
        first_pause: timedelta = FIRST_PAUSE,
        leaving: asyncio.Event | None = None,
    ) -> None:
        self._url = url
        self._endpoint_id = endpoint_id(url)
        self._work = work
        self._settings = settings
        self._patience = Patience(first_pause, LONGEST_PAUSE, settings.webhook_attempts)
        self._leaving = leaving or asyncio.Event()
        self._under_way = UnderWay(IN_FLIGHT)

    async def turn(self) -> bool:
        """Post one page of what is due; whether there may be more."""
        ids = await due_ids(self._work.db, channel="webhook", endpoint_id=self._endpoint_id, limit=PAGE)
        if not ids:
            return False
        seconds = self._settings.webhook_timeout_seconds
        longest = timedelta(seconds=seconds)
        claim = await claim_all(
            self._work, ids, longest=longest, patience=self._patience, leaving=self._leaving
        )
        deliveries, why = claim.deliveries, await self._closed()
        if why is None:
            await self._post_all(claim)
            await claim.give_back(self._work.db)
        else:
            await self._give_up(deliveries, why)
        return len(ids) == PAGE

    async def _closed(self) -> str | None:
        """Why nothing is posted there any more; None if it is."""
        doc = await self._work.db[OUTLETS].find_one({"_id": OUTLETS_ID})
        outlets = from_document(Outlets, doc) if doc else Outlets()
        return "endpoint_disabled" if self._endpoint_id in outlets.disabled else None

    async def _give_up(self, deliveries: Sequence[Delivery], reason: str) -> None:
        outcome = Outcome(what="given_up", reason=reason)
        await asyncio.gather(
            *(settle(self._work, each, outcome, patience=self._patience) for each in deliveries)
        )

    async def _post_all(self, claim: Claim) -> None:
        deliveries = claim.deliveries
        ids = [delivery.notification_id for delivery in deliveries]
        docs = (
            await self._work.db[NOTIFICATIONS].find({"_id": {"$in": ids}, "withdrawn_at": None}).to_list(None)
        )
        known = {doc["_id"]: from_document(Notification, doc) for doc in docs}
        todo = ((each, known.get(each.notification_id)) for each in claim.begin())
        async with (
            httpx.AsyncClient(
                verify=_trusted(), trust_env=False, timeout=self._settings.webhook_timeout_seconds
            ) as client,
            settling(self._work, self._patience) as outcomes,
        ):
            post = partial(_post, poster=WebhookPoster(self._url, self._settings, client))
            await self._under_way.work_off(lambda: outcomes.work_through(todo, post, of=self._under_way))


async def _post(notification: Notification | None, *, poster: WebhookPoster) -> Outcome:
    if notification is None:
        return Outcome(what="given_up", reason="forgotten")
    return await poster.post(notification)


@cache
def _trusted() -> ssl.SSLContext:
    """The machine's certificates, read once."""
    return ssl.create_default_context()
