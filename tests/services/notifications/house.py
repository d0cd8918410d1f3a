"""The notifications service in this process, on a real MongoDB, and an organisation around it.

Requests go through the whole ASGI app with signed tokens; what other services publish is fed,
encoded as they would, through the guards of the service's own subscriptions.  No Kafka: what the
service publishes is looked for in its outbox.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI
from httpx import AsyncClient, Response

from services.notifications.app import SERVICE
from services.notifications.usecases.open_outlets import open_from
from shared.access import Standing
from shared.contracts import feedback, goals, reviews
from shared.contracts.base import Message, State
from shared.contracts.people import PersonState
from shared.fan_out import FanOutWorker
from shared.messaging.envelope import Envelope, Record, encode_data, topic_of
from shared.messaging.incoming import EventJob
from shared.runtime import Runtime
from shared.settings import Settings, read
from shared.signing_keys import SigningKey, SigningKeys
from shared.tokens import TokenVerifier

ISSUER = "https://id.example.com"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
STAFF: Sequence[tuple[str, str | None]] = [
    ("cleo", None),
    ("mona", "cleo"),
    ("olga", "cleo"),
    ("anna", "mona"),
    ("ben", "mona"),
]
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


async def _keys() -> list[SigningKey]:
    return [SigningKey("test", KEY.public_key(), "RS256")]


@dataclass
class Person:
    """Somebody with a token, who asks the service."""

    client: AsyncClient
    headers: Mapping[str, str]

    async def get(self, path: str, **params: Any) -> Response:
        return await self.client.get(path, params=params, headers=self.headers)

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, path, json=body, headers={**self.headers, **named})

    async def post(self, path: str) -> Response:
        return await self.send("POST", path)

    async def read(self, path: str, **params: Any) -> Any:
        answer = await self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def headlines(self, **params: Any) -> list[str]:
        return [item["headline"] for item in (await self.read("/notifications", **params))["items"]]

    async def kinds(self, **params: Any) -> list[str]:
        return [item["kind"] for item in (await self.read("/notifications", **params))["items"]]


@dataclass
class House:
    """The service, its settings and the organisation that it serves."""

    app: FastAPI
    client: AsyncClient
    _sequences: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def runtime(self) -> Runtime:
        return self.app.state.runtime

    @property
    def db(self) -> Any:
        return self.runtime.db

    @property
    def settings(self) -> Settings:
        return self.runtime.settings

    def as_(self, person_id: str, *roles: str) -> Person:
        return Person(self.client, {"Authorization": f"Bearer {token(person_id, *roles)}"})

    async def open_outlets(self, **fields: Any) -> Settings:
        """Open ways out as an operator would; the settings with them."""
        settings = self.settings.model_copy(update=fields)
        await open_from(settings, self.runtime.work)
        return settings

    async def publish(self, *messages: Message, at: datetime = AT) -> list[EventJob]:
        """Feed messages of which every one must be applied; several of one topic share a transaction."""
        jobs = await self.feed(*[self.record(message, at=at) for message in messages])
        assert [job.outcome for job in jobs if job.outcome not in {"applied", "duplicate"}] == []
        return jobs

    def record(self, message: Message, *, at: datetime = AT) -> Record:
        envelope = self._envelope(type(message), message.subject, at)
        value = encode_data(message, envelope)
        return Record(topic_of(message), 0, 0, message.subject.encode(), value, tuple(envelope.headers()))

    def null(self, kind: type[State], subject: str) -> Record:
        envelope = self._envelope(kind, subject, AT)
        return Record(topic_of(kind), 0, 0, subject.encode(), None, tuple(envelope.headers()))

    async def feed(self, *records: Record) -> list[EventJob]:
        done: list[EventJob] = []
        for guard in self.runtime.guards:
            jobs = [guard.reader.read(record) for record in records if record.topic == guard.topic]
            if jobs:
                await self.runtime.work.execute(jobs, guard.plan_final)
                done += jobs
        return done

    def _envelope(self, kind: type[Message], subject: str, at: datetime) -> Envelope:
        key = topic_of(kind), subject
        self._sequences[key] += 1
        number = self._sequences[key]
        id_, source = f"{kind.publisher}-{subject}-{number}", f"/cairn/{kind.publisher}"
        return Envelope(id_, source, kind.wire_type, subject, at, number, correlation_id="story")

    async def hire(self, *people: PersonState) -> None:
        await self.publish(*people)

    async def expand(self) -> None:
        """Run the open fan-outs to their end."""
        worker = FanOutWorker(self.runtime.work, SERVICE.expansions)
        while await worker.turn():
            pass

    async def make_due(self) -> None:
        """Let the pauses and claims of all open deliveries be over."""
        await self.db["deliveries"].update_many({"state": "due"}, {"$set": {"due_at": LONG_AGO}})

    async def told(self) -> list[tuple[str, str]]:
        """Who was told what: person and kind, in order."""
        docs = await self.db["notifications"].find().to_list(None)
        return sorted((doc["person_id"], doc["kind"]) for doc in docs)

    async def said(self, topic: str = "events") -> list[dict[str, Any]]:
        """What waits to be published, in order, with its type's short name; nulls as `gone`."""
        rows = (
            await self.db["outbox"]
            .find({"topic": f"cairn.notifications.{topic}"})
            .sort("_id", 1)
            .to_list(None)
        )
        return [
            {
                **(orjson.loads(row["value"]) if row["value"] else {"gone": True}),
                "said": row["type"].split(".")[2],
            }
            for row in rows
        ]

    async def require_true_counts(self) -> None:
        """Every inbox counts what a recount finds."""
        unread = Counter[str]()
        raised = Counter[str]()
        async for doc in self.db["notifications"].find():
            unread[doc["person_id"]] += doc["unread"]
            raised[doc["person_id"]] += "inbox" in doc["channels"]
        inboxes = {doc["_id"]: doc async for doc in self.db["inboxes"].find()}
        for person_id in raised.keys() | inboxes.keys():
            inbox = inboxes.get(person_id, {"unread": 0, "raised": 0})
            assert (inbox["unread"], inbox["raised"]) == (unread[person_id], raised[person_id]), person_id


def token(person_id: str, *roles: str) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "cairn", "sub": person_id, "iat": now, "exp": now + 300}
    return jwt.encode({**claims, "roles": list(roles)}, KEY, "RS256", headers={"kid": "test"})


def make_app(engines: Any, database: str, **fields: Any) -> FastAPI:
    """The app, not started: no Kafka, no workers."""
    named: dict[str, Any] = {
        "mongo_url": engines.mongo,
        "mongo_database": database,
        "kafka_bootstrap": engines.kafka,
        "oidc_issuer": ISSUER,
        "development": True,
        "smtp_sender": "Cairn <cairn@example.com>",
    }
    settings = read("notifications", **named | fields)
    app = SERVICE.app(settings)
    app.state.tokens = TokenVerifier(settings, SigningKeys(_keys))
    app.state.standing = Standing(app.state.db, seconds=0)
    return app


def person(person_id: str, **other: Any) -> PersonState:
    fields: dict[str, Any] = {
        "person_id": person_id,
        "given_name": person_id.title(),
        "family_name": "Doe",
        "email": f"{person_id}@example.com",
        "job_title": None,
        "unit_id": None,
        "manager_id": None,
        "location": None,
        "time_zone": "UTC",
        "language": "en",
        "joined_on": None,
        "left_on": None,
        "status": "active",
    }
    return PersonState.model_validate(fields | other)


def proposal(goal_id: str, *, by: str = "anna", to: str = "mona") -> goals.GoalProposed:
    return goals.GoalProposed.model_validate(
        {"goal_id": goal_id, "owner_id": "anna", "visibility": "line", "by_person_id": by, "to_person_id": to}
    )


def checked_in(goal_id: str, *, confidence: float = 0.2, owner: str = "anna") -> goals.GoalCheckedIn:
    said = {"confidence": confidence, "blocker_kinds": ["process"], "goal_progress": 0.1}
    named = {"goal_id": goal_id, "owner_id": owner, "visibility": "line", "by_person_id": owner}
    return goals.GoalCheckedIn.model_validate(named | said)


def praise(
    feedback_id: str, *, to: str = "anna", by: str = "ben", visibility: feedback.Visibility = "receiver"
) -> feedback.FeedbackGiven:
    said = {
        "kind": "praise",
        "visibility": visibility,
        "goal_id": None,
        "competency": None,
        "request_id": None,
    }
    return feedback.FeedbackGiven.model_validate(
        {"feedback_id": feedback_id, "giver_id": by, "receiver_id": to, **said}
    )


def review_opened(review_id: str, *, of: str = "anna") -> reviews.ReviewOpened:
    due = {"self_due_on": "2026-04-01", "manager_due_on": "2026-04-15"}
    named = {"review_id": review_id, "cycle_id": "cycle_1", "person_id": of, "reviewer_id": "mona"}
    return reviews.ReviewOpened.model_validate(named | due)


async def until(holds: Callable[[], Awaitable[Any]], *, within: timedelta = timedelta(seconds=15)) -> Any:
    """The first true value of the condition; fails if there is none in time."""
    deadline = time.monotonic() + within.total_seconds()
    while True:
        value = await holds()
        if value:
            return value
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.02)
