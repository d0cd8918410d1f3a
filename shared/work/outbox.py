"""Outbox rows: the events and states that a transaction says when it commits.

Numbers the events of each aggregate without gaps and encodes them, so that what cannot be sent
is refused before it is stored.  Of the states of one aggregate only the newest is kept.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from bson import ObjectId

from shared.contracts.base import Message, State
from shared.errors import TooLarge
from shared.messaging.envelope import (
    MAX_VALUE_BYTES,
    Envelope,
    encode_data,
    outbox_row,
    source_of,
    topic_of,
)
from shared.work.job import Cause, Job
from shared.work.transaction import Doc, Ref, Writes, follows_events


class _Draft(NamedTuple):
    id: ObjectId
    topic: str
    envelope: Envelope
    value: bytes | None
    state: bool


class Outbox:
    """What one transaction will add to `outbox`."""

    def __init__(self, *, epoch: int) -> None:
        self._epoch = epoch
        self._events: list[Doc] = []
        self._states: dict[tuple[str, str], Doc] = {}

    @property
    def filled(self) -> bool:
        """Whether there is anything to send."""
        return bool(self._events or self._states)

    def rows(self) -> Iterable[Doc]:
        """The rows in the order in which they were accepted."""
        yield from self._events
        yield from self._states.values()

    def draft(self, writes: Writes, job: Job, *, before: Mapping[Ref, Doc | None]) -> Mapping[Any, int]:
        """Encode all that a message publishes, or none of it; the new sequences by aggregate.

        Raises `TooLarge`.
        """
        if not writes.messages and not writes.tombstones:
            return {}
        sequences: dict[Any, int] = {}
        drafts = [self._message(message, writes, job, before, sequences) for message in writes.messages]
        for kind, subject in writes.tombstones:
            sequence = sequences[subject] = self._last(subject, writes, before, sequences) + 1
            id_ = ObjectId()
            envelope = self._envelope(id_, kind, subject, sequence, job.now, job.cause)
            drafts.append(_Draft(id_, topic_of(kind), envelope, None, state=True))
        for draft in drafts:
            self._take(draft)
        return sequences

    def _message(
        self,
        message: Message,
        writes: Writes,
        job: Job,
        before: Mapping[Ref, Doc | None],
        sequences: dict[Any, int],
    ) -> _Draft:
        subject, state = message.subject, isinstance(message, State)
        sequence = self._last(subject, writes, before, sequences) + (0 if follows_events(message) else 1)
        sequences[subject] = sequence
        id_, kind = ObjectId(), type(message)
        envelope = self._envelope(id_, kind, subject, sequence, job.now, job.cause)
        value = encode_data(message, envelope)
        if len(value) > MAX_VALUE_BYTES:
            raise TooLarge(
                f"A {envelope.type} of {len(value)} bytes is more than the {MAX_VALUE_BYTES} that can be"
                " published; send less in one request.",
                bytes=len(value),
                limit=MAX_VALUE_BYTES,
            )
        return _Draft(id_, topic_of(kind), envelope, value, state)

    def _last(
        self, subject: str, writes: Writes, before: Mapping[Ref, Doc | None], sequences: Mapping[Any, int]
    ) -> int:
        if subject in sequences:
            return sequences[subject]
        last = 0
        for ref in writes.put_refs.get(subject, ()):
            # What is kept beside an aggregate may have its id too, and no sequence.
            if doc := before.get(ref):
                last = max(last, int(doc.get("sequence", 0)))
        return last

    def _envelope(
        self, id_: ObjectId, kind: type[Message], subject: str, sequence: int, at: datetime, cause: Cause
    ) -> Envelope:
        told = str(id_)
        return Envelope(
            id=told,
            source=source_of(kind.publisher),
            type=kind.wire_type,
            subject=subject,
            time=at,
            sequence=sequence,
            epoch=self._epoch,
            correlation_id=cause.correlation_id or told,
            causation_id=cause.causation_id,
            traceparent=cause.traceparent,
        )

    def _take(self, draft: _Draft) -> None:
        row = outbox_row(draft.id, draft.topic, draft.envelope, draft.value)
        if draft.state:
            self._states[draft.topic, draft.envelope.subject] = row
        else:
            self._events.append(row)


__all__ = ["Outbox"]
