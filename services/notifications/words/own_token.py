"""The token with which this service asks the others, as it lies in its file now: tokens live an hour."""

import asyncio
import logging
from pathlib import Path

from shared.metrics import Metrics
from shared.setting_forms import secret_file
from shared.settings import Settings
from shared.tokens import end_of

log = logging.getLogger(__name__)


class OwnToken:
    """Read again whenever it is needed; what was read last stays while the file cannot be read."""

    def __init__(self, settings: Settings) -> None:
        self._file: Path | None = secret_file("service_token")
        self._known = settings.service_token.get_secret_value() if settings.service_token else ""
        self._unread = False

    async def read(self) -> str:
        """The token; empty if there is none."""
        if self._file is None:
            return self._known
        try:
            found = await asyncio.to_thread(self._file.read_text)
        except (OSError, ValueError) as error:
            if not self._unread:
                log.warning("the file service_token cannot be read: %s", type(error).__name__)
            self._unread = True
        else:
            self._unread, self._known = False, found.strip()
        return self._known


class TokenWatch:
    """The turn of a worker that tells the metrics when the token ends, whether or not anybody is asked."""

    def __init__(self, token: OwnToken, metrics: Metrics) -> None:
        self._token = token
        self._metrics = metrics

    async def turn(self) -> bool:
        """Read it once."""
        self._metrics.service_token_expires.set(end_of(await self._token.read()))
        return False
