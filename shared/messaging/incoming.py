"""A record on its way into the database: read, or known to be unreadable, never raising.

Owns the shape of a parked record, so that what was put aside can be read again.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shared.contracts.base import Event, Message, State
from shared.messaging.envelope import (
    Catalogue,
    Envelope,
    Record,
    UnreadableRecord,
    decode_data,
    read_envelope,
)
from shared.work import Cause, Job, Transaction
from shared.work.transaction import Doc

Reaction = Callable[[Any, Transaction], Awaitable[None]]
EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Erased:
    """A null on a state topic: the aggregate is gone, and so must be what is kept of it."""

    kind: type[State]
    subject: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a service does with one topic: its reactions by message type, run in order."""

    topic: str
    reactions: Mapping[type[Message], Sequence[Reaction]]
    erasures: Mapping[type[State], Sequence[Reaction]] = field(
        default_factory=dict[type[State], Sequence[Reaction]]
    )

    @property
    def strict(self) -> bool:
        """Whether each sequence counts; a state topic is thinned out by compaction."""
        thin = any(issubclass(kind, Event) and kind.cumulative for kind in self.reactions)
        return not (thin or self.topic.endswith(".state"))


@dataclass(slots=True, eq=False)
class EventJob(Job):
    """A job made of a record.  `unreadable` says why it is none, and `outcome` what became of it."""

    record: Record = field(kw_only=True)
    envelope: Envelope = field(kw_only=True)
    unreadable: str = field(default="", kw_only=True)
    unknown: bool = field(default=False, kw_only=True)
    outcome: str = field(default="", kw_only=True)

    @property
    def position(self) -> tuple[int, int]:
        """Epoch and sequence: the order of a source's events."""
        return self.envelope.epoch, self.envelope.sequence


NO_ENVELOPE = Envelope(id="", source="", type="", subject="", time=EPOCH, sequence=0)
"""Of a record that has none."""


class Reader:
    """Makes jobs of the records of one topic."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        self._catalogue = Catalogue({*subscription.reactions, *subscription.erasures})

    def read(self, record: Record) -> EventJob:
        """The job of a record; an unreadable one says why."""
        envelope = NO_ENVELOPE
        try:
            envelope, value = read_envelope(record)
            return self._job(record, envelope, value)
        except UnreadableRecord as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001  whatever a record holds must not stop its topic
            reason = f"{type(error).__name__}: {error}"
        return EventJob(record.place, idle, None, EPOCH, record=record, envelope=envelope, unreadable=reason)

    def _job(self, record: Record, envelope: Envelope, value: bytes | None) -> EventJob:
        kind = self._catalogue.known(envelope.type)
        message: object = None
        handler = idle
        if kind is not None and value is None and issubclass(kind, State) and not self._subscription.strict:
            message = Erased(kind, envelope.subject)
            handler = in_turn(self._subscription.erasures.get(kind, ()))
        elif kind is not None:
            message = decode_data(kind, value, envelope)
            handler = in_turn(self._subscription.reactions.get(kind, ()))
        return EventJob(
            envelope.subject,
            handler,
            message,
            envelope.time,
            cause=Cause(envelope.correlation_id, envelope.id, envelope.traceparent),
            record=record,
            envelope=envelope,
            unknown=kind is None,
        )


async def idle(message: Any, tx: Transaction) -> None:
    """Nothing to do for this one."""


def in_turn(reactions: Sequence[Reaction]) -> Reaction:
    """One reaction that is all of these, in order."""
    if len(reactions) == 1:
        return reactions[0]

    async def each(message: Any, tx: Transaction) -> None:
        for reaction in reactions:
            await reaction(message, tx)

    return each


def to_row(record: Record) -> Doc:
    """The record as a parked row keeps it."""
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": record.key,
        "value": record.value,
        "headers": [[name, value] for name, value in record.headers],
    }


def from_row(row: Mapping[str, Any]) -> Record:
    """The record in a parked row."""
    headers = tuple((str(name), value) for name, value in row["headers"])
    return Record(row["topic"], row["partition"], row["offset"], row["key"], row["value"], headers)
