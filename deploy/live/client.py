"""Commands over HTTP as a careful client sends them: with a key, again if there was no answer.

Keeps a ledger of what was acknowledged, which is what a checker later holds against the topics.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx

from shared.http import TIME_TRAVEL

TOKEN_SECONDS = 3000.0
PATIENCE_SECONDS = 60.0
LATE_COPY_SECONDS = 20.0
CONNECTIONS = 32
"""To each service."""
Sign = Callable[[str, tuple[str, ...]], str]
"""(person, roles) -> a token."""


class DeedFailedError(Exception):
    """A command was refused, or got no answer in time."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A command that the suite has taken: who asked for what, and the event types it must lead to."""

    service: str
    deed: str
    subject: str


@dataclass(slots=True)
class Ledger:
    """What was acknowledged, in order."""

    entries: list[Acknowledged] = field(default_factory=list[Acknowledged])
    retried: int = 0
    waited: int = 0

    def counts(self) -> Mapping[str, int]:
        """How many of each deed."""
        return Counter(entry.deed for entry in self.entries)


class SuiteClient:
    """All five services, asked as anybody whom `sign` can sign for."""

    def __init__(self, urls: Mapping[str, str], sign: Sign, *, run: str) -> None:
        self.urls = urls
        self.ledger = Ledger()
        self.roles: dict[str, tuple[str, ...]] = {}
        self._sign = sign
        self._run = run
        self._tokens: dict[str, tuple[str, float]] = {}
        self._open = AsyncExitStack()
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        self._http = {
            service: httpx.AsyncClient(base_url=url, timeout=30, limits=limits, trust_env=False)
            for service, url in urls.items()
        }

    async def __aenter__(self) -> Self:
        for http in self._http.values():
            await self._open.enter_async_context(http)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.__aexit__(kind, error, trace)

    def token(self, person: str) -> str:
        """A token of the person with the roles that they hold."""
        token, until = self._tokens.get(person, ("", 0.0))
        if time.monotonic() > until:
            token = self._sign(person, self.roles.get(person, ()))
            self._tokens[person] = token, time.monotonic() + TOKEN_SECONDS
        return token

    async def do(  # noqa: PLR0913  a request has these parts, each by name
        self,
        deed: str,
        *,
        method: str,
        service: str,
        path: str,
        as_person: str,
        at: datetime,
        key: str,
        body: Mapping[str, Any] | None = None,
        match: str | None = None,
    ) -> dict[str, Any]:
        """One command; the JSON of its answer.

        `key` makes it the same command when it is sent again: after no answer, a 503, or a 404 or
        409 that may come from a copy that is a moment late.  Raises `DeedFailedError`.
        """
        headers = {"Idempotency-Key": f"{self._run}.{key}", TIME_TRAVEL: at.isoformat()}
        headers |= {"If-Match": match} if match else {}
        answer = await self._persist(method, service, path, as_person, headers, body)
        if not answer.is_success:
            sent = f"{method} {path} {json.dumps(body)[:300]}"
            raise DeedFailedError(f"{deed} as {as_person}: {sent}: {answer.status_code} {answer.text[:500]}")
        found: dict[str, Any] = answer.json() if answer.content else {}
        self.ledger.entries.append(Acknowledged(service, deed, path))
        return found

    async def _persist(
        self,
        method: str,
        service: str,
        path: str,
        person: str,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None,
    ) -> httpx.Response:
        started = time.monotonic()
        while True:
            patience = PATIENCE_SECONDS
            said = ""
            try:
                answer = await self._http[service].request(
                    method,
                    path,
                    headers={**headers, **self._authorised(person)},
                    json=body,
                )
            except httpx.HTTPError as error:
                said = repr(error)
                self.ledger.retried += 1
            else:
                late = answer.status_code in {403, 404, 409, 422}
                if not late and answer.status_code not in {429, 502, 503, 504}:
                    return answer
                if late:
                    patience = LATE_COPY_SECONDS
                    self.ledger.waited += 1
                if time.monotonic() - started > patience:
                    return answer
            if time.monotonic() - started > patience:
                raise DeedFailedError(f"{method} {path}: no answer for {patience:.0f} s: {said}")
            await asyncio.sleep(0.1)

    async def read(self, service: str, path: str, *, as_person: str, **query: Any) -> dict[str, Any]:
        """What a GET answers, asked again while the service is down; raises `DeedFailedError`."""
        params = {name: value for name, value in query.items() if value is not None}
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = await self._http[service].get(
                    path, params=params, headers=self._authorised(as_person)
                )
            except httpx.HTTPError as error:
                if time.monotonic() > until:
                    raise DeedFailedError(f"GET {path}: no answer: {error!r}") from error
            else:
                if answer.status_code != 503 or time.monotonic() > until:
                    return _taken(answer, f"GET {path} as {as_person}")
            await asyncio.sleep(0.2)

    async def read_all(
        self, service: str, path: str, *, as_person: str, **query: Any
    ) -> list[dict[str, Any]]:
        """The items of all pages."""
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = await self.read(service, path, as_person=as_person, limit=200, cursor=cursor, **query)
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items

    async def upload(self, service: str, path: str, content: bytes, *, as_person: str) -> dict[str, Any]:
        """Send a CSV file; raises `DeedFailedError`."""
        answer = await self._http[service].post(
            path,
            content=content,
            headers={"Content-Type": "text/csv", **self._authorised(as_person)},
            timeout=120,
        )
        return _taken(answer, f"POST {path}")

    async def replace(self, service: str, path: str, body: Mapping[str, Any], *, as_person: str) -> None:
        """Replace a resource over the version that it has now; raises `DeedFailedError`."""
        headers = self._authorised(as_person)
        now = await self._http[service].get(path, headers=headers)
        _taken(now, f"GET {path}")
        answer = await self._http[service].put(
            path, json=body, headers={**headers, "If-Match": now.headers["ETag"]}
        )
        _taken(answer, f"PUT {path}")

    def _authorised(self, person: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(person)}"}

    async def is_ready(self, service: str) -> bool:
        """Whether a service says that it can serve."""
        answer = await self._http[service].get("/readyz")
        return answer.is_success

    async def text(self, service: str, path: str) -> str:
        """What an open address answers."""
        answer = await self._http[service].get(path)
        answer.raise_for_status()
        return answer.text


def _taken(answer: httpx.Response, what: str) -> dict[str, Any]:
    if not answer.is_success:
        raise DeedFailedError(f"{what}: {answer.status_code} {answer.text[:500]}")
    return answer.json()
