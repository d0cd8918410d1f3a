"""A service in this process, on a real MongoDB, and the world around it.

Requests go through the whole ASGI app with signed tokens; what other services publish is fed,
encoded as they would, through the guards of the service's own subscriptions.  No Kafka: what the
service publishes is looked for in its outbox.  A service's tests subclass `House` for its verbs,
or `StaffedHouse` if people come, move and leave around the service.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Collection, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal, Self

import orjson
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from shared.access import Standing
from shared.contracts.base import Message, State
from shared.contracts.people import PersonState
from shared.due import DueWorker
from shared.erasure import TURNS, Retention
from shared.fan_out import FanOutWorker
from shared.identity import service_caller
from shared.ids import PersonId
from shared.messaging.envelope import Envelope, Record, encode_data, topic_of
from shared.messaging.incoming import EventJob
from shared.runtime import Runtime
from shared.service import Service
from shared.settings import Settings, read
from shared.tokens import TokenVerifier
from shared.work import Work
from tests.services.asker import ISSUER, Asker, signing_keys, token
from tests.services.organisation import (
    STAFF,
    UNITS,
    Hired,
    Unit,
    manager_changed,
    person_joined,
    person_left,
    person_state,
    unit_state,
)

STARTED_AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
Said = Literal["event", "state"]
BOTH: frozenset[Said] = frozenset({"event", "state"})


@dataclass
class House:
    """The service, who asks it and what it is told.

    `now` is the time of every request, none for the real one; `told_at` that of what is told.
    `settled` are the outcomes of records that need no word in a test.
    """

    settled: ClassVar[Collection[str]] = frozenset({"applied", "duplicate"})

    app: FastAPI
    client: AsyncClient
    now: datetime | None = None
    told_at: datetime = STARTED_AT
    _sequences: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def runtime(self) -> Runtime:
        return self.app.state.runtime

    @property
    def service(self) -> Service:
        return self.runtime.service

    @property
    def work(self) -> Work:
        return self.runtime.work

    @property
    def db(self) -> Any:
        return self.runtime.db

    @property
    def settings(self) -> Settings:
        return self.runtime.settings

    def as_(self, person_id: str, *roles: str, **claims: Any) -> Asker:
        asker = Asker(self.client, {"Authorization": f"Bearer {token(person_id, *roles, **claims)}"})
        return asker if self.now is None else asker.at(self.now)

    async def erase(self, kind: type[State], subject: str) -> None:
        """Have somebody or something erased, and forgotten as far as it was there."""
        await self.feed(self.null(kind, subject))
        await self.forget()

    async def publish(self, *messages: Message, at: datetime | None = None) -> list[EventJob]:
        return await self.feed(*[self.record(message, at=at) for message in messages])

    async def feed(self, *records: Record, expect: Collection[str] | None = None) -> list[EventJob]:
        """Run the reactions to the records, those of a topic together; each must end as expected."""
        expected = self.settled if expect is None else expect
        done: list[EventJob] = []
        for guard in self.runtime.guards:
            jobs = [guard.reader.read(record) for record in records if record.topic == guard.topic]
            if jobs:
                await self.work.execute(jobs, guard.plan_final)
            done += jobs
        strange = [job for job in done if job.outcome not in expected]
        assert [(job.outcome, job.error, job.unreadable) for job in strange] == []
        return done

    def record(self, message: Message, *, at: datetime | None = None) -> Record:
        envelope = self._envelope(type(message), message.subject, at or self.told_at)
        value = encode_data(message, envelope)
        return Record(
            topic_of(type(message)), 0, 0, message.subject.encode(), value, tuple(envelope.headers())
        )

    def null(self, kind: type[State], subject: str) -> Record:
        envelope = self._envelope(kind, subject, self.told_at)
        return Record(topic_of(kind), 0, 0, subject.encode(), None, tuple(envelope.headers()))

    async def expand(self) -> None:
        """Run the open fan-outs to their end."""
        await drain(FanOutWorker(self.work, self.service.expansions))

    async def forget(self, *, later: bool = False) -> None:
        """Let the worker forget who was erased; `later`: the time of the second look has come."""
        if later:
            await self.db[TURNS].update_many({}, {"$set": {"due_at": datetime.now(UTC)}})
        forgetter = self.runtime.forgetter
        assert forgetter is not None
        worker = DueWorker(self.work, TURNS, forgetter.take_turn)
        while await self.db[TURNS].find_one({"due_at": {"$lte": datetime.now(UTC)}}) is not None:
            await worker.turn()

    async def retain(self, kind: str, *, days: int, at: datetime, held: Collection[str] = ()) -> int:
        """Let it be `at`, and the worker remove what of a kind is older than so many days; how many."""
        [ages] = [each for each in self.service.ages if each.kind == kind]
        removed: list[int] = []

        async def on_hold() -> Collection[PersonId]:
            return {PersonId(each) for each in held}

        retention = Retention(
            self.work,
            ages,
            keep=timedelta(days=days),
            held=on_hold,
            by=service_caller(self.service.name),
            on_removed=removed.append,
        )
        with clock_at(self.work, at):
            while await retention.turn():
                pass
        return sum(removed)

    async def published(self, *, subject: str | None = None, topic: str = "events") -> list[dict[str, Any]]:
        """The data of what waits to be sent, in order, with its type's short name; a null is `gone`."""
        wanted = {"topic": f"cairn.{self.service.name}.{topic}"} | ({"key": subject} if subject else {})
        rows = await self.db["outbox"].find(wanted).sort("_id", 1).to_list(None)
        return [
            {
                **(orjson.loads(row["value"]) if row["value"] else {"gone": True}),
                "said": row["type"].split(".")[2],
            }
            for row in rows
        ]

    async def disorder(self) -> list[str]:
        """What subscribers could not follow: events that are not numbered on, states behind older ones."""
        rows = await self.db["outbox"].find({}, {"value": 0}).sort("_id", 1).to_list(None)
        last: dict[tuple[str, str], int] = {}
        wrong: list[str] = []
        for row in rows:
            line, event = (row["topic"], row["key"]), row["topic"].endswith(".events")
            before, now = last.get(line), row["sequence"]
            if before is not None and (now != before + 1 if event else now <= before):
                wrong.append(f"{row['type']} of {row['key']}: {now} after {before}")
            last[line] = now
        return wrong

    async def said(self, subject: str | None = None) -> list[str]:
        """The short names of the events, in order."""
        return [event["said"] for event in await self.published(subject=subject)]

    async def state(self, subject: str) -> dict[str, Any]:
        """The newest state."""
        return (await self.published(subject=subject, topic="state"))[-1]

    async def text_of(self, collection: str) -> str:
        """All that a collection holds, to look for words in."""
        docs = await self.db[collection].find({}).to_list(None)
        return orjson.dumps(docs, default=_text).decode()

    @asynccontextmanager
    async def twin(self) -> AsyncGenerator[Self]:
        """The service once more, as another process would run it on the same database."""
        app = make_app(self.service, self.runtime.settings)
        async with AsyncClient(transport=ASGITransport(app), base_url="http://service") as client:
            yield type(self)(app, client, self.now)
        await app.state.work.close()
        app.state.runtime.client.close()

    def _envelope(self, kind: type[Message], subject: str, at: datetime) -> Envelope:
        key = topic_of(kind), subject
        self._sequences[key] += 1
        number = self._sequences[key]
        id_ = f"{topic_of(kind)}-{subject}-{number}"
        source = f"/cairn/{kind.publisher}"
        return Envelope(id_, source, kind.wire_type, subject, at, number, correlation_id="story")


@dataclass
class StaffedHouse(House):
    """The service and the people whom it serves, as the people service tells of them."""

    settled: ClassVar[Collection[str]] = House.settled | {"unknown"}

    people: dict[str, PersonState] = field(default_factory=dict)

    async def found(self, staff: Sequence[Hired] = STAFF, units: Sequence[Unit] = UNITS) -> None:
        """Let the service know an organisation."""
        self._have(staff)
        joined = [person_joined(each.person_id, manager_id=each.manager_id) for each in staff]
        await self.publish(*map(unit_state, units), *joined, *self.people.values())

    async def know_people(self, staff: Sequence[Hired] = STAFF) -> None:
        """By their states alone, which every service hears of."""
        self._have(staff)
        await self.publish(*self.people.values())

    def _have(self, staff: Sequence[Hired]) -> None:
        self.people |= {
            each.person_id: person_state(each.person_id, manager_id=each.manager_id, unit_id=each.unit_id)
            for each in staff
        }

    async def hire(self, person_id: str, *, said: Collection[Said] = BOTH, **other: Any) -> None:
        joined = person_joined(person_id, manager_id=other.get("manager_id"))
        await self._tell(person_state(person_id, **other), joined, said)

    async def let_go(
        self, person_id: str, *, at: datetime | None = None, said: Collection[Said] = BOTH
    ) -> None:
        """Event and state come on two topics: `said` lets one be there without the other."""
        left = person_left(person_id)
        await self._tell(self._changed(person_id, status="left", left_on=left.left_on), left, said, at=at)

    async def take_back(self, person_id: str, *, said: Collection[Said] = BOTH) -> None:
        joined = person_joined(person_id, manager_id=self.people[person_id].manager_id)
        await self._tell(self._changed(person_id, status="active", left_on=None), joined, said)

    async def move(self, person_id: str, *, to: str | None, said: Collection[Said] = BOTH) -> None:
        changed = manager_changed(person_id, to=to, before=self.people[person_id].manager_id)
        await self._tell(self._changed(person_id, manager_id=to), changed, said)

    def _changed(self, person_id: str, **changes: Any) -> PersonState:
        return PersonState.model_validate({**self.people[person_id].model_dump(), **changes})

    async def _tell(
        self, state: PersonState, event: Message, said: Collection[Said], *, at: datetime | None = None
    ) -> None:
        self.people[state.person_id] = state
        messages: dict[Said, Message] = {"event": event, "state": state}
        await self.publish(*[message for kind, message in messages.items() if kind in said], at=at)


@dataclass(frozen=True)
class StandingClock:
    """It is always the same time."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@contextmanager
def clock_at(work: Work, at: datetime) -> Generator[None]:
    """Let the suite's clock say that it is `at`."""
    real, work.clock = work.clock, StandingClock(at)
    try:
        yield
    finally:
        work.clock = real


async def drain(worker: FanOutWorker) -> None:
    """Let the worker work until there is nothing left."""
    while await worker.turn():
        pass


def settings_of(service: Service, engines: Any, *, database: str, **other: Any) -> Settings:
    fields: dict[str, Any] = {
        "mongo_url": engines.mongo,
        "mongo_database": database,
        "kafka_bootstrap": engines.kafka,
        "oidc_issuer": ISSUER,
        "development": True,
    }
    return read(service.name, **fields | other)


def make_app(service: Service, settings: Settings) -> FastAPI:
    """The service's app, not started, that takes the tests' tokens and forgets nobody's leaving."""
    app = service.app(settings)
    app.state.tokens = TokenVerifier(settings, signing_keys())
    app.state.standing = Standing(app.state.db, seconds=0)
    return app


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
