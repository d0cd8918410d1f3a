"""One attempt: the documents read and the writes accepted in one transaction.

Handlers are driven by hand, not by the event loop: every handler advances until it needs a
document, then all missing documents are fetched with one query a collection.  Awaiting anything
but `tx` is therefore an error.
"""

from collections import defaultdict
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pymongo import DeleteOne, InsertOne, UpdateOne
from pymongo.errors import PyMongoError

from shared.audit.rows import AUDIT, change_row
from shared.contracts.base import State
from shared.errors import Refusal
from shared.mongo import InTransaction, Missed, Query, Write, WriteOp
from shared.work.answers import ANSWERS, without_words_of
from shared.work.gathering import gather
from shared.work.job import Conflict, Job, NotYet
from shared.work.operations import operation, version_of
from shared.work.outbox import Outbox
from shared.work.overlap import may_match
from shared.work.transaction import AloneRequest, Doc, FanOutJob, Find, Load, Policy, Ref, Transaction, Writes

FAN_OUTS = "fan_outs"
UNAUDITED = frozenset({ANSWERS})
"""What is written beside a change and says nothing of it."""
ROUNDS = 8
"""So often strands that overtook each other run on together: of those that meet in a document one goes
through each time.  A strand that runs alone asks the database alone."""


@dataclass(slots=True)
class _Pending:
    """Accepted writes of one collection that the session has not sent yet."""

    puts: dict[Any, tuple[int, Doc | None]] = field(default_factory=dict[Any, tuple[int, Doc | None]])
    stored: dict[Any, Doc] = field(default_factory=dict[Any, Doc])
    updates: list[tuple[Any, Doc]] = field(default_factory=list[tuple[Any, Doc]])
    updated: set[Any] = field(default_factory=set[Any])


class Batch:
    """What messages of one transaction share; made anew for every attempt."""

    def __init__(
        self,
        transaction: InTransaction,
        *,
        policy: Policy,
        outbox: Outbox,
        unaudited: frozenset[str] = UNAUDITED,
    ) -> None:
        self.docs: dict[Ref, Doc | None] = {}
        self.fanned_out = False
        self._transaction = transaction
        self._policy = policy
        self._unaudited = unaudited
        self._outbox = outbox
        self._pending: defaultdict[str, _Pending] = defaultdict(_Pending)
        self._deferred: defaultdict[str, list[WriteOp]] = defaultdict(list)
        self._history: defaultdict[str, list[Doc]] = defaultdict(list)
        self._deleted: list[Any] = []

    @property
    def published(self) -> bool:
        """Whether the transaction adds to the outbox."""
        return self._outbox.filled

    async def query(
        self,
        collection: str,
        filter_: Mapping[str, Any],
        *,
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 0,
        size: int = 1000,
    ) -> list[Doc]:
        """Documents as the transaction sees them; `size` is the expected number."""
        [found] = await self._transaction.find(Query(collection, filter_, tuple(sort), limit, size))
        return found

    def found(self, ref: Ref, doc: Doc, *, since: int) -> Doc | None:
        """What a document is that a query has found; it is kept if nobody wrote to the collection since."""
        if ref not in self.docs and len(self._history[ref[0]]) > since:
            return doc
        return self.docs.setdefault(ref, doc)

    def defer(self, collection: str, op: WriteOp) -> None:
        """Add a write of the engine's own; those of a collection must be independent."""
        self._deferred[collection].append(op)

    async def run(self, strands: Iterable[Sequence[Job]], *, halting: bool) -> None:
        """Advance all strands together until each has run its jobs.

        `halting`: whether a failed job keeps the rest of its strand from running.
        """
        aside = await self._advance([self._strand(jobs, halting) for jobs in strands])
        for _ in range(ROUNDS):
            if len(aside) > 1:
                aside = await self._advance(aside)
        for strand in aside:
            await self._advance([strand], alone=True)

    async def _advance(
        self, running: list[Coroutine[Any, None, None]], *, alone: bool = False
    ) -> list[Coroutine[Any, None, None]]:
        """Run until done, gathering what is asked for; the strands that want to be alone are left."""
        aside: list[Coroutine[Any, None, None]] = []
        while running:
            waiting: list[Coroutine[Any, None, None]] = []
            wanted: dict[Ref, None] = {}
            finds: list[Find] = []
            for strand in running:
                request = _step(strand, alone=alone)
                if request is None:
                    continue
                if isinstance(request, AloneRequest):
                    aside.append(strand)
                    continue
                waiting.append(strand)
                if isinstance(request, Load):
                    wanted.update(dict.fromkeys(request.refs))
                else:
                    finds.append(request)
            await self._load(wanted)
            await self._find(finds)
            running = waiting
        return aside

    async def commit(self) -> PyMongoError | None:
        """Send everything accepted and commit; the error of a commit that may have succeeded."""
        writes = [write for name in tuple(self._pending) if (write := self._taken(name)) is not None]
        for row in self._outbox.rows():
            self.defer("outbox", InsertOne(row))
        if self._deleted:
            self.defer(ANSWERS, without_words_of(self._deleted))
        writes += [Write(name, ops, ordered=False, exact=False) for name, ops in self._deferred.items()]
        try:
            return await self._transaction.write_and_commit(writes)
        except Missed as error:
            raise Conflict(str(error)) from error

    async def _strand(self, jobs: Sequence[Job], halting: bool) -> None:  # noqa: FBT001  private, positional
        for job in jobs:
            await self._one(job)
            if halting and job.error is not None and not isinstance(job.error, Refusal):
                return

    async def _one(self, job: Job) -> None:
        job.error = job.doom
        accepted = job.doom is not None
        while not accepted:
            tx = Transaction(self, job, self._policy)
            try:
                job.result = await job.handler(job.message, tx)
                accepted = self._accept(tx, job)
                job.error = None
            except (Exception, NotYet) as error:  # noqa: BLE001  whatever it is, it is this message's outcome
                job.error, accepted = error, not self._overtaken(tx)
            if not accepted:
                await AloneRequest()

    def _accept(self, tx: Transaction, job: Job) -> bool:
        """Take over the writes of a message, or none of them if its reads are stale."""
        if self._overtaken(tx):
            return False
        writes = tx.writes
        for ref, (expected, _) in writes.puts.items():
            if ref in self.docs and version_of(self.docs[ref]) != expected:
                raise Conflict(ref)
        sequences = self._outbox.draft(writes, job, before=self.docs)
        for ref, (expected, doc) in writes.puts.items():
            self._put(ref, expected, doc, sequences.get(ref[1]))
        for ref, update in writes.updates:
            self._update(ref, update)
        for ref in sorted(writes.holds):
            if ref[1] not in self._pending[ref[0]].updated:
                self._update(ref, {"$inc": {"version": 1}})
        for collection, id_ in sorted(writes.spent):
            self.defer(collection, DeleteOne({"_id": id_}))
        self._deleted += writes.emptied
        self._start(writes.fan_outs, job)
        self._audit(writes, job)
        return True

    def _audit(self, writes: Writes, job: Job) -> None:
        """Have it known who asked for this; not of what follows by itself, nor if nothing is different."""
        about = [f"{name}/{id_}" for name, id_ in writes.puts if name not in self._unaudited]
        about += sorted(f"{name}/{id_}" for name, id_ in writes.updated if name not in self._unaudited)
        if job.caller is None or not job.cause.origin.deed or not (about or writes.messages):
            return
        row = change_row(
            job.caller,
            job.cause.origin,
            about=about,
            events=[type(each).wire_type for each in writes.messages if not isinstance(each, State)],
            reasoned=bool(getattr(job.message, "reason", "")),
            correlation_id=job.cause.correlation_id,
        )
        self.defer(AUDIT, InsertOne(row))

    def _overtaken(self, tx: Transaction) -> bool:
        docs = self.docs
        for ref, seen in tx.reads.items():
            if docs.get(ref, ...) is not seen:
                return True
        return any(
            may_match(filter_, doc)
            for collection, filter_, since in tx.finds
            for doc in self._history[collection][since:]
        )

    def _put(self, ref: Ref, expected: int, doc: Doc | None, sequence: int | None) -> None:
        collection, id_ = ref
        pending = self._pending[collection]
        puts = pending.puts
        stored = puts[id_][0] if id_ in puts else expected
        before = self.docs.get(ref)
        if before is not None:
            if id_ not in puts:
                pending.stored[id_] = before
            self._history[collection].append(before)
        if doc is None:
            self._deleted.append(id_)
        else:
            doc["sequence"] = sequence if sequence is not None else before.get("sequence", 0) if before else 0
            self._history[collection].append(doc)
        puts[id_] = stored, doc
        self.docs[ref] = doc

    def _update(self, ref: Ref, update: Doc) -> None:
        collection, id_ = ref
        pending = self._pending[collection]
        pending.updates.append((id_, update))
        pending.updated.add(id_)
        self.docs.pop(ref, None)
        self._history[collection].append({})

    def _start(self, fan_outs: Iterable[FanOutJob], job: Job) -> None:
        for order in fan_outs:
            row = {
                "kind": order.kind,
                "params": order.params,
                "state": "open",
                "cursor": None,
                "done": 0,
                "failed": 0,
                "now": job.now,
                "ordered_at": datetime.now(UTC),
                "correlation_id": job.cause.correlation_id,
                "causation_id": job.cause.causation_id,
            }
            self.defer(FAN_OUTS, UpdateOne({"_id": order.id}, {"$setOnInsert": row}, upsert=True))
            self.fanned_out = True

    async def _find(self, finds: Sequence[Find]) -> None:
        if not finds:
            return
        collections = dict.fromkeys(find.collection for find in finds)
        await self._flush(*collections)
        for find in finds:
            find.since = len(self._history[find.collection])
        asked = gather(finds)
        found = await self._transaction.find(*(each.query for each in asked))
        for each, docs in zip(asked, found, strict=True):
            each.give(docs)

    async def _load(self, refs: Iterable[Ref]) -> None:
        wanted: defaultdict[str, list[Any]] = defaultdict(list)
        for collection, id_ in refs:
            if (collection, id_) not in self.docs:  # else somebody has just created it
                wanted[collection].append(id_)
        if not wanted:
            return
        await self._flush(
            *(name for name, ids in wanted.items() if not self._pending[name].updated.isdisjoint(ids))
        )
        queries = [Query(name, {"_id": {"$in": ids}}, size=len(ids)) for name, ids in wanted.items()]
        for query, found in zip(queries, await self._transaction.find(*queries), strict=True):
            name, ids = query.collection, wanted[query.collection]
            self.docs.update(dict.fromkeys((name, id_) for id_ in ids))
            self.docs.update(((name, doc["_id"]), doc) for doc in found)

    async def _flush(self, *collections: str) -> None:
        writes = [write for name in collections if (write := self._taken(name)) is not None]
        if not writes:
            return
        try:
            await self._transaction.write(writes)
        except Missed as error:
            raise Conflict(str(error)) from error

    def _taken(self, collection: str) -> Write | None:
        """What is pending for a collection, which is pending no more."""
        pending = self._pending.pop(collection, None)
        if pending is None:
            return None
        if pending.puts and pending.updates:
            raise TypeError(f"{collection}: both put and updated")
        before = pending.stored
        ops = [
            op
            for id_, put in pending.puts.items()
            if (op := operation(id_, *put, before.get(id_))) is not None
        ]
        ops += [UpdateOne({"_id": id_}, update, upsert=True) for id_, update in pending.updates]
        return Write(collection, ops, ordered=bool(pending.updates), exact=True) if ops else None


def _step(strand: Coroutine[Any, None, None], *, alone: bool) -> Load | Find | AloneRequest | None:
    """Advance to the next request; None at the end."""
    try:
        request = strand.send(None)
        while not isinstance(request, (Load, Find, AloneRequest)) or (
            alone and isinstance(request, AloneRequest)
        ):
            if isinstance(request, AloneRequest):
                request = strand.send(None)
            else:
                request = strand.throw(TypeError("a handler may await only its tx"))
    except StopIteration:
        return None
    return request


__all__ = ["FAN_OUTS", "Batch", "WriteOp", "Writes"]
