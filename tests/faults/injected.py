"""Records that the faults put on topics: repeated, old, unreadable, and events that always fail."""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from deploy.local.services import SERVICES
from shared.messaging.sweeper import ask_redrive
from shared.messaging.topics import EVENTS_CONFIG
from tests.faults.records import INJECTED, Recorded, read_log
from tests.faults.run import BITE_SECONDS, Run

LARGEST = 3_000_000
Headers = list[tuple[str, bytes | None]]


async def inject(run: Run) -> None:
    """Duplicates, old records, and records that nobody can read."""
    await put_records(run)
    await run.recovered("inject")


async def put_records(run: Run) -> None:
    """Put them on the topics, whether or not anybody reads on."""
    log = await read_log(run.town.broker.bootstrap)
    real = [each for each in log if not each.injected and each.topic.endswith(".events") and each.data]
    copies = run.dice.sample(real, max(1, len(real) // 20))
    old = run.dice.sample(real, max(1, len(real) // 50))
    async with AIOKafkaProducer(
        bootstrap_servers=run.town.broker.bootstrap, max_request_size=LARGEST
    ) as producer:
        await _again(producer, copies, "duplicate")
        run.bit("inject_duplicates", len(copies))
        await _again(producer, sorted(old, key=lambda one: -one.sequence), "reordered")
        run.bit("inject_reordered", len(old))
        await _allow_large(run.town.broker.bootstrap, topic := "cairn.goals.events")
        for name, value, headers in _bad():
            marked = [*headers, (INJECTED, name.encode())]
            try:
                await producer.send_and_wait(topic, value=value, key=f"bad-{name}".encode(), headers=marked)
            except KafkaError as error:
                run.skipped[f"inject {name}"] = f"the broker refuses it: {type(error).__name__}"
                continue
            run.bit(f"inject_{name}")
            if name != "unknown_type":
                run.injected_bad.append(name)


async def _allow_large(bootstrap: str, topic: str) -> None:
    """Have the broker take what is larger than any event may be."""
    config = {**EVENTS_CONFIG, "max.message.bytes": str(LARGEST)}
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=config)])
    finally:
        await admin.close()


async def _again(producer: AIOKafkaProducer, records: Sequence[Recorded], why: str) -> None:
    """Put records on their topics once more, in this order."""
    taken = list[Awaitable[Any]]()
    for each in records:
        headers = [(f"ce_{name}", value.encode()) for name, value in each.attributes.items()]
        future = await producer.send(
            each.topic,
            value=json.dumps(each.data).encode(),
            key=each.key.encode(),
            headers=[*headers, ("content-type", b"application/json"), (INJECTED, why.encode())],
        )
        taken.append(future)
    await asyncio.gather(*taken)


def _bad() -> list[tuple[str, bytes | None, Headers]]:
    """Records that are wrong: name, value, headers."""

    def headers(type_: str = "cairn.goals.goal_agreed.v1", **changed: bytes | None) -> Headers:
        key = uuid.uuid4().hex
        attributes: dict[str, bytes | None] = {
            "id": key.encode(),
            "source": b"/cairn/goals",
            "specversion": b"1.0",
            "type": type_.encode(),
            "subject": f"bad-{key}".encode(),
            "time": b"2026-11-22T10:00:00.000Z",
            "sequence": b"000000000001",
            "epoch": b"0",
        } | changed
        return [(f"ce_{name}", value) for name, value in attributes.items()]

    return [
        ("bad_json", b'{"half": ', headers()),
        ("bad_header", b"{}", headers(sequence=b"seven")),
        ("null_header", b"{}", headers(sequence=None)),
        ("no_headers", b"{}", []),
        ("null_value", None, headers()),
        ("two_megabytes", b'"' + b"x" * 2_000_000 + b'"', headers()),
        ("unknown_type", b"{}", headers("cairn.goals.goal_admired.v1")),
        ("future_version", b"{}", headers("cairn.goals.goal_agreed.v9")),
    ]


async def poison(run: Run) -> None:
    """The events of one goal fail in notifications; they are parked with their successors."""
    goal = await run.driver.new_goal()
    run.poisoned = goal.goal_id
    run.town.poison_file.write_text(goal.goal_id)
    await run.driver.check_in(goal, confidence=0.2)  # of which a manager must be told
    for _ in range(4):
        await run.driver.measure(goal)
    parked, until = 0, time.monotonic() + BITE_SECONDS
    async with AsyncMongoClient[Any](run.town.database.url) as client:
        while not parked and time.monotonic() < until:
            await asyncio.sleep(0.5)
            parked = await _parked(client, source=goal.goal_id, reason="failed")
    run.bit("poison", min(1, parked))
    await run.recovered("poison")


async def _parked(client: Any, **which: str) -> int:
    with suppress(PyMongoError):  # the database may well be away
        return await client["cairn_notifications"]["parked"].count_documents(which)
    return 0


async def redrive(run: Run) -> None:
    """The poison is gone, and what is parked is tried again, until none of it is parked any more."""
    run.town.poison_file.unlink(missing_ok=True)
    until = time.monotonic() + BITE_SECONDS
    async with AsyncMongoClient[Any](run.town.database.url) as client:
        while time.monotonic() < until:
            for service in SERVICES[1:]:
                db: Any = client[f"cairn_{service}"]
                await ask_redrive(db)
            if not await _parked(client, source=run.poisoned):
                return
            await asyncio.sleep(1)
