"""The outbox on its way to Kafka: every row at least once, each aggregate in order.

Unsent rows are read as one snapshot and by `sent`, never by position: a row that commits late
is not passed by.  Rows of an aggregate go out by their sequence, whichever process wrote them and
whatever its clock.  They are marked after the broker has them; a crash in between repeats rows
that subscribers drop by sequence.  Run it under a lease.

An idempotent producer tries for ever, and in order: what it was given and has not answered for is not
given to another one, or that could put an old state behind a newer one, where compaction would keep it.  It
is left with the producer, its keys wait, and it is marked when the answer comes.

A lease does not stop a process that slept between reading and sending, or whose producer is answered after
another process has taken over: an old state may come behind a newer one, or behind an erasure.  Of two who
have sent a row one marks it second and finds that out; it has the newest states of those keys sent once more.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from aiokafka.errors import (
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    ProducerClosed,
    RecordTooLargeError,
)
from bson import ObjectId
from pymongo import ASCENDING, IndexModel

from shared import mongo
from shared.messaging.envelope import envelope_of_row
from shared.messaging.producing import Producer
from shared.work.transaction import Doc

log = logging.getLogger(__name__)
OUTBOX = "outbox"
AGAIN_SECONDS = 60.0
"""After how long a row that the broker does not take is tried again."""
STATES = ".state"
"""How the names of compacted topics end."""
CLOCKS_APART = timedelta(hours=2)
"""By how much the clocks of processes may differ: ids of rows begin with their writer's time."""
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    OUTBOX: [
        IndexModel(
            [("sent", ASCENDING), ("_id", ASCENDING)],
            name="unsent",
            partialFilterExpression={"sent": False},
        ),
        IndexModel(
            [("key", ASCENDING), ("topic", ASCENDING), ("epoch", ASCENDING), ("sequence", ASCENDING)],
            name="unsent_by_key",
            partialFilterExpression={"sent": False},
        ),
        IndexModel([("sent_at", ASCENDING)], name="sent_at", sparse=True),
    ]
}
_UNSENDABLE = (
    MessageSizeTooLargeError,
    RecordTooLargeError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
)


Pending = tuple[Doc, "asyncio.Future[Any]"]
"""A row that a producer was given, and its answer."""


class Relay:
    """The turn of a worker that empties the outbox."""

    def __init__(
        self,
        db: mongo.Database,
        make_producer: Callable[[], Producer],
        *,
        size: int = 1000,
        send_seconds: float = 20.0,
        most_silent: float = 120.0,
        on_sent: Callable[[Sequence[Doc]], None] = lambda rows: None,  # noqa: ARG005
    ) -> None:
        """`size`: rows a turn; `send_seconds`: how long a turn waits until the broker has them.

        After `most_silent` seconds without an answer the producer is given up, whatever it still tries.
        `blocked` says which keys wait behind a row that the broker does not take, and why.
        """
        self.blocked: dict[str, str] = {}
        self._again_at: dict[str, float] = {}
        self._outbox = db[OUTBOX].with_options(read_concern=mongo.SNAPSHOT)
        self._marks = db[OUTBOX]
        self._make_producer = make_producer
        self._producer: Producer | None = None
        self._unanswered: list[Pending] = []
        self._answered_at = 0.0
        self._busy = asyncio.Lock()
        self._size = size
        self._send_seconds = send_seconds
        self._most_silent = most_silent
        self._on_sent = on_sent

    async def turn(self) -> bool:
        """Send the next rows and mark them; whether there may be more."""
        async with self._busy:
            if len(self._unanswered) >= self._size:
                await self._wait_for(self._unanswered)
            await self._settle()
            if len(self._unanswered) >= self._size:
                return False
            rows, full = await self._next()
            sent = await self._deliver(rows) if rows else []
            return full and bool(sent)

    async def settle(self) -> bool:
        """Mark what was answered after its turn, also by who no longer leads; it is never more at once."""
        if not self._busy.locked():
            async with self._busy:
                await self._settle()
        return False

    def forget_blocked(self) -> None:
        """Another process relays now, and finds out for itself."""
        self.blocked.clear()
        self._again_at.clear()

    async def _settle(self) -> None:
        answered = [each for each in self._unanswered if each[1].done()]
        if answered:
            self._unanswered = [each for each in self._unanswered if not each[1].done()]
            self._answered_at = time.monotonic()
            await self._mark(await self._taken(answered))
        elif self._unanswered and time.monotonic() - self._answered_at > self._most_silent:
            log.warning("outbox: no answer for %.0f s, beginning again", self._most_silent)
            await self._renew()

    async def _deliver(self, rows: Sequence[Doc]) -> list[Doc]:
        """Send and mark; the rows that the broker took."""
        return await self._mark(await self._send(rows))

    async def _mark(self, sent: list[Doc]) -> list[Doc]:
        if sent:
            ours = {"_id": {"$in": [row["_id"] for row in sent]}, "sent": False}
            marked = await self._marks.update_many(ours, [{"$set": {"sent": True, "sent_at": "$$NOW"}}])
            if marked.modified_count < len(sent):
                await self._send_newest_again(sent)
            self._on_sent(sent)
        return sent

    async def close(self) -> None:
        """Give the connection back; what is not marked is sent again."""
        await self._renew()

    async def _send_newest_again(self, rows: Sequence[Doc]) -> None:
        """Somebody else has sent these rows too: let the newest state of each key be the last one."""
        states = [row for row in rows if row["topic"].endswith(STATES)]
        if not states:
            return
        since = min(row["_id"].generation_time for row in states) - CLOCKS_APART
        pipeline: list[Doc] = [
            {
                "$match": {
                    "_id": {"$gte": ObjectId.from_datetime(since)},
                    "topic": {"$in": sorted({row["topic"] for row in states})},
                    "key": {"$in": sorted({row["key"] for row in states})},
                }
            },
            {"$sort": {"epoch": -1, "sequence": -1}},
            {"$group": {"_id": {"topic": "$topic", "key": "$key"}, "newest": {"$first": "$_id"}}},
        ]
        newest = [group["newest"] for group in await mongo.aggregate(self._marks, pipeline)]
        log.warning("outbox: another process was sending, %d states are sent again", len(newest))
        await self._marks.update_many(
            {"_id": {"$in": newest}}, {"$set": {"sent": False}, "$unset": {"sent_at": ""}}
        )

    async def _next(self) -> tuple[list[Doc], bool]:
        """Unsent rows, no earlier one of the same key left out, and whether there are surely more."""
        query: dict[str, Any] = {"sent": False}
        waiting = {*filter(self._waits, self.blocked), *(row["key"] for row, _ in self._unanswered)}
        tried = {*self.blocked} - waiting
        if waiting:
            query["key"] = {"$nin": sorted(waiting)}
        rows = await self._outbox.find(query).sort("_id", 1).limit(self._size).to_list(None)
        full = len(rows) == self._size
        if full:
            rows = _without_jumps(await self._with_earlier(rows))
        else:
            for key in tried - {row["key"] for row in rows}:
                self._release(key)  # somebody has dealt with the row
        return sorted(rows, key=_order), full

    async def _with_earlier(self, rows: list[Doc]) -> list[Doc]:
        """Of a window that is full, let the keys whose first rows lie outside begin with those."""
        first = {_line(row): row for row in sorted(rows, key=_order, reverse=True)}
        pipeline: list[Doc] = [
            {"$match": {"sent": False, "key": {"$in": [row["key"] for row in first.values()]}}},
            {"$sort": {"key": 1, "topic": 1, "epoch": 1, "sequence": 1}},
            {"$group": {"_id": {"topic": "$topic", "key": "$key"}, "first": {"$first": "$$ROOT"}}},
        ]
        heads = [group["first"] for group in await mongo.aggregate(self._outbox, pipeline)]
        late = {
            _line(head): head
            for head in heads
            if _line(head) in first and _order(head) < _order(first[_line(head)])
        }
        return [row for row in rows if _line(row) not in late] + list(late.values())

    async def _send(self, rows: Iterable[Doc]) -> list[Doc]:
        """Give all rows to the broker; those that it took."""
        producer = await self._connected()
        pending: list[Pending] = []
        for row in rows:
            if self._waits(row["key"]):
                continue
            if row["key"] in self.blocked:  # alone: the next ones go once it was taken
                self._again_at[row["key"]] = time.monotonic() + AGAIN_SECONDS
            try:
                headers = envelope_of_row(row).headers()
                future = cast(
                    "asyncio.Future[Any]",
                    await producer.send(
                        row["topic"], value=row["value"], key=row["key"].encode(), headers=headers
                    ),
                )
            except _UNSENDABLE as error:
                self._block(row, error)
            except KafkaTimeoutError as error:  # it is full of what the broker has not answered
                log.warning("outbox: the producer takes no more for now: %r", error)
                break
            except (KafkaError, ProducerClosed):
                self._unanswered += pending
                await self._renew()
                raise
            else:
                pending.append((row, future))
        return await self._acknowledged(pending)

    async def _acknowledged(self, pending: Sequence[Pending]) -> list[Doc]:
        await self._wait_for(pending)
        unanswered = [each for each in pending if not each[1].done()]
        if unanswered:
            self._answered_at = self._answered_at if self._unanswered else time.monotonic()
            self._unanswered += unanswered
            log.warning("outbox: %d of %d rows have no answer yet", len(unanswered), len(pending))
        return await self._taken([each for each in pending if each[1].done()])

    async def _wait_for(self, pending: Sequence[Pending]) -> None:
        if pending:
            await asyncio.wait([future for _, future in pending], timeout=self._send_seconds)

    async def _taken(self, answered: Sequence[Pending]) -> list[Doc]:
        """The rows that the broker took; after a failure with a new producer from now on."""
        sent: list[Doc] = []
        failure: BaseException | None = None
        for row, future in answered:
            error = future.exception() if not future.cancelled() else ProducerClosed()
            if error is None:
                sent.append(row)
                self._release(row["key"])
            elif isinstance(error, _UNSENDABLE):
                self._block(row, error)
            else:
                failure = error
        if failure is not None:
            await self._renew()
            lost = len(answered) - len(sent)
            log.warning("outbox: %d of %d rows not sent: %r", lost, len(answered), failure)
        return sent

    def _block(self, row: Doc, error: Exception) -> None:
        """Keep a row that the broker does not take, and the later ones of its key, back."""
        self.blocked[row["key"]] = f"{type(error).__name__}: {error}"
        self._again_at[row["key"]] = time.monotonic() + AGAIN_SECONDS
        log.error("outbox: row %s cannot be sent, its key waits: %r", row["_id"], error)

    def _waits(self, key: str) -> bool:
        return key in self.blocked and time.monotonic() < self._again_at[key]

    def _release(self, key: str) -> None:
        if self.blocked.pop(key, None) is not None:
            del self._again_at[key]

    async def _connected(self) -> Producer:
        if self._producer is None:
            producer = self._make_producer()
            try:
                await producer.start()
            except BaseException:
                await producer.abandon()
                raise
            self._producer = producer
        return self._producer

    async def _renew(self) -> None:
        """Drop the producer: after some errors its sequence numbers are of no use any more.

        What it had not answered for is sent again, by the next one: it must not go on trying beside that.
        """
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.abandon()
        for _, future in self._unanswered:
            future.cancel()
        self._unanswered.clear()


class OutboxBroom:
    """The turn of a worker that forgets rows which were sent long ago."""

    def __init__(self, db: mongo.Database, *, keep: timedelta) -> None:
        self._outbox = db[OUTBOX]
        self._keep_ms = int(keep.total_seconds() * 1000)

    async def turn(self) -> bool:
        """Delete what has been kept long enough; never that there is more at once."""
        old = {"$expr": {"$lte": ["$sent_at", {"$subtract": ["$$NOW", self._keep_ms]}]}}
        await self._outbox.delete_many({"sent": True, "sent_at": {"$exists": True}, **old})
        return False


def _without_jumps(rows: Sequence[Doc]) -> list[Doc]:
    """Of a window that is full, the head of each key: behind a jump in its numbers a row may be missing."""
    last: dict[tuple[str, str], int] = {}
    broken: set[tuple[str, str]] = set()
    whole: list[Doc] = []
    for row in sorted(rows, key=_order):
        line = _line(row)
        if line in last and row["sequence"] > last[line] + 1:
            broken.add(line)
        if line not in broken:
            last[line] = row["sequence"]
            whole.append(row)
    return whole


def _line(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["topic"], row["key"]


def _order(row: Mapping[str, Any]) -> tuple[int, int, str]:
    """Sequence within an epoch; a state follows the event that made it."""
    return row["epoch"], row["sequence"], row["topic"]
