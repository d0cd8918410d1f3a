"""Somebody with a token who asks a service, in process: what a test writes instead of a browser."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from httpx import AsyncClient, Response

from shared.signing_keys import SigningKey, SigningKeys

ISSUER = "https://id.example.com"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signing_keys() -> SigningKeys:
    """The keys of the tests' issuer, as a verifier takes them."""

    async def keys() -> list[SigningKey]:
        return [SigningKey("test", KEY.public_key(), "RS256")]

    return SigningKeys(keys)


def token(person_id: str, *roles: str, **claims: Any) -> str:
    now = int(time.time())
    said = {"iss": ISSUER, "aud": "cairn", "sub": person_id, "iat": now, "exp": now + 300}
    return jwt.encode({**said, "roles": list(roles), **claims}, KEY, "RS256", headers={"kid": "test"})


@dataclass(frozen=True)
class Asker:
    """Sends requests with the same headers; header names are written with underscores.

    `get`, `post`, `put`, `patch`, `delete` and `send` give the answer, whatever it is; `read`,
    `listed` and `does` its JSON, and fail unless the service did what was asked.
    """

    client: AsyncClient
    headers: Mapping[str, str]

    def with_(self, **headers: str) -> Self:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})

    def at(self, instant: datetime) -> Self:
        """As if it were so late; for services in development."""
        return self.with_(Cairn_Time=instant.isoformat())

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        return await self.client.request(method, path, json=body, headers={**self.with_(**headers).headers})

    async def get(self, path: str, **params: Any) -> Response:
        return await self.client.get(path, params=params, headers={**self.headers})

    async def post(self, path: str, body: Any = None, **headers: str) -> Response:
        return await self.send("POST", path, body, **headers)

    async def put(self, path: str, body: Any = None, **headers: str) -> Response:
        return await self.send("PUT", path, body, **headers)

    async def patch(self, path: str, body: Any = None, **headers: str) -> Response:
        return await self.send("PATCH", path, body, **headers)

    async def delete(self, path: str, **headers: str) -> Response:
        return await self.send("DELETE", path, **headers)

    async def read(self, path: str, **params: Any) -> Any:
        answer = await self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def listed(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """The items of all pages."""
        page = await self.read(path, **params)
        items: list[dict[str, Any]] = page["items"]
        while page["next"] is not None:
            page = await self.read(path, **{**params, "cursor": page["next"]})
            items += page["items"]
        return items

    async def does(self, path: str, body: Any = None, *, method: str = "POST", **headers: str) -> Any:
        answer = await self.send(method, path, body, **headers)
        assert answer.status_code in {200, 201, 202, 204}, (answer.status_code, answer.text)
        return answer.json() if answer.content else None


def rule_of(answer: Response) -> str:
    """The rule that refused, by the name in its problem."""
    return answer.json()["type"].rpartition(":")[2]
