"""A receiver of webhooks that does nothing: it checks each signature and keeps what it took, to look at."""

import base64
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.kept import kept

SECRET_FILE = "webhook-secret"  # noqa: S105  the name of a file
PATH = "/webhooks"


def webhook_secret_of(directory: Path) -> str:
    """The Standard Webhooks secret of a suite, made the first time.

    Raises:
        DataDirectoryError: the file cannot be read or written.
    """
    return kept(directory / SECRET_FILE, new_webhook_secret)


def new_webhook_secret() -> str:
    """A Standard Webhooks secret."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def receiver(secret: str, taken: Path) -> Starlette:
    """An app that answers 204 to what is signed with the secret, keeping it, and 401 to the rest.

    Args:
        secret: `whsec_` and base64.
        taken: a file of JSON lines: `id`, `received_at`, `body`.
    """
    judge = Webhook(secret)

    async def take(request: Request) -> Response:
        body = await request.body()
        try:
            told: Any = judge.verify(body, dict(request.headers))
        except (WebhookVerificationError, ValueError) as error:
            return JSONResponse({"detail": str(error)}, status_code=401)
        _append(taken, {"id": request.headers["webhook-id"], "received_at": _now(), "body": told})
        return Response(status_code=204)

    return Starlette(routes=[Route(PATH, take, methods=["POST"])])


def _append(file: Path, row: Mapping[str, object]) -> None:
    with file.open("a") as lines:
        lines.write(json.dumps(row, ensure_ascii=False) + "\n")


def _now() -> str:
    return datetime.now(UTC).isoformat()
