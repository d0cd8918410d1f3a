"""Titles of what notifications are about, asked of their owner with the rights of the reader.

A title that may not be seen, or cannot be had now, is no error: it is missing.  Titles are kept for a
short while, for each reader apart; an owner that does not answer is left alone for a moment, so that
nobody waits for it again and again.
"""

import asyncio
import logging
import ssl
import time
from collections.abc import Collection, Mapping
from functools import cache
from typing import Final, NamedTuple
from urllib.parse import quote

import httpx

from shared.http import ON_BEHALF_OF
from shared.ids import PersonId
from shared.settings import Settings

log = logging.getLogger(__name__)
KEEP_SECONDS: Final = 60.0
"""How long a title, or that it may not be seen, is believed."""
LEAVE_ALONE_SECONDS: Final = 5.0
BUDGET_SECONDS: Final = 2.0
"""What all titles of one page may take together; those that come later are missing."""
KEPT_MAX: Final = 5_000
"""Above it those are forgotten that are believed no more, or all."""
IN_FLIGHT: Final = 16


class Owner(NamedTuple):
    """Where titles of a kind are: a service, a path with the id in it, a field of the answer."""

    service: str
    path: str
    field: str


OWNERS: Final[Mapping[str, Owner]] = {
    "goal_id": Owner("goals", "/goals/{id}", "title"),
    "cycle_id": Owner("reviews", "/cycles/{id}", "name"),
}
"""Who has the title of what a fact names."""


class Wanted(NamedTuple):
    """The title of what `fact` names by `id`, as the reader may see it."""

    fact: str
    id: str
    reader_id: PersonId


class Titles:
    """Asks and remembers; one a process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kept: dict[Wanted, tuple[str | None, float]] = {}
        self._silent: dict[str, float] = {}

    async def find(self, wanted: Collection[Wanted]) -> Mapping[Wanted, str]:
        """Those of the titles that can be had in time."""
        now = time.monotonic()
        missing = [each for each in dict.fromkeys(wanted) if self._kept.get(each, (None, 0.0))[1] <= now]
        if missing and self._settings.service_token is not None:
            await self._ask_all(missing)
        found = {each: self._kept[each][0] for each in wanted if each in self._kept}
        return {each: title for each, title in found.items() if title is not None}

    async def _ask_all(self, missing: Collection[Wanted]) -> None:
        slots = asyncio.Semaphore(IN_FLIGHT)
        if len(self._kept) > KEPT_MAX:
            now = time.monotonic()
            fresh = {wanted: kept for wanted, kept in self._kept.items() if kept[1] > now}
            self._kept = fresh if len(fresh) <= KEPT_MAX else {}
        async with httpx.AsyncClient(timeout=BUDGET_SECONDS, trust_env=False, verify=_trusted()) as client:
            asking = [asyncio.create_task(self._ask(each, client, slots)) for each in missing]
            _, late = await asyncio.wait(asking, timeout=BUDGET_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    async def _ask(self, wanted: Wanted, client: httpx.AsyncClient, slots: asyncio.Semaphore) -> None:
        owner = OWNERS[wanted.fact]
        base = self._settings.service_urls.get(owner.service)
        async with slots:
            if base is None or self._silent.get(owner.service, 0.0) > time.monotonic():
                return
            try:
                answer = await client.get(
                    base.rstrip("/") + owner.path.format(id=quote(wanted.id, safe="")),
                    headers=self._headers(wanted.reader_id),
                )
                title = _title(answer, owner)
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                self._silent[owner.service] = time.monotonic() + LEAVE_ALONE_SECONDS
                log.warning("%s gives no titles: %s", owner.service, type(error).__name__)
            else:
                self._kept[wanted] = title, time.monotonic() + KEEP_SECONDS

    def _headers(self, reader_id: PersonId) -> Mapping[str, str]:
        token = self._settings.service_token
        bearer = f"Bearer {token.get_secret_value()}" if token else ""
        return {"Authorization": bearer, ON_BEHALF_OF: reader_id, "Accept": "application/json"}


def _title(answer: httpx.Response, owner: Owner) -> str | None:
    """The title, None where the reader may not see it; raises `HTTPError` or `ValueError`."""
    if answer.status_code in {403, 404, 410}:
        return None
    answer.raise_for_status()
    match answer.json():
        case {owner.field: str(title)}:
            return title
        case _:
            raise ValueError("no title in the answer")


@cache
def _trusted() -> ssl.SSLContext:
    """The machine's certificates, read once."""
    return ssl.create_default_context()
