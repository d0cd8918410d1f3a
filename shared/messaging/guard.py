"""What a consumer remembers of its sources: each event once, in order, none lost.

`watermarks` holds, for every topic and source aggregate, the last (epoch, sequence) applied.  It
moves in the transaction that applies the events.  Of the events delivered for a source

* those at or below the watermark are dropped as duplicates,
* the next one is applied; on a state topic any higher one is,
* those beyond a gap are kept in `parked` and applied once the gap is filled; a source that was
  never seen must start at 1, and one with a higher epoch may start anywhere,
* a higher epoch says that the gaps of lower ones are never filled: what is kept behind them and has a
  number below its first one did happen and is applied, what it counts again did not and is dropped,
* one whose reaction says `NotYet` waits in `parked`, the source with it,
* one that fails is parked, its source is `failed`, and all later ones are parked behind it.

The states of a source: open, gap, waiting, failed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pymongo import ASCENDING, DeleteMany, IndexModel, InsertOne, UpdateOne

from shared.errors import Refusal
from shared.messaging import parked
from shared.messaging.incoming import EventJob, Reader, Subscription, from_row, to_row
from shared.messaging.parked import PARKED, REFUSED
from shared.work import Batch, Job, NotYet
from shared.work.transaction import Doc

WATERMARKS = "watermarks"
HELD_A_BATCH = 2000
"""Events behind closing gaps that are read at once."""
RETRY_PAUSES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
"""Seconds until a waiting source is tried again, by number of tries; the last one stays."""
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    WATERMARKS: [
        IndexModel(
            [("state", ASCENDING), ("retry_at", ASCENDING)],
            name="unsettled",
            partialFilterExpression={"state": {"$in": ["gap", "waiting", "failed"]}},
        )
    ],
    **parked.INDEXES,
}


@dataclass(frozen=True, slots=True)
class Guard:
    """Plans the events of one topic; see `Work.execute`."""

    subscription: Subscription
    reader: Reader
    patience: timedelta = timedelta(minutes=5)
    """How long a reaction may say `NotYet` before its source is parked as failed."""

    @classmethod
    def of(cls, subscription: Subscription, *, patience: timedelta = timedelta(minutes=5)) -> "Guard":
        """The guard of a subscription."""
        return cls(subscription, Reader(subscription), patience)

    @property
    def topic(self) -> str:
        """The topic that is guarded."""
        return self.subscription.topic

    def mark_id(self, source: str) -> str:
        """The `_id` of a source's watermark."""
        return f"{self.topic}|{source}"

    def row_id(self, source: str, position: tuple[int, int]) -> str:
        """The `_id` of a parked event: sorts in the order of the source's events."""
        epoch, sequence = position
        return f"{self.topic}|{source}|{epoch:08d}|{sequence:020d}"

    async def plan(self, batch: Batch, jobs: Sequence[Job]) -> "GuardPlan":
        """Apply what can be; leave out, for another try, what fails."""
        return await self._plan(batch, jobs, Mode())

    async def plan_final(self, batch: Batch, jobs: Sequence[Job]) -> "GuardPlan":
        """Apply what can be and park what fails."""
        return await self._plan(batch, jobs, Mode(final=True))

    def is_done(self, job: EventJob) -> bool:
        """Whether nothing needs to be kept of an unreadable record that was tried again."""
        return not job.unreadable

    async def plan_retry(self, batch: Batch, jobs: Sequence[Job]) -> "GuardPlan":
        """Apply parked events whose source waits or is to be redriven."""
        return await self._plan(batch, jobs, Mode(final=True, lifting=True))

    async def _plan(self, batch: Batch, jobs: Sequence[Job], mode: "Mode") -> "GuardPlan":
        plan = GuardPlan(self, mode)
        queues: dict[str, list[EventJob]] = {}
        for job in jobs:
            assert isinstance(job, EventJob)  # noqa: S101  only events come here
            job.outcome = ""
            if job.unreadable:
                plan.unreadable.append(job)
            else:
                queues.setdefault(job.envelope.subject, []).append(job)
        marks = await self._marks(batch, queues)
        held = {} if mode.lifting else await self._held(batch, queues, marks)
        for source, queue in queues.items():
            line = Line(self, source, marks.get(source), mode)
            line.admit([*held.get(source, ()), *queue])
            if line.ready and line.mark is not None and line.mark["state"] != "open":
                line.tail = await self._tail(batch, source)
            plan.lines.append(line)
        return plan

    async def _marks(self, batch: Batch, queues: Mapping[str, object]) -> dict[str, Doc]:
        ids = [self.mark_id(source) for source in queues]
        found = await batch.query(WATERMARKS, {"_id": {"$in": ids}}, size=len(ids))
        return {mark["source"]: mark for mark in found}

    async def _tail(self, batch: Batch, source: str) -> str:
        """The `_id` of the last parked event of a source; empty if there is none."""
        within = {"topic": self.topic, "source": source}
        last = await batch.query(PARKED, within, sort=[("_id", -1)], limit=1)
        return str(last[0]["_id"]) if last else ""

    async def _held(
        self, batch: Batch, queues: Mapping[str, Sequence[EventJob]], marks: Mapping[str, Doc]
    ) -> dict[str, list[EventJob]]:
        """Parked events of the sources whose gap this batch fills, or ends with a higher epoch."""
        gaps = {source: mark for source, mark in marks.items() if mark["state"] == "gap"}
        filled = [
            source
            for source, mark in gaps.items()
            if not any(job.solo for job in queues[source])
            and any(job.envelope.sequence == mark["sequence"] + 1 for job in queues[source])
        ]
        # All that is held of these: what is left out would be taken for applied.
        over = [
            source
            for source, mark in gaps.items()
            if any(job.envelope.epoch > mark["epoch"] for job in queues[source])
        ]
        held: dict[str, list[EventJob]] = {}
        for sources, most in ((sorted({*filled} - {*over}), HELD_A_BATCH), (over, 0)):
            if sources:
                within = {"topic": self.topic, "source": {"$in": sources}}
                for row in await batch.query(PARKED, within, sort=[("_id", 1)], limit=most):
                    held.setdefault(row["source"], []).append(self.reader.read(from_row(row)))
        return held


@dataclass(frozen=True, slots=True)
class Mode:
    """How a batch treats failures.

    `final`: a failure is parked rather than left for another try.  `lifting`: a source that waits or
    has failed is tried again.
    """

    final: bool = False
    lifting: bool = False


@dataclass(slots=True)
class Line:
    """The events of one source in one batch: those to apply, and those that must wait."""

    guard: Guard
    source: str
    mark: Doc | None
    mode: Mode
    ready: list[EventJob] = field(default_factory=list[EventJob])
    late: list[EventJob] = field(default_factory=list[EventJob])
    tail: str = ""
    """The last of its events that is parked already."""

    def admit(self, queue: Sequence[EventJob]) -> None:
        """Sort the events into duplicates, those to apply and those too early."""
        seen = (self.mark["epoch"], self.mark["sequence"]) if self.mark else None
        blocked = self._blocked()
        ordered = sorted(queue, key=lambda job: job.position)
        begins: dict[int, int] = {}
        for job in ordered:
            begins.setdefault(job.envelope.epoch, job.envelope.sequence)
        jumped = -1  # the epoch in which a gap was left behind
        for job in ordered:
            epoch, sequence = job.position
            if seen is not None and job.position <= seen:
                job.outcome = "duplicate"
                continue
            if not blocked and (jumped == epoch or not self._follows(seen, job.position)):
                later = min((each for each in begins if each > epoch), default=None)
                if later is not None and sequence >= begins[later]:
                    job.outcome = "duplicate"
                    continue
                jumped, blocked = epoch, later is None
            (self.late if blocked else self.ready).append(job)
            seen = job.position

    def _blocked(self) -> bool:
        return self.mark is not None and self.mark["state"] in {"failed", "waiting"} and not self.mode.lifting

    def _follows(self, seen: tuple[int, int] | None, position: tuple[int, int]) -> bool:
        if not self.guard.subscription.strict:
            return True
        if seen is None or seen[1] == 0 == seen[0]:
            return position[1] == 1
        return position[0] > seen[0] or position[1] == seen[1] + 1

    def settle(self, batch: Batch) -> None:
        """Move the watermark and put aside what could not be applied."""
        if not self.ready and not self.late:
            return
        applied = self._applied()
        stuck = self.ready[applied] if applied < len(self.ready) else None
        if stuck is not None and not self.mode.final and not isinstance(stuck.error, NotYet):
            self._leave(batch, applied)
            return
        last = self.ready[applied - 1].position if applied else None
        late = self.ready[applied:] + self.late
        behind = last is not None and self.tail > self.guard.row_id(self.source, last)
        mark = self._next_mark(last, stuck, late=bool(late) or behind)
        self._write_mark(batch, mark)
        for job in late:
            self._park(batch, job, mark["state"])
        if applied and self.mark is not None and self.mark["state"] != "open":
            self._unpark(batch, (mark["epoch"], mark["sequence"]))

    def _applied(self) -> int:
        for index, job in enumerate(self.ready):
            if job.error is not None and not isinstance(job.error, Refusal):
                return index
            job.outcome = "refused" if job.error else "unknown" if job.unknown else "applied"
        return len(self.ready)

    def _leave(self, batch: Batch, applied: int) -> None:
        """Keep what succeeded before the failure; the consumer tries the rest again."""
        for job in self.ready[applied:] + self.late:
            job.outcome = "left"
        if applied:
            last = self.ready[applied - 1].position
            before = self.mark["state"] if self.mark else "open"
            self._write_mark(batch, {"epoch": last[0], "sequence": last[1], "state": before})
            self._unpark(batch, last)

    def _next_mark(self, last: tuple[int, int] | None, stuck: EventJob | None, *, late: bool) -> Doc:
        epoch, sequence = last or self._seen()
        mark: Doc = {"epoch": epoch, "sequence": sequence, "state": "gap" if late else "open"}
        nothing_tried = last is None and stuck is None
        if nothing_tried and self.mark is not None and self.mark["state"] != "open":
            mark["state"] = self.mark["state"]
        elif stuck is not None:
            mark |= self._stuck(stuck)
        return mark

    def _seen(self) -> tuple[int, int]:
        return (self.mark["epoch"], self.mark["sequence"]) if self.mark else (0, 0)

    def _stuck(self, job: EventJob) -> Doc:
        now = datetime.now(UTC)
        waited = self.mark if self.mark and self.mark["state"] == "waiting" else None
        since = waited["since"] if waited and waited.get("since") else now
        tries = (waited.get("tries", 0) if waited else 0) + 1
        error = f"{type(job.error).__name__}: {job.error}"
        if not isinstance(job.error, NotYet) or now - since > self.guard.patience:
            job.outcome = "parked"
            return {"state": "failed", "since": now, "error": error, "tries": tries}
        job.outcome = "not_yet"
        pause = RETRY_PAUSES[min(tries, len(RETRY_PAUSES)) - 1]
        retry_at = now + timedelta(seconds=pause)
        return {"state": "waiting", "since": since, "error": error, "tries": tries, "retry_at": retry_at}

    def _write_mark(self, batch: Batch, mark: Doc) -> None:
        id_ = self.guard.mark_id(self.source)
        if self.mark is None:
            row = {"_id": id_, "topic": self.guard.topic, "source": self.source, **mark}
            batch.defer(WATERMARKS, InsertOne(row))
            return
        update: Doc = {"$set": mark}
        if mark["state"] == "open" and self.mark["state"] != "open":
            update["$unset"] = {"since": "", "error": "", "tries": "", "retry_at": ""}
        batch.defer(WATERMARKS, UpdateOne({"_id": id_}, update))

    def _park(self, batch: Batch, job: EventJob, state: str) -> None:
        reason = {"gap": "gap", "waiting": "behind", "failed": "behind"}[state]
        if job.outcome in {"parked", "not_yet"}:
            reason = {"parked": "failed", "not_yet": "waiting"}[job.outcome]
        else:
            job.outcome = "held"
        row: Doc = {
            **to_row(job.record),
            "source": self.source,
            "epoch": job.position[0],
            "sequence": job.position[1],
            "type": job.envelope.type,
            "reason": reason,
            "error": f"{type(job.error).__name__}: {job.error}" if job.error else None,
        }
        id_ = {"_id": self.guard.row_id(self.source, job.position)}
        now = datetime.now(UTC)
        put_aside = (
            {"$set": row, "$setOnInsert": {"at": now}} if self.ready else parked.unless_tried(row, at=now)
        )
        batch.defer(PARKED, UpdateOne(id_, put_aside, upsert=True))

    def _unpark(self, batch: Batch, last: tuple[int, int]) -> None:
        first, end = self.guard.row_id(self.source, (0, 0)), self.guard.row_id(self.source, last)
        batch.defer(PARKED, DeleteMany({"_id": {"$gte": first, "$lte": end}}))


@dataclass(slots=True)
class GuardPlan:
    """What one batch of events will run and remember."""

    guard: Guard
    mode: Mode
    lines: list[Line] = field(default_factory=list[Line])
    unreadable: list[EventJob] = field(default_factory=list[EventJob])
    halting: bool = True

    @property
    def strands(self) -> list[list[EventJob]]:
        """The events to apply, in order, for each source."""
        return [line.ready for line in self.lines]

    def settle(self, batch: Batch) -> None:
        """Write the watermarks and what is put aside."""
        for line in self.lines:
            line.settle(batch)
            for job in line.ready:
                if isinstance(job.error, Refusal):
                    batch.defer(REFUSED, parked.refused(job, job.error))
        for job in self.unreadable:
            job.outcome = "parked"
            batch.defer(PARKED, parked.unreadable(job))
