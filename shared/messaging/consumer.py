"""Kafka's records into a `Work`: at least once from the broker, exactly once in effect.

Offsets are committed after the transaction, and only as an optimisation: nothing waits for it, and those of
a short while go together.  A batch that the database did not take is asked for again; what it had
applied by then is dropped by the guard.
"""

import asyncio
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Protocol

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage

from shared.errors import Refusal
from shared.messaging.envelope import Record, group_of
from shared.messaging.guard import WATERMARKS, Guard
from shared.messaging.inbound import Gate
from shared.messaging.incoming import EventJob
from shared.messaging.offsets import Applied, RawRecords
from shared.messaging.parked import PARKED
from shared.settings import Settings
from shared.tracing import NoTracing, Span, Tracing
from shared.work import NotYet, Work

log = logging.getLogger(__name__)
RETRY_PAUSES = (0.05, 0.5)
"""Seconds before a failing source is tried alone; after the last try it is parked."""


PAUSE_AFTER_TROUBLE = 1.0
COMMIT_SECONDS = 0.2
"""Between two commits of offsets: as much is read again, and dropped, after a kill."""
PRESSED_SECONDS = 0.5
"""How long after a batch it still counts that more was waiting behind it."""
MANY = 100
"""Events of a batch that presses for as long as it is in hand."""


class TooManyParked(Exception):  # noqa: N818  a state of the deployment
    """So many sources fail that it is the deployment that is bad, not the data."""


class Gauges(Protocol):
    """Where a consumer reports."""

    def handled(self, topic: str, type_: str, outcome: str, count: int) -> None:
        """Events by what became of them."""
        ...

    def batch(self, topic: str, size: int, seconds: float) -> None:
        """One batch."""
        ...


class Intake:
    """Applies batches of records of one topic."""

    def __init__(
        self,
        work: Work,
        guard: Guard | Gate,
        settings: Settings,
        gauges: Gauges,
        tracing: Tracing | None = None,
    ) -> None:
        self.guard = guard
        self._tracing = tracing or NoTracing()
        self.counts: Counter[str] = Counter()
        self._work = work
        self._gauges = gauges
        self._stop_count = settings.park_stop_count
        self._stop_share = settings.park_stop_share

    async def take(self, records: Sequence[Record]) -> None:
        """Apply or put aside every record; what raises has not been taken and must come again.

        Raises `Unsettled` or `TooManyParked`.
        """
        started = time.perf_counter()
        jobs = [self.guard.reader.read(record) for record in records]
        spans = [self._begin(job) for job in jobs] if self._tracing.on else []
        try:
            await self._work.execute(jobs, self.guard.plan)
            failing = _failing(jobs)
            if failing:
                await self._stop_if_bad(failing, jobs)
                await self._alone(failing)
        finally:
            for job, span in zip(jobs, spans, strict=False):
                span.end(facts={"cairn.outcome": job.outcome or "left"}, failed=job.outcome == "parked")
        self._report(jobs, time.perf_counter() - started)

    def _begin(self, job: EventJob) -> Span:
        """What the event causes is in its trace."""
        facts = {"messaging.system": "kafka", "messaging.destination.name": self.guard.topic}
        span = self._tracing.begin(
            f"process {job.envelope.type}", role="consumer", parent=job.cause.traceparent, facts=facts
        )
        job.cause = job.cause._replace(traceparent=span.traceparent)
        return span

    async def _alone(self, failing: Mapping[str, Sequence[EventJob]]) -> None:
        """Try the events of each failing source again without company, then park them.

        Records from outside are nobody's company: all that fail are tried again at once.
        """
        alone: Iterable[Sequence[EventJob]] = failing.values()
        if isinstance(self.guard, Gate):
            alone = [[job for jobs in failing.values() for job in jobs]]
        for jobs in alone:
            for pause in RETRY_PAUSES:
                await asyncio.sleep(pause)
                await self._work.execute(jobs, self.guard.plan)
                if not _failing(jobs):
                    break
            else:
                await self._work.execute(jobs, self.guard.plan_final)

    async def _stop_if_bad(self, failing: Mapping[str, Sequence[EventJob]], jobs: Sequence[EventJob]) -> None:
        share = len(failing) / len({job.key for job in jobs})
        if share < self._stop_share:
            return
        parked = await self._parked()
        if parked + len(failing) > self._stop_count:
            raise TooManyParked(
                f"{self.guard.topic}: {parked} sources are parked and {share:.0%} of the next ones fail;"
                " nothing more is taken until the service or the limits are mended"
            )

    async def _parked(self) -> int:
        """The sources, or the records from outside, that are parked since they failed."""
        if isinstance(self.guard, Gate):
            failed = {"topic": self.guard.topic, "source": None, "reason": "failed"}
            return await self._work.db[PARKED].count_documents(failed)
        failed = {"topic": self.guard.topic, "state": "failed"}
        return await self._work.db[WATERMARKS].count_documents(failed)

    def _report(self, jobs: Sequence[EventJob], seconds: float) -> None:
        self._gauges.batch(self.guard.topic, len(jobs), seconds)
        outcomes = Counter((job.envelope.type, job.outcome) for job in jobs)
        for (type_, outcome), count in outcomes.items():
            self.counts[outcome] += count
            self._gauges.handled(self.guard.topic, type_, outcome, count)
        for job in jobs:
            self._log(job)

    def _log(self, job: EventJob) -> None:
        """What was not taken, by its place: what it is about, and what an error says, may name a person."""
        type_, place = job.envelope.type, job.record.place
        if isinstance(job.error, Refusal):
            log.warning("%s at %s refused: %s", type_, place, job.error.rule)
        elif job.outcome == "parked":
            log.error("%s at %s parked: %s", type_, place, job.unreadable or type(job.error).__name__)


class Consumer:
    """One subscriber of one topic, in the group `<service>.<topic>`."""

    def __init__(self, broker: KafkaBroker, intake: Intake, settings: Settings) -> None:
        self.topic = intake.guard.topic
        self.group = group_of(settings.service, self.topic)
        self.trouble = ""
        self.progressed_at = time.monotonic()
        self.commit_failures = 0
        self._pressed_at = float("-inf")
        self._in_hand = 0
        self._committing: asyncio.Task[None] | None = None
        self._stopping = False
        self._intake = intake
        self._applied = Applied()
        self._subscriber = broker.subscriber(
            self.topic,
            group_id=self.group,
            batch=True,
            max_records=settings.event_batch_max,
            batch_timeout_ms=settings.event_batch_wait_ms,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            session_timeout_ms=settings.kafka_session_seconds * 1000,
            heartbeat_interval_ms=2_000,
            max_poll_interval_ms=300_000,
            listener=self._applied,
        )
        self._subscriber(parser=self._wrap, decoder=_keep)(self._handle)

    async def _wrap(self, records: RawRecords) -> KafkaAckableMessage:
        """The records unseen: a malformed one is the guard's business, not the client's."""
        consumer: Any = self._subscriber.consumer
        return KafkaAckableMessage(
            body=b"",
            headers={},
            message_id="",
            correlation_id="",
            raw_message=records,
            consumer=consumer,
        )

    async def _handle(self, message: Any) -> None:
        self._in_hand = len(message.raw_message)
        try:
            await self._intake.take([to_record(raw) for raw in message.raw_message])
        except Exception as error:
            log.exception("%s: a batch was not taken, it is asked for again", self.topic)
            self.trouble = f"{type(error).__name__}: {error}"
            await message.nack()
            await asyncio.sleep(PAUSE_AFTER_TROUBLE)
            return
        finally:
            self._in_hand = 0
        self.trouble, self.progressed_at = "", time.monotonic()
        self._applied.take(message.raw_message)
        if self._more_waits():
            self._pressed_at = self.progressed_at
        if self._stopping:
            await self.commit_applied()
        elif self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._keep_committing(), name=f"{self.group} commits")

    async def stop(self) -> None:
        """Leave the group, after the batch in hand."""
        self._stopping = True
        if self._committing is not None:
            self._committing.cancel()
            await asyncio.wait({self._committing})
        await self.commit_applied()
        await self._subscriber.stop()

    async def _keep_committing(self) -> None:
        """Now, and again after each pause in which more was applied."""
        while self._subscriber.consumer is not None and self._applied.uncommitted():
            await self.commit_applied()
            await asyncio.sleep(COMMIT_SECONDS)

    async def commit_applied(self) -> None:
        """Tell the broker how far this process has come; a failure is noted and costs nothing but work."""
        consumer: Any = self._subscriber.consumer
        offsets = self._applied.uncommitted()
        if consumer is None or not offsets:
            return
        try:
            await consumer.commit(offsets)
        except KafkaError as error:
            self.commit_failures += 1
            log.warning("%s: offsets were not committed: %r", self.topic, error)
        else:
            self._applied.committed(offsets)

    def pressed(self) -> bool:
        """Whether events have come faster than they were taken, just now, or a large batch is in hand."""
        return self._in_hand >= MANY or time.monotonic() - self._pressed_at < PRESSED_SECONDS

    def _more_waits(self) -> bool:
        """As far as the client has heard: without asking the broker."""
        consumer: Any = self._subscriber.consumer
        if consumer is None:
            return False
        partitions: set[TopicPartition] = set(consumer.assignment())
        ends = {each: consumer.highwater(each) for each in partitions & set(self._applied.offsets)}
        return any(end is not None and end > self._applied.offsets[each] for each, end in ends.items())

    def assigned(self) -> int:
        """How many partitions this process reads."""
        consumer: Any = self._subscriber.consumer
        return len(consumer.assignment()) if consumer is not None else 0

    def has_share(self) -> bool:
        """Whether this process reads all that its group gives it: nothing, where partitions are too few."""
        there = self._subscriber.consumer is not None
        return there and (self._applied.joined or self.assigned() > 0)

    async def lag(self) -> Mapping[int, int]:
        """Records not yet applied, by assigned partition."""
        consumer: Any = self._subscriber.consumer
        if consumer is None:
            return {}
        partitions: set[TopicPartition] = set(consumer.assignment())
        unknown = partitions - set(self._applied.offsets)
        if unknown:
            await self._learn(consumer, unknown)
        ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions) if partitions else {}
        applied = self._applied.offsets
        return {each.partition: max(0, end - applied.get(each, end)) for each, end in ends.items()}

    async def _learn(self, consumer: Any, partitions: AbstractSet[TopicPartition]) -> None:
        """Where partitions stood when they came to this process."""
        beginnings: dict[TopicPartition, int] = await consumer.beginning_offsets(partitions)
        for partition in partitions:
            committed = await consumer.committed(partition)
            at = beginnings[partition] if committed is None else committed
            if self._applied.offsets.setdefault(partition, at) == at:
                self._applied.committed({partition: at})


def _failing(jobs: Sequence[EventJob]) -> Mapping[str, Sequence[EventJob]]:
    """By source, the events of the sources in which one failed and may be tried again."""
    sources = {
        job.key
        for job in jobs
        if job.error is not None and not isinstance(job.error, (Refusal, NotYet)) and job.outcome == "left"
    }
    queues: defaultdict[str, list[EventJob]] = defaultdict(list)
    for job in jobs:
        if job.key in sources:
            queues[str(job.key)].append(job)
    return queues


def to_record(raw: ConsumerRecord[Any, Any]) -> Record:
    """The client's record as ours."""
    return Record(raw.topic, raw.partition, raw.offset, raw.key, raw.value, tuple(raw.headers))


async def _keep(message: KafkaAckableMessage) -> KafkaAckableMessage:
    return message
