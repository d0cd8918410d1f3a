"""A webhook as Standard Webhooks has it: signed, under a stable id, to an address of the operator's.

    2xx    taken
    410    the endpoint is gone, and nothing more is posted there
    else   missed, redirects too: they are not followed

The body holds ids and facts, no names.  What the receiver answers is not read but for the status.
Source: Standard Webhooks, https://www.standardwebhooks.com.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import httpx
import orjson
from standardwebhooks.webhooks import Webhook

from services.notifications.domain.delivery import TAKEN, Outcome
from services.notifications.domain.notification import Notification
from shared.messaging.envelope import iso
from shared.settings import Settings

TYPE: Final = "notification.raised"
GONE: Final = 410


def body_of(notification: Notification) -> bytes:
    """What is posted; the same bytes whenever it is sent."""
    return orjson.dumps(
        {
            "type": TYPE,
            "timestamp": iso(notification.raised_at),
            "data": {
                "notification_id": notification.notification_id,
                "person_id": notification.person_id,
                "category": notification.category,
                "kind": notification.kind,
                "about_id": notification.about_id,
                "actor_id": notification.actor_id,
                "event_id": notification.event_id,
                "facts": notification.facts,
            },
        }
    )


class WebhookPoster:
    """Posts to one endpoint over the client it is given."""

    def __init__(self, url: str, settings: Settings, client: httpx.AsyncClient) -> None:
        secret = settings.webhook_secret
        if secret is None:
            raise ValueError("webhooks are posted with a secret; settings promise one")
        self._url = url
        self._signer = Webhook(secret.get_secret_value())
        self._seconds = settings.webhook_timeout_seconds
        self._client = client

    async def post(self, notification: Notification) -> Outcome:
        """Post one notification and say what the endpoint made of it, within the time limit."""
        body = body_of(notification)
        request = self._client.build_request(
            "POST", self._url, content=body, headers=self._headers(notification.notification_id, body)
        )
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._client.send(request, stream=True, follow_redirects=False)
                await answer.aclose()
        except (httpx.TimeoutException, TimeoutError):
            return Outcome(what="missed", reason="http_timeout")
        except (httpx.HTTPError, httpx.InvalidURL):
            return Outcome(what="missed", reason="http_connection")
        return _outcome(answer)

    def _headers(self, id_: str, body: bytes) -> Mapping[str, str]:
        now = datetime.now(UTC)
        return {
            "content-type": "application/json",
            "user-agent": "Cairn-Webhooks/1",
            "webhook-id": id_,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(id_, now, body.decode()),
        }


def _outcome(answer: httpx.Response) -> Outcome:
    if answer.is_success:
        return TAKEN
    what = "endpoint_gone" if answer.status_code == GONE else "missed"
    return Outcome(what=what, reason=f"http_{answer.status_code}")
