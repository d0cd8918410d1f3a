"""The feedback service in this process, on a real MongoDB, and an organisation around it.

Requests go through the whole ASGI app with signed tokens; what other services publish is fed,
encoded as they would, through the guards of the service's own subscriptions.  No Kafka: what the
service publishes is looked for in its outbox.
"""

import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from services.feedback.app import SERVICE
from shared.access import Standing
from shared.contracts.base import Message, State
from shared.contracts.goals import GoalState, Visibility
from shared.contracts.people import ManagerChanged, PersonJoined, PersonLeft, PersonState, UnitState
from shared.ids import GoalId, PersonId, UnitId
from shared.messaging.envelope import Envelope, Record, encode_data, topic_of
from shared.messaging.incoming import EventJob
from shared.settings import read
from shared.signing_keys import SigningKey, SigningKeys
from shared.tokens import TokenVerifier

ISSUER = "https://id.example.com"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STARTED_AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


async def _keys() -> list[SigningKey]:
    return [SigningKey("test", KEY.public_key(), "RS256")]


@dataclass
class Person:
    """Somebody with a token, who asks the service."""

    client: AsyncClient
    headers: Mapping[str, str]

    async def get(self, path: str, **params: str) -> Response:
        return await self.client.get(path, params=params, headers=self.headers)

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, path, json=body, headers={**self.headers, **named})

    async def post(self, path: str, body: Any = None, **headers: str) -> Response:
        return await self.send("POST", path, body, **headers)

    async def listed(self, path: str, **params: str) -> list[dict[str, Any]]:
        answer = await self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]


@dataclass
class House:
    """The service and the organisation that it serves."""

    app: FastAPI
    client: AsyncClient
    _sequences: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def db(self) -> Any:
        return self.app.state.db

    def as_(self, person_id: str, *roles: str) -> Person:
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": "cairn", "sub": person_id, "iat": now, "exp": now + 300}
        token = jwt.encode({**claims, "roles": list(roles)}, KEY, "RS256", headers={"kid": "test"})
        return Person(self.client, {"Authorization": f"Bearer {token}"})

    async def publish(self, *messages: Message, at: datetime = STARTED_AT) -> list[EventJob]:
        return await self.feed(*[self.record(message, at=at) for message in messages])

    def record(self, message: Message, *, at: datetime = STARTED_AT) -> Record:
        envelope = self._envelope(type(message), message.subject, at)
        value = encode_data(message, envelope)
        return Record(topic_of(message), 0, 0, message.subject.encode(), value, tuple(envelope.headers()))

    async def erase(self, kind: type[State], subject: str) -> None:
        envelope = self._envelope(kind, subject, STARTED_AT)
        record = Record(topic_of(kind), 0, 0, subject.encode(), None, tuple(envelope.headers()))
        await self.feed(record)

    async def feed(self, *records: Record) -> list[EventJob]:
        """Run the reactions to the records; every one must end as applied or dropped."""
        runtime = self.app.state.runtime
        done: list[EventJob] = []
        for guard in runtime.guards:
            jobs = [guard.reader.read(record) for record in records if record.topic == guard.topic]
            await runtime.work.execute(jobs, guard.plan_final)
            done += jobs
        assert [job.outcome for job in done if job.outcome not in {"applied", "duplicate"}] == []
        return done

    def _envelope(self, kind: type[Message], subject: str, at: datetime) -> Envelope:
        key = topic_of(kind), subject
        self._sequences[key] += 1
        id_ = f"{subject}-{self._sequences[key]}"
        return Envelope(id_, f"/cairn/{kind.publisher}", kind.wire_type, subject, at, self._sequences[key])

    async def hire(self, person_id: str, *, manager_id: str | None = None, left: bool = False) -> None:
        await self.publish(person_state(person_id, manager_id=manager_id, left=left))

    async def let_go(self, person_id: str, *, at: datetime = STARTED_AT) -> None:
        """The event alone: the directory copy is told on another topic, sooner or later."""
        await self.publish(PersonLeft(person_id=PersonId(person_id), left_on=date(2026, 2, 1)), at=at)

    async def take_back(self, person_id: str) -> None:
        joined = PersonJoined(person_id=PersonId(person_id), manager_id=None, unit_id=None, joined_on=None)
        await self.publish(joined)

    async def move(self, person_id: str, *, old: str, new: str) -> None:
        changed = ManagerChanged(
            person_id=PersonId(person_id), from_manager_id=PersonId(old), to_manager_id=PersonId(new)
        )
        await self.publish(changed, person_state(person_id, manager_id=new))

    async def know_goal(self, goal_id: str, *, owner_id: str, visibility: Visibility = "everyone") -> None:
        await self.publish(goal_state(goal_id, owner_id=owner_id, visibility=visibility))

    async def published(self, *, subject: str | None = None, topic: str = "events") -> list[dict[str, Any]]:
        """The data of what waits to be sent, in order, with its type's short name; None for a null."""
        filter_ = {"topic": f"cairn.feedback.{topic}"} | ({"key": subject} if subject else {})
        rows = await self.db["outbox"].find(filter_).sort("_id", 1).to_list(None)
        return [
            {
                **(orjson.loads(row["value"]) if row["value"] else {"gone": True}),
                "said": row["type"].split(".")[2],
            }
            for row in rows
        ]

    async def said(self, *, subject: str | None = None) -> list[str]:
        return [event["said"] for event in await self.published(subject=subject)]


def person_state(person_id: str, *, manager_id: str | None = None, left: bool = False) -> PersonState:
    return PersonState(
        person_id=PersonId(person_id),
        given_name=person_id.title(),
        family_name="Doe",
        email=None,
        job_title=None,
        unit_id=UnitId("unit_all"),
        manager_id=PersonId(manager_id) if manager_id else None,
        location=None,
        time_zone="UTC",
        language="en",
        joined_on=None,
        left_on=None,
        status="left" if left else "active",
    )


def goal_state(goal_id: str, *, owner_id: str, visibility: Visibility) -> GoalState:
    return GoalState(
        goal_id=GoalId(goal_id),
        owner_id=PersonId(owner_id),
        title=None,
        kind="objective",
        level="person",
        status="agreed",
        outcome=None,
        visibility=visibility,
        parent_id=None,
        starts_on=date(2026, 1, 1),
        due_on=date(2026, 3, 31),
        weight=0,
        progress=0,
        key_results=(),
    )


STAFF: Sequence[tuple[str, str | None]] = [
    ("chief", None),
    ("manager", "chief"),
    ("other_manager", "chief"),
    ("anna", "manager"),
    ("ben", "manager"),
    ("peer", "other_manager"),
    ("partner", "chief"),
    ("admin", "chief"),
    ("auditor", "chief"),
]


@pytest.fixture(scope="session")
async def app(engines: Any) -> AsyncIterator[FastAPI]:
    """The service, made once for all tests; its database goes with it."""
    settings = read(
        "feedback",
        mongo_url=engines.mongo,
        mongo_database=f"t{uuid.uuid4().hex[:12]}",
        kafka_bootstrap=engines.kafka,
        oidc_issuer=ISSUER,
        development=True,
    )
    app = SERVICE.app(settings)
    app.state.tokens = TokenVerifier(settings, SigningKeys(_keys))
    app.state.standing = Standing(app.state.db, seconds=0)
    runtime = app.state.runtime
    await runtime.prepare_database()
    yield app
    await runtime.work.close()
    await runtime.client.drop_database(settings.mongo_database)
    runtime.client.close()


@pytest.fixture
async def house(app: FastAPI) -> AsyncIterator[House]:
    """The service with nothing but an organisation: anna and ben report to manager."""
    for collection in await app.state.db.list_collection_names():
        await app.state.db[collection].delete_many({})
    unit = UnitState(
        unit_id=UnitId("unit_all"),
        name="All",
        kind="company",
        parent_id=None,
        hr_partner_ids=(PersonId("partner"),),
    )
    async with AsyncClient(transport=ASGITransport(app), base_url="http://feedback") as client:
        house = House(app, client)
        await house.publish(unit, *[person_state(id_, manager_id=above) for id_, above in STAFF])
        yield house
