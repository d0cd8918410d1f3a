"""The reviews service in this process, on a real MongoDB, and an organisation around it.

Requests go through the whole ASGI app with signed tokens; what other services publish is fed,
encoded as they would, through the guards of the service's own subscriptions.  No Kafka: what the
service publishes is looked for in its outbox.
"""

import time
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from services.reviews.app import SERVICE
from shared.contracts import feedback, goals
from shared.contracts.base import Message
from shared.contracts.people import ManagerChanged, PersonJoined, PersonLeft, PersonState, UnitState
from shared.fan_out import FanOutWorker
from shared.ids import FeedbackId, GoalId, KeyResultId, PersonId, UnitId
from shared.messaging.envelope import Envelope, Record, encode_data, topic_of
from shared.messaging.incoming import EventJob
from shared.settings import read
from shared.signing_keys import SigningKey, SigningKeys
from shared.tokens import TokenVerifier
from shared.work import Work

ISSUER = "https://id.example.com"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
LAUNCHED_AT = datetime(2026, 4, 1, 9, tzinfo=UTC)
IN_PERIOD = datetime(2026, 2, 10, 9, tzinfo=UTC)
AFTER_SELF_DUE = datetime(2026, 4, 16, 9, tzinfo=UTC)
CYCLE = {
    "name": "First quarter",
    "period": {"starts_on": "2026-01-01", "ends_on": "2026-03-31"},
    "self_due_on": "2026-04-15",
    "manager_due_on": "2026-04-30",
    "population": {"everyone": True},
}


async def _keys() -> list[SigningKey]:
    return [SigningKey("test", KEY.public_key(), "RS256")]


@dataclass
class Person:
    """Somebody with a token, who asks the service at a time."""

    client: AsyncClient
    headers: Mapping[str, str]

    def at(self, instant: datetime) -> "Person":
        return Person(self.client, {**self.headers, "Cairn-Time": instant.isoformat()})

    async def get(self, path: str, **params: Any) -> Response:
        return await self.client.get(path, params=params, headers=self.headers)

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, path, json=body, headers={**self.headers, **named})

    async def post(self, path: str, body: Any = None, **headers: str) -> Response:
        return await self.send("POST", path, body, **headers)

    async def put(self, path: str, body: Any, **headers: str) -> Response:
        return await self.send("PUT", path, body, **headers)

    async def read(self, path: str, **params: Any) -> Any:
        answer = await self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def does(self, path: str, body: Any = None) -> Any:
        answer = await self.post(path, body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()


@dataclass
class House:
    """The service and the organisation that it serves."""

    app: FastAPI
    client: AsyncClient
    _sequences: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def db(self) -> Any:
        return self.app.state.db

    @property
    def work(self) -> Work:
        return self.app.state.work

    def as_(self, person_id: str, *roles: str) -> Person:
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": "cairn", "sub": person_id, "iat": now, "exp": now + 300}
        token = jwt.encode({**claims, "roles": list(roles)}, KEY, "RS256", headers={"kid": "test"})
        return Person(self.client, {"Authorization": f"Bearer {token}"}).at(LAUNCHED_AT)

    @property
    def admin(self) -> Person:
        return self.as_("admin", "hr_admin")

    async def launch(self, **terms: Any) -> str:
        """A cycle whose reviews are all open."""
        cycle = await self.admin.does("/cycles", {**CYCLE, **terms})
        await self.expand()
        return cycle["cycle_id"]

    async def expand(self) -> None:
        """Run the fan-out worker until nothing is left."""
        await drain(FanOutWorker(self.work, SERVICE.expansions))

    async def review_of(self, person_id: str, cycle_id: str | None = None) -> dict[str, Any]:
        wanted = {"person_id": person_id} | ({"cycle_id": cycle_id} if cycle_id else {})
        doc = await self.db["reviews"].find_one(wanted)
        assert doc is not None
        return doc

    async def opened(self, person_id: str = "anna") -> str:
        """The id of a person's review in a new cycle for everyone."""
        return (await self.review_of(person_id, await self.launch()))["_id"]

    async def assessed(self, person_id: str = "anna", *, by: str = "manager", rating: int = 4) -> str:
        """A review that is ready to share."""
        review_id = await self.opened(person_id)
        await self.as_(person_id).does(f"/reviews/{review_id}/self-assessment/submission", own_words())
        path = f"/reviews/{review_id}/manager-assessment/submission"
        await self.as_(by).does(path, manager_words(rating))
        return review_id

    async def publish(self, *messages: Message, at: datetime = LAUNCHED_AT) -> list[EventJob]:
        return await self.feed(*[self.record(message, at=at) for message in messages])

    def record(self, message: Message, *, at: datetime = LAUNCHED_AT) -> Record:
        kind = type(message)
        key = topic_of(kind), message.subject
        self._sequences[key] += 1
        sequence = self._sequences[key]
        id_ = f"{message.subject}-{sequence}"
        envelope = Envelope(id_, f"/cairn/{kind.publisher}", kind.wire_type, message.subject, at, sequence)
        value = encode_data(message, envelope)
        return Record(topic_of(kind), 0, 0, message.subject.encode(), value, tuple(envelope.headers()))

    async def feed(self, *records: Record) -> list[EventJob]:
        """Run the reactions to the records; every one must end as applied or dropped."""
        runtime = self.app.state.runtime
        done: list[EventJob] = []
        for guard in runtime.guards:
            jobs = [guard.reader.read(record) for record in records if record.topic == guard.topic]
            if jobs:
                await runtime.work.execute(jobs, guard.plan_final)
            done += jobs
        strange = [job for job in done if job.outcome not in {"applied", "duplicate", "held", "unknown"}]
        assert [(job.outcome, job.error, job.unreadable) for job in strange] == []
        return done

    async def let_go(self, person_id: str) -> None:
        """The event alone: the directory copy is told on another topic, sooner or later."""
        await self.publish(PersonLeft(person_id=PersonId(person_id), left_on=date(2026, 4, 2)))

    async def move(self, person_id: str, *, old: str | None, new: str | None) -> None:
        """The event alone."""
        await self.publish(
            ManagerChanged(
                person_id=PersonId(person_id),
                from_manager_id=PersonId(old) if old else None,
                to_manager_id=PersonId(new) if new else None,
            )
        )

    async def published(self, *, subject: str | None = None, topic: str = "events") -> list[dict[str, Any]]:
        """The data of what waits to be sent, in order, with its type's short name."""
        filter_ = {"topic": f"cairn.reviews.{topic}"} | ({"key": subject} if subject else {})
        rows = await self.db["outbox"].find(filter_).sort("_id", 1).to_list(None)
        return [{**orjson.loads(row["value"]), "said": row["type"].split(".")[2]} for row in rows]

    async def said(self, subject: str) -> list[str]:
        return [event["said"] for event in await self.published(subject=subject)]

    async def state(self, subject: str) -> dict[str, Any]:
        return (await self.published(subject=subject, topic="state"))[-1]


async def drain(worker: FanOutWorker) -> None:
    while await worker.turn():
        pass


def own_words(text: str = "I shipped it", **more: Any) -> dict[str, Any]:
    return {"texts": {"achievements": text}, **more}


def manager_words(rating: int = 4, text: str = "She shipped it") -> dict[str, Any]:
    return {"texts": {"achievements": text}, "rating": rating}


def person_state(person_id: str, *, manager_id: str | None = None, unit_id: str = "unit_all") -> PersonState:
    return PersonState(
        person_id=PersonId(person_id),
        given_name=person_id.title(),
        family_name="Doe",
        email=None,
        job_title=None,
        unit_id=UnitId(unit_id),
        manager_id=PersonId(manager_id) if manager_id else None,
        location=None,
        time_zone="UTC",
        language="en",
        joined_on=None,
        left_on=None,
        status="active",
    )


def joined(person_id: str, *, manager_id: str | None = None) -> PersonJoined:
    return PersonJoined(
        person_id=PersonId(person_id),
        manager_id=PersonId(manager_id) if manager_id else None,
        unit_id=None,
        joined_on=None,
    )


def feedback_given(
    feedback_id: str = "f1",
    *,
    receiver_id: str = "anna",
    giver_id: str = "peer",
    visibility: feedback.Visibility = "receiver_and_manager",
) -> feedback.FeedbackGiven:
    return feedback.FeedbackGiven(
        feedback_id=FeedbackId(feedback_id),
        giver_id=PersonId(giver_id),
        receiver_id=PersonId(receiver_id),
        kind="praise",
        visibility=visibility,
        goal_id=None,
        competency=None,
        request_id=None,
    )


def goal_life(
    goal_id: str = "g1", *, owner_id: str = "anna", visibility: goals.Visibility = "line"
) -> list[Message]:
    """A goal of the first quarter from draft to close, with a measurement and a check-in."""
    named: Any = {"goal_id": GoalId(goal_id), "owner_id": PersonId(owner_id), "visibility": visibility}
    dates: Any = {"starts_on": date(2026, 1, 1), "due_on": date(2026, 3, 31)}
    boss = PersonId("manager")
    return [
        goals.GoalDrafted(**named, **dates, kind="objective", level="person", parent_id=None),
        goals.GoalProposed(**named, by_person_id=PersonId(owner_id), to_person_id=boss),
        goals.GoalAgreed(**named, **dates, by_person_id=boss),
        goals.KeyResultMeasured(
            **named,
            key_result_id=KeyResultId("k1"),
            value=7,
            measured_at=IN_PERIOD,
            key_result_progress=0.7,
            goal_progress=0.7,
        ),
        goals.GoalCheckedIn(
            **named, by_person_id=PersonId(owner_id), confidence=0.8, blocker_kinds=(), goal_progress=0.7
        ),
        goals.GoalClosed(**named, by_person_id=boss, outcome="achieved", progress=1.0),
    ]


STAFF: Sequence[tuple[str, str | None, str]] = [
    ("chief", None, "unit_all"),
    ("manager", "chief", "unit_sales"),
    ("other_manager", "chief", "unit_all"),
    ("anna", "manager", "unit_sales"),
    ("ben", "manager", "unit_north"),
    ("peer", "other_manager", "unit_all"),
    ("partner", "chief", "unit_all"),
    ("other_partner", "chief", "unit_all"),
    ("admin", "chief", "unit_all"),
    ("auditor", "chief", "unit_all"),
]
UNITS: Sequence[tuple[str, str | None, Sequence[str]]] = [
    ("unit_all", None, ("other_partner",)),
    ("unit_sales", "unit_all", ("partner",)),
    ("unit_north", "unit_sales", ()),
]


@asynccontextmanager
async def open_house(*, mongo: str, kafka: str, database: str) -> AsyncGenerator[House]:
    """The service with an organisation: anna and ben report to manager, who reports to chief."""
    settings = read(
        "reviews",
        mongo_url=mongo,
        mongo_database=database,
        kafka_bootstrap=kafka,
        oidc_issuer=ISSUER,
        development=True,
    )
    app = SERVICE.app(settings)
    app.state.tokens = TokenVerifier(settings, SigningKeys(_keys))
    await app.state.runtime.prepare_database()
    async with AsyncClient(transport=ASGITransport(app), base_url="http://reviews") as client:
        house = House(app, client)
        units = [
            UnitState(
                unit_id=UnitId(unit_id),
                name=unit_id,
                kind="department",
                parent_id=UnitId(parent_id) if parent_id else None,
                hr_partner_ids=tuple(map(PersonId, partners)),
            )
            for unit_id, parent_id, partners in UNITS
        ]
        people = [person_state(id_, manager_id=above, unit_id=unit) for id_, above, unit in STAFF]
        await house.publish(*units, *people, *[joined(id_, manager_id=above) for id_, above, _ in STAFF])
        yield house
        await app.state.work.close()
        app.state.runtime.client.close()
