"""What a running service tells of itself: engine numbers into metrics, and the answers of `/readyz`."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from fastapi import FastAPI
from pymongo.errors import PyMongoError

from shared import mongo
from shared.audit.waiting import waiting
from shared.fan_out import FAILURES
from shared.health import Health, Probe
from shared.messaging.consumer import Consumer
from shared.messaging.guard import WATERMARKS
from shared.messaging.parked import PARKED
from shared.messaging.relay import OUTBOX
from shared.metrics import Metrics, metrics_route
from shared.work.batch import FAN_OUTS

if TYPE_CHECKING:
    from shared.runtime import Runtime

ANSWER_SECONDS = 5.0
"""How long Kafka may take to tell where a topic ends."""
STALLED_SECONDS = 60.0
"""How long a consumer with lag, and without trouble of its own, may make no progress: then it is stuck."""


class EngineGauges:
    """The engine's reports in the service's metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def handled(self, topic: str, type_: str, outcome: str, count: int) -> None:
        """Events by what became of them."""
        self._metrics.handled(topic=topic, event_type=type_, outcome=outcome, count=count)  # pyright: ignore[reportArgumentType]

    def batch(self, topic: str, size: int, seconds: float) -> None:
        """One batch."""
        self._metrics.event_batch(topic=topic, size=size, seconds=seconds)

    def retried(self, reason: str) -> None:
        """A transaction is run again."""
        self._metrics.retried("conflict" if reason == "Conflict" else "transient")


class Observer:
    """The turn of a worker that reads depths and lags into the metrics, each part on its own.

    `standing` says for how long each topic was seen to lag and not to move, by looks that all went well one
    after another: while an engine is away nobody can move, and that mends itself.
    """

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime
        self.lags: dict[str, Mapping[int, int]] = {}
        self.standing: dict[str, float] = {}
        self._progressed: dict[str, float] = {}
        self._looked_at = time.monotonic()
        self._parts: Mapping[str, Callable[[], Awaitable[None]]] = {
            "outbox": self._outbox,
            "audit": self._audit,
            "sources": self._sources,
            "fan_outs": self._fan_outs,
            "lags": self._lag_of_all,
        }
        for name in self._parts:
            runtime.metrics.observed(name, at=time.time())
        runtime.metrics.audit_anchor_interval.set(runtime.settings.audit_anchor_seconds)

    async def turn(self) -> bool:
        """Measure once; raises the first failure when every part has had its turn."""
        self._workers()
        ended = await asyncio.gather(*map(self._measure, self._parts), return_exceptions=True)
        failures = [each for each in ended if each is not None]
        self._look(well=not failures)
        if failures:
            raise failures[0]
        return False

    async def _measure(self, name: str) -> None:
        await self._parts[name]()
        self._runtime.metrics.observed(name, at=time.time())

    def _look(self, *, well: bool) -> None:
        now = time.monotonic()
        passed, self._looked_at = min(now - self._looked_at, ANSWER_SECONDS), now
        for each in self._runtime.consumers:
            moved = self._progressed.get(each.topic) != each.progressed_at
            stands = well and not moved and not each.trouble and any(self.lags[each.topic].values())
            self.standing[each.topic] = self.standing.get(each.topic, 0.0) + passed if stands else 0.0
            self._progressed[each.topic] = each.progressed_at

    async def _lag_of_all(self) -> None:
        await asyncio.gather(*(self._lag(consumer) for consumer in self._runtime.consumers))

    async def _lag(self, consumer: Consumer) -> None:
        async with asyncio.timeout(ANSWER_SECONDS):
            lags = await consumer.lag()
        for partition in set(self.lags.get(consumer.topic, {})) - set(lags):
            self._runtime.metrics.unassigned(topic=consumer.topic, partition=partition)
        for partition, records in lags.items():
            self._runtime.metrics.lagging(topic=consumer.topic, partition=partition, records=records)
        self.lags[consumer.topic] = lags

    async def _outbox(self) -> None:
        runtime = self._runtime
        unsent = await runtime.db[OUTBOX].count_documents({"sent": False})
        oldest = await runtime.db[OUTBOX].find_one({"sent": False}, {"_id": 1}, sort=[("_id", 1)])
        age = (datetime.now(UTC) - oldest["_id"].generation_time).total_seconds() if oldest else 0.0
        runtime.metrics.outbox(
            unsent=unsent, oldest_seconds=max(0.0, age), stuck_keys=len(runtime.relay.blocked)
        )

    async def _audit(self) -> None:
        found = await waiting(self._runtime.db)
        age = (datetime.now(UTC) - found.since).total_seconds() if found.since else 0.0
        self._runtime.metrics.audit(
            unsealed=found.unsealed,
            unanchored=found.unanchored,
            oldest_seconds=max(0.0, age),
            anchored_at=found.anchored_at.timestamp() if found.anchored_at else 0.0,
        )

    async def _sources(self) -> None:
        counts = await mongo.aggregate(
            self._runtime.db[WATERMARKS],
            [
                {"$match": {"state": {"$in": ["gap", "waiting", "failed"]}}},
                {
                    "$group": {
                        "_id": {"topic": "$topic", "failed": {"$eq": ["$state", "failed"]}},
                        "n": {"$sum": 1},
                    }
                },
            ],
        )
        found = {(row["_id"]["topic"], row["_id"]["failed"]): row["n"] for row in counts}
        for each in self._runtime.guards:
            self._runtime.metrics.parked_keys.labels(each.topic).set(found.get((each.topic, True), 0))
            self._runtime.metrics.held_keys.labels(each.topic).set(found.get((each.topic, False), 0))
        unread = await mongo.aggregate(
            self._runtime.db[PARKED],
            [{"$match": {"source": None}}, {"$group": {"_id": "$topic", "n": {"$sum": 1}}}],
        )
        records = {row["_id"]: row["n"] for row in unread}
        for each in (*self._runtime.guards, *self._runtime.gates):
            self._runtime.metrics.unreadable.labels(each.topic).set(records.get(each.topic, 0))

    def _workers(self) -> None:
        now = time.monotonic()
        for each in self._runtime.workers:
            still = now - each.progressed_at if each.leading else 0.0
            self._runtime.metrics.working(worker=each.name, leading=each.leading, still_seconds=still)

    async def _fan_outs(self) -> None:
        open_jobs = await self._runtime.db[FAN_OUTS].count_documents({"state": "open"})
        failed = await self._runtime.db[FAILURES].estimated_document_count()
        self._runtime.metrics.fan_out(waiting_jobs=open_jobs, failed_recipients=failed)


async def check_mongo(runtime: "Runtime") -> str:
    """Empty if the database answers; else what is wrong."""
    try:
        await mongo.ping(runtime.client)
    except PyMongoError as error:
        return f"{type(error).__name__}"
    return ""


def check_consumers(runtime: "Runtime") -> str:
    """Empty if every consumer has its share of the partitions and is not in trouble."""
    if not runtime.started:
        return "starting"
    for consumer in runtime.consumers:
        if consumer.trouble:
            return f"{consumer.topic}: {consumer.trouble}"
        if not consumer.has_share():
            return f"{consumer.topic}: no partitions assigned yet"
    return ""


def check_progress(runtime: "Runtime") -> str:
    """Empty unless a consumer was seen to lag and not to move for a while, with both engines there."""
    for topic, seconds in runtime.observer.standing.items():
        if seconds > STALLED_SECONDS:
            return f"{topic}: lags and has not moved for {STALLED_SECONDS:.0f} s"
    return ""


def check_relay(runtime: "Runtime") -> str:
    """Empty if the outbox moves."""
    failing = next((worker for worker in runtime.workers if worker.name == "relay" and worker.failing), None)
    return f"relay: {failing.failing}" if failing else ""


def add_probes(api: FastAPI, runtime: "Runtime") -> Health:
    """`/livez`, `/readyz` and `/metrics`; what the first two ask."""
    health = Health(
        [
            Probe("mongo", partial(check_mongo, runtime)),
            Probe("consumers", partial(check_consumers, runtime)),
            Probe("relay", partial(check_relay, runtime)),
            Probe("progress", partial(check_progress, runtime), liveness=True),
        ]
    )
    api.router.routes.extend([*health.routes(), metrics_route(runtime.metrics)])
    return health
