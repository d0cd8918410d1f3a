"""The people service in this process, on a real MongoDB.

Requests go through the whole ASGI app with signed tokens.  No Kafka: what the service publishes is
taken from its outbox, and `settle` feeds its state back through the guards of its own subscription,
as the consumer would, and expands its fan-outs.
"""

import time
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from services.people.app import SERVICE
from shared.access import Standing
from shared.fan_out import FanOutWorker
from shared.messaging.envelope import Record
from shared.settings import Settings, read
from shared.signing_keys import SigningKey, SigningKeys
from shared.tokens import TokenVerifier

ISSUER = "https://id.example.com"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


async def _keys() -> list[SigningKey]:
    return [SigningKey("test", KEY.public_key(), "RS256")]


@dataclass
class Asker:
    """Somebody with a token, who asks the service."""

    client: AsyncClient
    headers: Mapping[str, str]

    async def get(self, path: str, **params: Any) -> Response:
        return await self.client.get(path, params=params, headers=self.headers)

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, path, json=body, headers={**self.headers, **named})

    async def post(self, path: str, body: Any = None, **headers: str) -> Response:
        return await self.send("POST", path, body, **headers)

    async def patch(self, path: str, body: Any = None, **headers: str) -> Response:
        return await self.send("PATCH", path, body, **headers)

    async def put(self, path: str, body: Any = None, **headers: str) -> Response:
        return await self.send("PUT", path, body, **headers)

    async def listed(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All pages."""
        items: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            answer = await self.get(path, **params, **cursor)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            items += page["items"]
            if page["next"] is None:
                return items
            cursor = {"cursor": page["next"]}

    async def names(self, path: str = "/people", **params: Any) -> list[str]:
        return [entry["name"] for entry in await self.listed(path, **params)]

    async def upload(self, content: str | bytes, **params: Any) -> Response:
        sent = content.encode() if isinstance(content, str) else content
        headers = {**self.headers, "Content-Type": "text/csv"}
        return await self.client.post("/imports", content=sent, params=params, headers=headers)


@dataclass
class House:
    """The service, and what its surroundings do for it."""

    app: FastAPI
    client: AsyncClient
    _fed: set[Any] = field(default_factory=set)

    @property
    def db(self) -> Any:
        return self.app.state.db

    @property
    def admin(self) -> Asker:
        """HR's own system: nobody in the directory."""
        return self.as_("hr-system", "hr_admin")

    def as_(self, person_id: str, *roles: str) -> Asker:
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": "cairn", "sub": person_id, "iat": now, "exp": now + 300}
        token = jwt.encode({**claims, "roles": list(roles)}, KEY, "RS256", headers={"kid": "test"})
        return Asker(self.client, {"Authorization": f"Bearer {token}"})

    async def hire(self, name: str, **details: Any) -> str:
        """The id of somebody new."""
        given, _, family = name.partition(" ")
        body = {"given_name": given, "family_name": family, **details}
        answer = await self.admin.post("/people", body)
        assert answer.status_code == 201, answer.text
        return answer.json()["person_id"]

    async def make_unit(self, name: str, kind: str = "department", **more: Any) -> str:
        answer = await self.admin.post("/units", {"name": name, "kind": kind, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()["unit_id"]

    async def settle(self) -> None:
        """Until there is nothing left to expand or to feed back."""
        runtime = self.app.state.runtime
        worker = FanOutWorker(runtime.work, SERVICE.expansions)
        while True:
            while await worker.turn():
                pass
            if not await self._feed():
                return

    async def _feed(self) -> bool:
        runtime = self.app.state.runtime
        [guard] = runtime.guards
        rows = await self.db["outbox"].find({"topic": guard.topic}).sort("_id", 1).to_list(None)
        new = [row for row in rows if row["_id"] not in self._fed]
        self._fed |= {row["_id"] for row in new}
        records = [
            Record(row["topic"], 0, 0, row["key"].encode(), row["value"], tuple(map(tuple, row["headers"])))
            for row in new
        ]
        jobs = [guard.reader.read(record) for record in records]
        for start in range(0, len(jobs), 1000):
            await runtime.work.execute(jobs[start : start + 1000], guard.plan_final)
        assert [job.outcome for job in jobs if job.outcome not in {"applied", "duplicate"}] == []
        return bool(new)

    async def published(self, *, subject: str | None = None, topic: str = "events") -> list[dict[str, Any]]:
        """The data of what waits to be sent, in order, with its type's short name; None for a null."""
        filter_ = {"topic": f"cairn.people.{topic}"} | ({"key": subject} if subject else {})
        rows = await self.db["outbox"].find(filter_).sort("_id", 1).to_list(None)
        return [{**orjson.loads(row["value"]), "said": row["type"].split(".")[2]} for row in rows]

    async def said(self, *, subject: str | None = None) -> list[str]:
        return [event["said"] for event in await self.published(subject=subject)]

    async def imported(self, content: str | bytes, **params: Any) -> dict[str, Any]:
        """Import a file to its end; the report."""
        begun = await self.admin.upload(content, **params)
        assert begun.status_code == 202, begun.text
        await self.settle()
        report = (await self.admin.get(f"/imports/{begun.json()['import_id']}")).json()
        assert report["state"] == "done"
        return report

    async def person(self, person_id: str) -> dict[str, Any]:
        answer = await self.admin.get(f"/people/{person_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def numbered(self, employee_number: str) -> dict[str, Any]:
        [found] = await self.admin.listed("/people", employee_number=employee_number)
        return found


def app_of(settings: Settings) -> FastAPI:
    """The service's app, not started, that takes the tests' tokens."""
    app = SERVICE.app(settings)
    app.state.tokens = TokenVerifier(settings, SigningKeys(_keys))
    app.state.standing = Standing(app.state.db, seconds=0)
    return app


@pytest.fixture(scope="session")
def settings(engines: Any) -> Settings:
    return read(
        "people",
        mongo_url=engines.mongo,
        mongo_database=f"t{uuid.uuid4().hex[:12]}",
        kafka_bootstrap=engines.kafka,
        oidc_issuer=ISSUER,
        development=True,
    )


@pytest.fixture(scope="session")
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The service, made once for all tests; its database goes with it."""
    app = app_of(settings)
    runtime = app.state.runtime
    await runtime.prepare_database()
    yield app
    await runtime.work.close()
    await runtime.client.drop_database(settings.mongo_database)
    runtime.client.close()


@pytest.fixture
async def second_house(house: "House", settings: Settings) -> AsyncIterator["House"]:
    """Another process of the service, as far as the database can tell."""
    app = app_of(settings)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://people") as client:
        yield House(app, client)
    await app.state.runtime.work.close()
    app.state.runtime.client.close()


@pytest.fixture
async def house(app: FastAPI) -> AsyncIterator[House]:
    """The service with nobody in it."""
    for collection in await app.state.db.list_collection_names():
        await app.state.db[collection].delete_many({})
    async with AsyncClient(transport=ASGITransport(app), base_url="http://people") as client:
        yield House(app, client)
