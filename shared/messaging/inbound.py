"""What systems of the enterprise tell a service on a topic of its own.

Senders are not ours: they number nothing, and may send again, late and wrong.  Each record is
therefore taken by itself; its handler makes it count once, by source and id.  One that cannot be read,
that a rule refuses or whose handler fails is parked with the reason and holds up no other; redriving
tries it again, and it expires after as long as its topic keeps it.  Records of one subject run in the order
in which they lie on their partition.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, TypeVar, cast

from pymongo import DeleteOne, UpdateOne

from shared.audit import Origin
from shared.clock import to_millisecond
from shared.contracts.base import Inbound
from shared.errors import Refusal
from shared.identity import Caller
from shared.messaging.envelope import (
    Catalogue,
    Envelope,
    Record,
    UnreadableRecord,
    decode_value,
    read_inbound,
)
from shared.messaging.incoming import EPOCH, NO_ENVELOPE, EventJob, Subscription, idle, in_turn, to_row
from shared.messaging.parked import PARKED
from shared.messaging.topics import INBOUND_KEPT
from shared.work import Batch, Cause, Job
from shared.work.transaction import Doc

REASONS = ("unreadable", "refused", "failed")
"""Why a record that is nobody's successor is parked."""


M = TypeVar("M", bound=Inbound)


class Told(NamedTuple, Generic[M]):
    """A message from outside, who sent it under which id, and the time that it gives itself, if any."""

    message: M
    source: str
    id: str
    at: datetime | None


class InboundReader:
    """Makes jobs of the records of one topic."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        self._catalogue = Catalogue(subscription.reactions)

    def read(self, record: Record) -> EventJob:
        """The job of a record; an unreadable one says why."""
        envelope = NO_ENVELOPE
        try:
            envelope, value = read_inbound(record)
            return self._job(record, envelope, value)
        except UnreadableRecord as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001  whatever a record holds must not stop its topic
            reason = f"{type(error).__name__}: {error}"
        return EventJob(record.place, idle, None, EPOCH, record=record, envelope=envelope, unreadable=reason)

    def _job(self, record: Record, envelope: Envelope, value: bytes | None) -> EventJob:
        kind = self._catalogue.known(envelope.type)
        if kind is None:
            known = ", ".join(sorted(each.wire_type for each in self._subscription.reactions))
            raise UnreadableRecord(f"header ce_type: {envelope.type!r} is not taken here; send {known}")
        message = cast("Inbound", decode_value(kind, value, envelope))
        at = None if envelope.time == EPOCH else envelope.time
        return EventJob(
            message.subject,
            in_turn(self._subscription.reactions[kind]),
            Told(message, envelope.source, envelope.id, at),
            to_millisecond(datetime.now(UTC)),
            caller=Caller(envelope.source, roles=frozenset({message.sender})),
            cause=Cause(
                envelope.correlation_id,
                envelope.id,
                envelope.traceparent,
                Origin(envelope.type, self._subscription.topic),
            ),
            record=record,
            envelope=envelope,
        )


@dataclass(frozen=True, slots=True)
class Gate:
    """Plans the records of one inbound topic; stands where a `Guard` stands on others."""

    subscription: Subscription
    reader: InboundReader

    @classmethod
    def of(cls, subscription: Subscription) -> "Gate":
        """The gate of a subscription."""
        return cls(subscription, InboundReader(subscription))

    @property
    def topic(self) -> str:
        """The topic that it stands at."""
        return self.subscription.topic

    async def plan(self, batch: Batch, jobs: Sequence[Job]) -> "GatePlan":
        """Apply what can be; leave out, for another try, what fails."""
        del batch
        return GatePlan.of(jobs, final=False)

    async def plan_final(self, batch: Batch, jobs: Sequence[Job]) -> "GatePlan":
        """Apply what can be and park the rest."""
        del batch
        return GatePlan.of(jobs, final=True)

    def is_done(self, job: EventJob) -> bool:
        """Whether nothing needs to be kept of a parked record that was tried again."""
        return job.outcome == "applied"


@dataclass(slots=True)
class GatePlan:
    """What one batch of inbound records will run and remember."""

    final: bool
    strands: Sequence[Sequence[EventJob]]
    unreadable: list[EventJob] = field(default_factory=list[EventJob])
    halting: bool = False

    @classmethod
    def of(cls, jobs: Sequence[Job], *, final: bool) -> "GatePlan":
        """Records of one subject one after the other."""
        strands: defaultdict[str, list[EventJob]] = defaultdict(list)
        unreadable: list[EventJob] = []
        for job in jobs:
            assert isinstance(job, EventJob)  # noqa: S101  only records come here
            job.outcome = ""
            if job.unreadable:
                unreadable.append(job)
            else:
                strands[str(job.key)].append(job)
        return cls(final, list(strands.values()), unreadable)

    def settle(self, batch: Batch) -> None:
        """Park what was not taken, and forget what was parked and is taken now."""
        for job in (job for strand in self.strands for job in strand):
            if job.error is None:
                job.outcome = "applied"
                batch.defer(PARKED, DeleteOne({"_id": job.record.place}))
            elif isinstance(job.error, Refusal):
                _park(batch, job, "refused", f"{job.error.rule}: {job.error.detail}")
            elif self.final:
                _park(batch, job, "failed", f"{type(job.error).__name__}: {job.error}")
            else:
                job.outcome = "left"
        for job in self.unreadable:
            _park(batch, job, "unreadable", job.unreadable)


def _park(batch: Batch, job: EventJob, reason: str, error: str) -> None:
    job.outcome = "parked"
    row: Doc = {
        **to_row(job.record),
        "source": None,
        "sender": job.envelope.source or None,
        "reason": reason,
        "type": job.envelope.type,
        "error": error,
    }
    now = datetime.now(UTC)
    update: dict[str, Any] = {
        "$set": row,
        "$setOnInsert": {"at": now, "expires_at": now + INBOUND_KEPT},
        "$unset": {"redrive": ""},
    }
    batch.defer(PARKED, UpdateOne({"_id": job.record.place}, update, upsert=True))


__all__ = ["REASONS", "Gate", "InboundReader", "Told"]
