"""A service at work in one process: its connections, consumers and background jobs.

Starts in the order in which things need each other and stops in the reverse, so that what was
taken is finished and what was not is left for the next process.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from fastapi import FastAPI
from pymongo import IndexModel
from pymongo.errors import PyMongoError

from shared import audit, directory, erasure, fan_out, migrations, mongo
from shared.access import Standing
from shared.audit.reads import ReadLog
from shared.audit.removing import Remover
from shared.audit.sealing import Sealer
from shared.certificates import CertificateWatch, certificate_files
from shared.contracts.people import HoldState
from shared.due import DueWorker
from shared.erasure import Ages, Forgetter, Retention, held_people
from shared.fan_out import FanOutWorker
from shared.health import Health
from shared.identity import service_caller
from shared.lease import Lease
from shared.messaging import guard, kafka, relay
from shared.messaging.baseline import take_baseline
from shared.messaging.consumer import Consumer, Intake
from shared.messaging.envelope import topic_of
from shared.messaging.guard import Guard
from shared.messaging.inbound import Gate
from shared.messaging.relay import OutboxBroom, Relay
from shared.messaging.sweeper import Sweeper
from shared.messaging.topics import KafkaError, missing_topics
from shared.metrics import Metrics
from shared.observation import EngineGauges, Observer, add_probes
from shared.peer_certificates import KAFKA, MONGO, PeerWatch, brokers, mongo_by_tls
from shared.rates import Rates
from shared.service import Service
from shared.settings import Settings
from shared.tokens import TokenVerifier
from shared.tracing import tracing_to
from shared.work import Work, answers
from shared.work.engine import Ears
from shared.worker import GivingWay, Hourly, Worker

log = logging.getLogger(__name__)
ENGINE_COLLECTIONS: Mapping[str, Sequence[IndexModel]] = {
    **guard.INDEXES,
    **relay.INDEXES,
    **fan_out.INDEXES,
    "leases": [],
    "engine": [],
    **answers.INDEXES,
    **audit.INDEXES,
    **erasure.INDEXES,
    **migrations.INDEXES,
}
START_SECONDS = 60.0
STOP_SECONDS = 25.0
SETTLE_SECONDS = 1.0
"""How often who no longer leads the relay looks whether the broker has answered it after all."""
READS_SECONDS = 0.5
"""How long the audit of a read may wait to be written."""
CERTIFICATES_SECONDS = 60.0
"""How often certificates are looked at."""


class Runtime:
    """What a running service holds; handed to its own workers."""

    def __init__(self, service: Service, settings: Settings, metrics: Metrics) -> None:
        self.service = service
        self.settings = settings
        self.metrics = metrics
        self.started = False
        self.tracing = tracing_to(service.name, settings.traces_url)
        self.client: mongo.Client = mongo.open_client(settings.mongo_url.get_secret_value())
        self.db = mongo.database(self.client, settings.mongo_database)
        self.reads = ReadLog(self.db)
        self.workers: list[Worker] = []
        self.consumers: list[Consumer] = []
        self.relay = Relay(self.db, lambda: kafka.producer(settings), on_sent=self._count_sent)
        self._relaying = self._leased(
            "relay",
            self.relay.turn,
            poll=settings.relay_poll_seconds,
            on_lost=self.relay.forget_blocked,
        )
        gauges = EngineGauges(metrics)
        ears = Ears(
            on_published=self._relaying.nudge,
            on_fanned_out=self._nudge_fan_outs,
            on_group=metrics.command_group,
            on_retry=gauges.retried,
        )
        self.work = Work(
            self.client,
            settings.mongo_database,
            policy=service.access,
            unaudited=service.unaudited,
            ears=ears,
            max_commands=settings.command_batch_max,
        )
        patience = timedelta(seconds=settings.notyet_deadline_seconds)
        self.guards = [Guard.of(each, patience=patience) for each in service.subscriptions()]
        self.gates = [Gate.of(each) for each in service.inbound_subscriptions()]
        self._fanning = self._leased("fan-out", self._fan_out_worker(), poll=1.0)
        self._broker = kafka.broker(settings)
        self._gauges = gauges
        self.observer = Observer(self)
        self._observing = Worker("observer", self.observer.turn, poll=1.0)
        self._tokens = TokenVerifier(settings)

    def furnish(self, api: FastAPI) -> Health:
        """Give routes what they need, and add health and metrics."""
        api.state.runtime = self
        api.state.settings = self.settings
        api.state.metrics = self.metrics
        api.state.work = self.work
        api.state.db = self.db
        api.state.access = self.service.access
        api.state.standing = Standing(self.db)
        api.state.tokens = self._tokens
        api.state.confidential = self.service.audited_reads
        api.state.rates = Rates(rate=self.settings.requests_a_second, burst=self.settings.caller_burst)
        return add_probes(api, self)

    def leased(self, name: str, turn: Any, *, poll: float, can_wait: bool = False) -> Worker:
        """A background job that one process of the service does at a time; started with the rest.

        `can_wait`: it gives way, for a while, to events that come faster than they are taken.
        """
        worker = self._leased(name, GivingWay(turn, self._pressed).turn if can_wait else turn, poll=poll)
        self.workers.append(worker)
        return worker

    @property
    def forgetter(self) -> Forgetter | None:
        """How this service forgets who was erased, if it keeps anything of people."""
        if self.service.forget is None:
            return None
        recheck = timedelta(seconds=self.settings.erasure_recheck_seconds)
        return Forgetter(self.service.forget, self.service.forgotten, recheck)

    async def start(self) -> None:
        """Connect, wait for what is needed, then begin to consume and relay.

        Raises the last error when Kafka or MongoDB stays out of reach for `START_SECONDS`.
        """
        await self.prepare_database()
        self.work.epoch = await read_epoch(self.db)
        await self._wait_for_topics()
        for each in self.guards:
            await take_baseline(self.settings, self.db, each)
        sieves = (*self.guards, *self.gates)
        intakes = [Intake(self.work, each, self.settings, self._gauges, self.tracing) for each in sieves]
        self.consumers = [Consumer(self._broker, intake, self.settings) for intake in intakes]
        sweeper = Sweeper(self.work, self.guards, self.gates)
        broom = OutboxBroom(self.db, keep=timedelta(days=self.settings.outbox_keep_days))
        sealer = Sealer(
            self.work,
            service=self.service.name,
            file=self.settings.audit_anchor_file,
            anchor_seconds=self.settings.audit_anchor_seconds,
        )
        self.workers += [
            self._relaying,
            Worker("relay-settling", self.relay.settle, poll=SETTLE_SECONDS),
            self._fanning,
            self._leased("sweeper", sweeper.turn, poll=0.25),
            self._leased("outbox-broom", broom.turn, poll=60.0),
            self._leased("audit-sealer", sealer.turn, poll=1.0),
            *self._forgetting(),
            *self._retaining(),
            *self._removing(),
            Worker("audit-reads", self.reads.turn, poll=READS_SECONDS),
            *self._watching_certificates(),
            self._observing,
        ]
        self.workers += self.service.workers(self)
        await self.service.prepare(self)
        await self._broker.start()
        for worker in self.workers:
            worker.start()
        self.started = True

    async def stop(self) -> None:
        """Finish what was taken, then let go; what takes too long is left to the next process."""
        self.started = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                # The observer asks the consumers, which no longer answer once the broker is closed.
                await self._observing.stop()
                # Leaving a group takes seconds, and the broker would have them leave one by one.
                await asyncio.gather(*(consumer.stop() for consumer in self.consumers))
                await self._broker.stop()
                await asyncio.gather(
                    *(worker.stop() for worker in self.workers if worker is not self._relaying)
                )
                with contextlib.suppress(PyMongoError):  # it has said so, and has nowhere to go
                    await self.reads.flush()
                await self.work.close()
                await self._relaying.stop()
                await self.relay.close()
                await self._tokens.close()
                await self.tracing.close()
        self.client.close()

    async def prepare_database(self) -> None:
        """Make the collections and indexes that the service needs; safe to run again."""
        wanted = {**ENGINE_COLLECTIONS, **self.service.collections}
        if self.service.directory:
            wanted |= directory.INDEXES
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while True:
            try:
                existing = set(await self.db.list_collection_names())
                for name, indexes in wanted.items():
                    await mongo.ensure_collection(self.db, name, indexes=indexes, exists=name in existing)
            except PyMongoError as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                log.warning("the database is not ready: %r", error)
                await asyncio.sleep(0.5)
            else:
                return

    async def _wait_for_topics(self) -> None:
        names = {each.topic for each in (*self.guards, *self.gates)}
        names |= {topic_of(kind) for kind in self.service.publishes}
        names |= {topic_of(HoldState)} if self.service.ages else set()
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        told = ""
        while True:
            try:
                missing = await missing_topics(self.settings, names)
            except (KafkaError, OSError) as error:
                missing, reason = sorted(names), f"Kafka is out of reach: {error!r}"
            else:
                reason = f"topics are missing: {', '.join(missing)}; make them with `cairn topics`"
            if not missing:
                return
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError(reason)
            if reason != told:
                log.warning("waiting: %s", reason)
            told = reason
            await asyncio.sleep(0.25)

    def _leased(self, name: str, turn: Any, *, poll: float, **more: Any) -> Worker:
        lease = Lease(self.db, name, seconds=self.settings.lease_seconds)
        return Worker(name, turn, poll=poll, lease=lease, **more)

    def _fan_out_worker(self) -> Any:
        def progressed(kind: str, done: int) -> None:
            del kind
            self.metrics.fan_out_done.inc(done)

        return FanOutWorker(self.work, self.service.expansions, on_progress=progressed).turn

    def _forgetting(self) -> Sequence[Worker]:
        """What forgets who was erased, whatever time requests say it is."""
        if self.forgetter is None:
            return ()
        turning = DueWorker(self.work, erasure.TURNS, self.forgetter.take_turn)
        return (self._leased("forgetting", turning.turn, poll=0.5),)

    def _retaining(self) -> Sequence[Worker]:
        """What removes what is over and old, each kind for itself, where days are set."""
        days = self.settings.retain_days
        return [
            self._leased(f"retention-{each.kind}", Hourly(self.retention(each).turn).turn, poll=60.0)
            for each in self.service.ages
            if each.kind in days
        ]

    def retention(self, ages: Ages) -> Retention:
        """How this service removes a kind; its days are set."""
        return Retention(
            self.work,
            ages,
            keep=timedelta(days=self.settings.retain_days[ages.kind]),
            held=partial(held_people, self.settings),
            by=service_caller(self.service.name),
            on_removed=self.metrics.removed_for_age.labels(ages.kind).inc,
        )

    def _removing(self) -> Sequence[Worker]:
        """What removes rows of the audit that are kept no longer."""
        days, file = self.settings.audit_keep_days, self.settings.audit_anchor_file
        if days is None or file is None:
            return ()
        remover = Remover(self.db, service=self.service.name, file=file, keep=timedelta(days=days))
        return (self._leased("audit-remover", remover.turn, poll=60.0),)

    def _watching_certificates(self) -> Sequence[Worker]:
        files, known = certificate_files(self.settings), brokers(self.settings)
        by_tls = mongo_by_tls(self.settings)

        def engines() -> Mapping[str, Collection[tuple[str, int]]]:
            return {KAFKA: known, MONGO: mongo.members(self.client) if by_tls else ()}

        watch, peers = CertificateWatch(files, self.metrics), PeerWatch(engines, self.metrics)
        turns = {"certificates": (watch.turn, files), "peer-certificates": (peers.turn, known or by_tls)}
        return [
            Worker(name, turn, poll=CERTIFICATES_SECONDS) for name, (turn, needed) in turns.items() if needed
        ]

    def _count_sent(self, rows: Sequence[mongo.Doc]) -> None:
        for topic, count in Counter(str(row["topic"]) for row in rows).items():
            self.metrics.relayed(topic, count)

    def _pressed(self) -> bool:
        return any(consumer.pressed() for consumer in self.consumers)

    def _nudge_fan_outs(self) -> None:
        self._fanning.nudge()


async def read_epoch(db: mongo.Database) -> int:
    """How often the database was restored from a backup; raised by `raise_epoch`."""
    doc = await db["engine"].find_one({"_id": "epoch"})
    return int(doc["value"]) if doc else 0


async def raise_epoch(db: mongo.Database) -> int:
    """To be called after a restore, before the service starts; the new epoch."""
    doc = await db["engine"].find_one_and_update(
        {"_id": "epoch"},
        {"$inc": {"value": 1}},
        upsert=True,
        return_document=mongo.ReturnDocument.AFTER,
    )
    return int(doc["value"])
