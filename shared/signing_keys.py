"""The public keys of the token issuer, fetched when needed and kept for a while.

Keys are served from memory.  They are fetched again when they are old, or when a token names
a key that is not known; never more often than once in `cooldown` seconds (`retry` after a
failure), so that forged key names cannot be turned into requests to the issuer.  While the
issuer is out of reach, known keys go on for `grace` seconds.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final, cast

import httpx
from jwt import PyJWK, PyJWTError

from shared.errors import Refusal
from shared.logs import logger
from shared.setting_forms import is_safe_url

FETCH_TIMEOUT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key, and the one algorithm it is for if the issuer says so."""

    key_id: str
    public: Any
    algorithm: str | None


Fetch = Callable[[], Awaitable[list[SigningKey]]]

_log = logger("tokens")


class IssuerUnreachable(Refusal):
    """Tokens cannot be checked now, so nobody can be told whether theirs is good."""

    status: ClassVar[int] = 503

    @property
    def headers(self) -> dict[str, str]:
        """When to ask again."""
        return {"Retry-After": "5"}


class SigningKeys:
    """The issuer's keys by their key id (`kid`)."""

    def __init__(
        self,
        fetch: Fetch,
        *,
        lifespan: float = 300,
        grace: float = 3600,
        cooldown: float = 10,
        retry: float = 1,
    ) -> None:
        self._fetch = fetch
        self._lifespan = lifespan
        self._grace = grace
        self._cooldown = cooldown
        self._retry = retry
        self._keys: dict[str, SigningKey] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._failed = False
        self._fetching = asyncio.Lock()
        self._renewal: asyncio.Task[None] | None = None

    async def get(self, key_id: str) -> SigningKey | None:
        """The key, or None if the issuer has none of that id; raises IssuerUnreachable.

        A known key answers at once: when it is old, a renewal goes on beside.
        """
        age = time.monotonic() - self._fetched_at
        if key_id in self._keys and age < self._grace:
            if age > self._lifespan:
                self._renew_beside()
            return self._keys[key_id]
        await self._renew(key_id)
        if key_id not in self._keys and self._failed:
            raise IssuerUnreachable("The keys of the token issuer are out of reach. Ask again soon.")
        return self._keys.get(key_id)

    async def close(self) -> None:
        """Give up a renewal under way."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)

    def _renew_beside(self) -> None:
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew(None))

    async def _renew(self, wanted: str | None) -> None:
        async with self._fetching:
            now, pause = time.monotonic(), self._retry if self._failed else self._cooldown
            came_meanwhile = wanted in self._keys and now - self._fetched_at < self._lifespan
            if came_meanwhile or now - self._tried_at < pause:
                self._forget_the_overdue()
                return
            self._tried_at = now
            try:
                keys = await self._fetch()
            except (httpx.HTTPError, httpx.InvalidURL, PyJWTError, ValueError) as error:
                self._failed = True
                _log.warning("keys of the token issuer not fetched", error=type(error).__name__)
                self._forget_the_overdue()
                return
            self._failed = False
            self._fetched_at = time.monotonic()
            self._keys = {key.key_id: key for key in keys}

    def _forget_the_overdue(self) -> None:
        if time.monotonic() - self._fetched_at >= self._grace:
            self._keys = {}


def fetch_from(*, issuer: str, jwks_url: str | None, development: bool) -> Fetch:
    """How to get the keys of an issuer over HTTP; without `jwks_url` the issuer is asked where they are."""

    async def fetch() -> list[SigningKey]:
        async with httpx.AsyncClient(timeout=FETCH_TIMEOUT_SECONDS) as client:
            url = jwks_url or await _discover(client, issuer=issuer, development=development)
            document = await _get_object(client, url)
        listed = document.get("keys")
        found = [_read_key(each) for each in cast("list[object]", listed)] if isinstance(listed, list) else []
        keys = [key for key in found if key is not None]
        if not keys:
            raise ValueError("the issuer has no key that can be used")
        return keys

    return fetch


def _read_key(jwk: object) -> SigningKey | None:
    """The key of a JWK, or None for what is no public key to check signatures with."""
    if not isinstance(jwk, dict):
        return None
    fields = cast("dict[str, Any]", jwk)
    key_id, algorithm = fields.get("kid"), fields.get("alg")
    if not isinstance(key_id, str) or fields.get("use", "sig") != "sig" or fields.get("kty") == "oct":
        return None
    try:
        public = PyJWK(fields).key
    except PyJWTError:
        return None
    return SigningKey(key_id, public, algorithm if isinstance(algorithm, str) else None)


async def _discover(client: httpx.AsyncClient, *, issuer: str, development: bool) -> str:
    about = await _get_object(client, issuer.rstrip("/") + "/.well-known/openid-configuration")
    url = about.get("jwks_uri")
    if about.get("issuer") != issuer:
        raise ValueError("the issuer calls itself by another name")
    if not isinstance(url, str) or not is_safe_url(url, development=development):
        raise ValueError("the issuer names no safe address of its keys")
    return url


async def _get_object(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    answer = await client.get(url, headers={"accept": "application/json"})
    answer.raise_for_status()
    if not answer.is_success or not isinstance(found := answer.json(), dict):
        raise ValueError("the issuer sent no JSON object")
    return cast("dict[str, Any]", found)
