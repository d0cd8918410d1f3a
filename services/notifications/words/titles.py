"""Titles of what notifications are about, asked of their owner with the rights of the readers.

All that a page needs are asked for in one request to each owner.  A title that may not be seen, or
cannot be had now, is no error: it is missing.  Titles are kept for a short while, for each reader
apart; an owner that does not answer is left alone for a moment, so that nobody waits for it again
and again.
"""

import asyncio
import logging
import ssl
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

import httpx

from services.notifications.words.own_token import OwnToken
from shared.http.titles import MOST, PATH, FoundTitles
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
OWNERS: Final[Mapping[str, str]] = {"goal_id": "goals", "initiative_id": "goals", "cycle_id": "reviews"}
"""The service that has the title of what a fact names."""


class Wanted(NamedTuple):
    """The title of what `fact` names by `id`, as the reader may see it."""

    fact: str
    id: str
    reader_id: PersonId


class Titles:
    """Asks and remembers; one a process."""

    def __init__(self, settings: Settings, token: OwnToken | None = None) -> None:
        self._settings = settings
        self._token = token or OwnToken(settings)
        self._kept: dict[Wanted, tuple[str | None, float]] = {}
        self._silent: dict[str, float] = {}

    async def find(self, wanted: Collection[Wanted]) -> Mapping[Wanted, str]:
        """Those of the titles that can be had in time."""
        now = time.monotonic()
        missing = [each for each in dict.fromkeys(wanted) if self._kept.get(each, (None, 0.0))[1] <= now]
        if missing and (token := await self._token.read()):
            await self._ask_all(missing, token)
        found = {each: self._kept[each][0] for each in wanted if each in self._kept}
        return {each: title for each, title in found.items() if title is not None}

    async def _ask_all(self, missing: Sequence[Wanted], token: str) -> None:
        if len(self._kept) > KEPT_MAX:
            now = time.monotonic()
            fresh = {wanted: kept for wanted, kept in self._kept.items() if kept[1] > now}
            self._kept = fresh if len(fresh) <= KEPT_MAX else {}
        by_owner: defaultdict[str, list[Wanted]] = defaultdict(list)
        for each in missing:
            by_owner[OWNERS[each.fact]].append(each)
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        async with httpx.AsyncClient(timeout=BUDGET_SECONDS, trust_env=False, verify=_trusted()) as client:
            asking = [
                asyncio.create_task(self._ask(owner, wanted, client, headers))
                for owner, wanted in by_owner.items()
            ]
            _, late = await asyncio.wait(asking, timeout=BUDGET_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    async def _ask(
        self, owner: str, wanted: Sequence[Wanted], client: httpx.AsyncClient, headers: Mapping[str, str]
    ) -> None:
        base = self._settings.service_urls.get(owner)
        for start in range(0, len(wanted), MOST):
            if base is None or self._silent.get(owner, 0.0) > time.monotonic():
                return
            page = wanted[start : start + MOST]
            asked = [{"id": each.id, "reader_id": each.reader_id} for each in page]
            try:
                answer = await client.post(base.rstrip("/") + PATH, json={"wanted": asked}, headers=headers)
                titles = _titles(answer, len(page))
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                self._silent[owner] = time.monotonic() + LEAVE_ALONE_SECONDS
                log.warning("%s gives no titles: %s", owner, type(error).__name__)
            else:
                until = time.monotonic() + KEEP_SECONDS
                self._kept |= {each: (title, until) for each, title in zip(page, titles, strict=True)}


def _titles(answer: httpx.Response, count: int) -> Sequence[str | None]:
    """One for each that was asked for; raises `HTTPError` or `ValueError`."""
    answer.raise_for_status()
    titles = FoundTitles.model_validate_json(answer.content).titles
    if len(titles) != count:
        raise ValueError(f"{len(titles)} titles for {count}")
    return titles


@cache
def _trusted() -> ssl.SSLContext:
    """The machine's certificates, read once."""
    return ssl.create_default_context()
