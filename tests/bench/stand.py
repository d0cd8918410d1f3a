"""The whole suite on its own engines, with an organisation in it that the people service need not import."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from deploy.local.jars import kafka_jars
from deploy.local.ports import free_base
from deploy.local.services import SERVICES
from deploy.local.suite import Suite, running_suite
from shared import mongo
from shared.contracts.people import PersonState
from shared.ids import PersonId
from shared.messaging import kafka
from shared.messaging.envelope import Envelope, encode_data, topic_of

REPORTS = 7
"""Of each manager."""
UNITS = 200
"""That people work in, each as many."""
DEADLINE = 300.0
SLOWEST = 100
"""People a second that every service comes to know at least."""
TOKEN_LIFETIME = timedelta(hours=2)
FOLLOWERS = ("goals", "feedback", "reviews", "notifications")
"""The services that keep a directory of their own."""


@dataclass(kw_only=True)
class Stand:
    """A suite and its people, `p000000` at the top of all."""

    suite: Suite
    client: mongo.Client
    ready_s: float
    people: int = 0
    _tokens: dict[tuple[str, ...], str] = field(default_factory=dict[tuple[str, ...], str])

    def token(self, person_id: str, *roles: str) -> str:
        """A token that lasts for the run."""
        known = person_id, *roles
        if known not in self._tokens:
            self._tokens[known] = self.suite.issuer.sign(person_id, roles, lifetime=TOKEN_LIFETIME)
        return self._tokens[known]

    def db(self, service: str) -> Any:
        """The database of a service."""
        return self.client[f"cairn_{service}"]

    def rss_mb(self) -> dict[str, float]:
        """Resident memory of each service that runs."""
        return {
            name: _resident_mb(child.pid)
            for name, child in self.suite.services.items()
            if child.alive and child.pid
        }

    async def hire(self, count: int) -> None:
        """Let all services know so many people, as the people service would tell of them."""
        settings = self.suite.settings
        async with AIOKafkaProducer(**kafka.client_options(settings), linger_ms=5) as producer:
            for start in range(self.people, count, 2000):
                records = [_record(number) for number in range(start, min(count, start + 2000))]
                sent = [
                    await producer.send(topic, key=key, value=value, headers=headers)
                    for topic, key, value, headers in records
                ]
                await asyncio.gather(*sent)
        self.people = count

        async def known() -> bool:
            counts = [
                await self.db(service)["directory_people"].count_documents({"known": True})
                for service in FOLLOWERS
            ]
            return min(counts) >= count

        await until(known, within=max(DEADLINE, count / SLOWEST))

    async def only(self, *services: str) -> None:
        """Let these services run and no others."""
        for name in SERVICES:
            child = self.suite.services[name]
            if child.alive and name not in services:
                await child.stop(grace=30)
        await asyncio.gather(
            *(self.suite.start_service(name) for name in services if not self.suite.services[name].alive)
        )

    async def forget_mail(self) -> None:
        """Let nothing be sent that is due still: to mail thousands takes minutes that are not measured."""
        await self.db("notifications")["deliveries"].delete_many({"state": "due"})

    async def quiet(self) -> None:
        """Wait until every service has sent everything there is, mails and webhooks too."""
        for service in SERVICES:
            db = self.db(service)

            async def sent(db: Any = db) -> bool:
                unsent = await db["outbox"].count_documents({"sent": False})
                unsent += await db["deliveries"].count_documents({"state": "due"})
                return unsent + await db["fan_outs"].count_documents({"state": "open"}) == 0

            await until(sent)


@asynccontextmanager
async def standing(directory: Path) -> AsyncGenerator[Stand]:
    """A suite in a fresh directory; Kafka's jars are fetched before the clock starts."""
    await kafka_jars()
    began = time.perf_counter()
    async with running_suite(directory, free_base()) as suite:
        ready_s = time.perf_counter() - began
        async with mongo.connect(suite.engines.mongo) as client:
            yield Stand(suite=suite, client=client, ready_s=ready_s)


def person(number: int) -> PersonId:
    """The id of the n-th person."""
    return PersonId(f"p{number:06d}")


def manager_of(number: int) -> PersonId | None:
    """Whom the n-th person reports to."""
    return person((number - 1) // REPORTS) if number else None


async def until(holds: Callable[[], Awaitable[bool]], *, within: float = DEADLINE) -> None:
    """Wait for a condition; to ask takes no more than a fifth of the time."""
    async with asyncio.timeout(within):
        asked = time.monotonic()
        while not await holds():
            await asyncio.sleep(max(0.02, 4 * (time.monotonic() - asked)))
            asked = time.monotonic()


def _record(number: int) -> tuple[str, bytes, bytes, Sequence[tuple[str, bytes]]]:
    person_id = person(number)
    state = PersonState.model_validate(
        {
            "person_id": person_id,
            "given_name": f"Given{number}",
            "family_name": f"Family{number}",
            "email": f"p{number}@bench.example",
            "job_title": None,
            "unit_id": f"unit_{number % UNITS}",
            "manager_id": manager_of(number),
            "location": None,
            "time_zone": "UTC",
            "language": "en",
            "status": "active",
            "joined_on": date(2020, 1, 1),
            "left_on": None,
        }
    )
    envelope = Envelope(
        f"person-{number}", "/cairn/people", PersonState.wire_type, person_id, datetime.now(UTC), 1
    )
    return topic_of(type(state)), person_id.encode(), encode_data(state, envelope), envelope.headers()


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0
