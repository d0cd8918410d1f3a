"""Key result updates over HTTP at 32 connections: one process of goals against the naive handler."""

import itertools
import statistics
import sys
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from pymongo import ASCENDING, IndexModel

from deploy.local.child import Child
from deploy.local.ports import free_ports
from shared import mongo
from shared.messaging.topics import EVENTS_CONFIG, Topic, provision
from tests.bench.load import Call, Connection, closed_loop, rate
from tests.bench.naive_http import TOPIC
from tests.bench.stand import Stand, manager_of, person, until

AT_ONCE = 32
GOALS = 500
SECONDS = 5.0
WORDING = {
    "title": "Reach more customers in the north",
    "description": "Ten customers more than last quarter know us by the end of the next one.",
    "relevance": "Nothing grows without customers.",
    "kind": "objective",
    "level": "person",
    "visibility": "line",
    "starts_on": "2026-01-01",
    "due_on": "2026-12-31",
    "key_results": [
        {
            "key_result_id": "reach",
            "title": "Customers reached",
            "type": "increase",
            "start": 0,
            "target": 1e9,
        },
        {"key_result_id": "keep", "title": "Customers kept", "type": "increase", "start": 0, "target": 1e9},
    ],
}


@dataclass(frozen=True, slots=True)
class Agreed:
    """A goal that may be measured, and its owner's number."""

    goal_id: str
    owner: int


async def drafted_goals(stand: Stand, count: int) -> Sequence[Agreed]:
    """So many drafts, of one person after the other from the second on."""
    made: list[Agreed] = []

    async def draft(connection: Connection, number: int) -> None:
        owner = 1 + number % (stand.people - 1)
        body = {**WORDING, "owner_id": person(owner)}
        goal = await connection.ask("POST", "/goals", token=stand.token(person(owner)), body=body)
        made.append(Agreed(goal["goal_id"], owner))

    await closed_loop(stand.suite.urls["goals"], draft, iter(range(count)), AT_ONCE)
    return made


async def agreed_goals(stand: Stand, count: int) -> Sequence[Agreed]:
    """So many goals, drafted and proposed by their owners and agreed to by the managers."""
    goals = await drafted_goals(stand, count)

    async def agree(connection: Connection, number: int) -> None:
        goal = goals[number]
        path, manager = f"/goals/{goal.goal_id}", manager_of(goal.owner)
        assert manager is not None
        await connection.ask("POST", f"{path}/proposal", token=stand.token(person(goal.owner)), body={})
        await connection.ask("POST", f"{path}/agreement", token=stand.token(manager))

    await closed_loop(stand.suite.urls["goals"], agree, iter(range(count)), AT_ONCE)
    return goals


def measuring(stand: Stand, goals: Sequence[Agreed]) -> Call:
    """Sends a new value of one goal after the other."""
    serial = itertools.count(1)

    async def call(connection: Connection, number: int) -> None:
        goal = goals[number % len(goals)]
        path = f"/goals/{goal.goal_id}/key-results/reach/measurements"
        token = stand.token(person(goal.owner))
        await connection.ask("POST", path, token=token, body={"value": next(serial)}, expect=(201,))

    return call


async def http_against_naive(stand: Stand, *, rounds: int, scale: float) -> dict[str, list[float]]:
    """Updates a second: `ours` and `naive` with nothing else running, `suite` with all services."""
    goals = await agreed_goals(stand, max(64, int(GOALS * scale)))
    await stand.quiet()
    found: dict[str, list[float]] = {"ours": [], "naive": [], "suite": []}
    seconds, url = max(1.0, SECONDS * scale), stand.suite.urls["goals"]
    for _ in range(rounds):
        found["suite"].append(await rate(url, measuring(stand, goals), seconds=seconds, at_once=AT_ONCE))
        await stand.quiet()
    async with naive(stand) as naive_url:
        for _ in range(rounds):
            await stand.only("goals")
            found["ours"].append(await rate(url, measuring(stand, goals), seconds=seconds, at_once=AT_ONCE))
            await stand.only()
            call = measuring(stand, goals)
            found["naive"].append(await rate(naive_url, call, seconds=seconds, at_once=AT_ONCE))
    await stand.only("people", "goals", "feedback", "reviews", "notifications")
    await stand.quiet()
    return found


def median(rates: Sequence[float]) -> int:
    """For people to read."""
    return round(statistics.median(rates))


@asynccontextmanager
async def naive(stand: Stand) -> AsyncGenerator[str]:
    """The naive handler on the same goals in a database of its own; its URL."""
    name, (port,) = "bench_naive", free_ports(1)
    suite = stand.suite
    db = mongo.database(stand.client, name)
    await provision(suite.settings, [Topic(TOPIC, EVENTS_CONFIG)])
    await mongo.ensure_collection(db, "measurements", indexes=[IndexModel([("goal_id", ASCENDING)])])
    unsent = IndexModel([("sent", ASCENDING), ("_id", ASCENDING)], partialFilterExpression={"sent": False})
    await mongo.ensure_collection(db, "outbox", indexes=[unsent])
    docs: list[dict[str, Any]] = await stand.db("goals")["goals"].find({}).to_list(None)
    await db["goals"].insert_many(docs)
    arguments = [str(port), suite.engines.mongo, name, suite.engines.kafka]
    command = [sys.executable, "-m", "tests.bench.naive_http", *arguments]
    command += [suite.surroundings.jwks_url, suite.issuer.url]
    with tempfile.TemporaryDirectory() as logs:
        child = Child(name="naive", command=command, log=Path(logs) / "naive.log")
        await child.start()
        url = f"http://127.0.0.1:{port}"

        async def answers() -> bool:
            child.require_alive()
            try:
                async with httpx.AsyncClient(trust_env=False) as client:
                    return (await client.get(f"{url}/openapi.json")).is_success
            except httpx.HTTPError:
                return False

        try:
            await until(answers, within=60)
            yield url
        finally:
            await child.stop()
            await stand.client.drop_database(name)
