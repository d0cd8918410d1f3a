"""A consumer in a process of its own, to be killed."""

import asyncio
from typing import ClassVar

from shared import mongo
from shared.contracts.base import Event
from shared.messaging import kafka
from shared.messaging.consumer import Consumer, Intake
from shared.messaging.guard import Guard
from shared.messaging.incoming import Subscription
from shared.settings import read
from shared.work import Transaction, Work


class Logged(Event):
    subject_field: ClassVar[str] = "source_id"
    source_id: str
    n: int


async def log(event: Logged, tx: Transaction) -> None:
    """Keeps every number it has applied, so that doubles, losses and disorder all show."""
    doc = await tx.get("logs", event.source_id) or {"_id": event.source_id, "version": 0, "seen": []}
    doc["seen"].append(event.n)
    tx.put("logs", doc)
    tx.update("totals", "all", {"$inc": {"n": 1}})


class NoGauges:
    def handled(self, topic: str, type_: str, outcome: str, count: int) -> None:
        pass

    def batch(self, topic: str, size: int, seconds: float) -> None:
        pass


async def consume(mongo_url: str, kafka_bootstrap: str, name: str) -> None:
    settings = read(
        "consumertest",
        mongo_url=mongo_url,
        mongo_database=name,
        kafka_bootstrap=kafka_bootstrap,
        oidc_issuer="http://localhost/issuer",
        event_batch_max=200,
        kafka_session_seconds=6,
        development=True,
    )
    async with mongo.connect(mongo_url) as client:
        work = Work(client, name)
        broker = kafka.broker(settings)
        guard = Guard.of(Subscription(name, {Logged: (log,)}))
        Consumer(broker, Intake(work, guard, settings, NoGauges()), settings)
        await broker.start()
        try:
            await asyncio.Event().wait()
        finally:
            await broker.stop()
