"""The world as one message sees it, and the writes it wants to make.

A `Transaction` belongs to one run of one handler.  It buffers; `Batch` accepts or drops what it
holds.  It is not given the database, so that nothing can be done behind the engine's back.
"""

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar, cast

from shared.contracts.base import Event, Message, State
from shared.errors import Forbidden
from shared.identity import Caller
from shared.ids import PersonId
from shared.work.job import Cause, Conflict, Job

if TYPE_CHECKING:
    from shared.work.batch import Batch

Doc = dict[str, Any]
Ref = tuple[str, Any]
"""A collection and the `_id` of one of its documents."""
Filter = Mapping[str, Any]
T = TypeVar("T")
_NESTED = frozenset({dict, list})


class Policy(Protocol):
    """Who may do what to what: a service's access table."""

    async def require(self, tx: "Transaction", action: str, resource: object) -> None:
        """Return if the caller of `tx` may do it; raise `Forbidden` otherwise."""
        ...


class DenyAll:
    """The policy of a service without a table."""

    async def require(self, tx: "Transaction", action: str, resource: object) -> None:
        """Refuse."""
        del tx, resource
        raise Forbidden(f"Nobody may {action.replace('_', ' ')} here.")


class Load(NamedTuple):
    """Asks the batch for documents."""

    refs: tuple[Ref, ...]

    def __await__(self) -> Generator["Load", None, None]:
        yield self


@dataclass(slots=True)
class Find:
    """Asks the batch for the documents that match; `since` is what had been written by then."""

    collection: str
    filter: Filter
    sort: tuple[tuple[str, int], ...]
    limit: int
    fields: tuple[str, ...] = ()
    found: list[Doc] = field(default_factory=list[Doc])
    since: int = 0

    def __await__(self) -> Generator["Find", None, None]:
        yield self


class AloneRequest:
    """Asks the batch to go on only when every other strand is done."""

    def __await__(self) -> Generator["AloneRequest", None, None]:
        yield self


@dataclass(frozen=True, slots=True)
class FanOutJob:
    """One thing to do for each of many recipients, later, in transactions of its own.

    `id` is derived from what caused it, so that asking twice is asking once.
    """

    id: str
    kind: str
    params: Doc


class Writes:
    """What one message wants to change; `puts` holds the version first read and None to delete.

    `put_refs` are the puts by id, `updated` and `announced` what is updated and has an event: a message that
    changes hundreds of documents asks for each of them.
    """

    __slots__ = (
        "announced",
        "emptied",
        "fan_outs",
        "holds",
        "messages",
        "put_refs",
        "puts",
        "spent",
        "tombstones",
        "updated",
        "updates",
    )

    def __init__(self) -> None:
        self.puts: dict[Ref, tuple[int, Doc | None]] = {}
        self.put_refs: dict[Any, list[Ref]] = {}
        self.updates: list[tuple[Ref, Doc]] = []
        self.updated: set[Ref] = set()
        self.announced: set[str] = set()
        self.emptied: list[Any] = []
        self.messages: list[Message] = []
        self.tombstones: list[tuple[type[State], str]] = []
        self.fan_outs: list[FanOutJob] = []
        self.holds: set[Ref] = set()
        self.spent: set[Ref] = set()

    def put(self, ref: Ref, first: int, doc: Doc | None) -> None:
        """Let a document be so, or be gone."""
        if ref not in self.puts:
            self.put_refs.setdefault(ref[1], []).append(ref)
        self.puts[ref] = first, doc


class Transaction:
    """What a handler is given: `now`, who asks, reads, buffered writes and events.

    In a command `now` is the suite's clock, in a reaction the event's `occurred_at`.
    """

    __slots__ = ("_batch", "_job", "_policy", "finds", "now", "reads", "writes")

    def __init__(self, batch: "Batch", job: Job, policy: Policy) -> None:
        self.now: datetime = job.now
        self.reads: dict[Ref, Doc | None] = {}
        self.finds: list[tuple[str, Filter, int]] = []
        self.writes = Writes()
        self._batch = batch
        self._job = job
        self._policy = policy

    @property
    def caller(self) -> Caller | None:
        """Who asks; None in a reaction, where the suite itself does."""
        return self._job.caller

    @property
    def person_id(self) -> PersonId:
        """The person who asks; raises `Forbidden` for callers who are none."""
        if self._job.caller is None or self._job.caller.person_id is None:
            raise Forbidden("Only a person can do this; ask with a token of a person.")
        return self._job.caller.person_id

    @property
    def cause(self) -> Cause:
        """What led here."""
        return self._job.cause

    async def require(self, action: str, resource: object) -> None:
        """Return if the service's access table lets the caller do this; raise `Forbidden` if not."""
        await self._policy.require(self, action, resource)

    async def get(self, collection: str, id_: Any) -> Doc | None:
        """The document, with the writes of earlier messages and of this one's `put`."""
        return deep_copy(await self.peek(collection, id_))

    async def peek(self, collection: str, id_: Any) -> Doc | None:
        """Like `get`, but shared with others: for those who only read it."""
        ref = collection, id_
        if ref in self.writes.puts:
            return self.writes.puts[ref][1]
        if ref in self.writes.updated:
            raise TypeError(f"{ref}: read after update in the same message")
        docs = self._batch.docs
        while ref not in docs:
            await Load((ref,))
        if self.reads.setdefault(ref, docs[ref]) is not docs[ref]:
            self.reads[ref] = {}  # what it was is not what it is: overtaken, also if it becomes that again
        return docs[ref]

    async def peek_many(self, collection: str, ids: Iterable[Any]) -> list[Doc | None]:
        """Like `peek` of each id in order, with one query for all that have not been read yet."""
        refs = [(collection, id_) for id_ in ids]
        missing = tuple(ref for ref in refs if ref not in self.writes.puts and ref not in self._batch.docs)
        if missing:
            await Load(missing)
        return [await self.peek(*ref) for ref in refs]

    def written_ids(self) -> list[Any]:
        """The ids of the documents that this message has put and not deleted."""
        return [id_ for (_, id_), (_, doc) in self.writes.puts.items() if doc is not None]

    def version_read(self, collection: str, id_: Any) -> int | None:
        """The version of a document as this message first met it; None if it has not."""
        ref = collection, id_
        if ref in self.writes.puts:
            return self.writes.puts[ref][0]
        doc = self.reads.get(ref)
        return int(doc["version"]) if doc else None

    async def find(
        self,
        collection: str,
        filter_: Filter,
        *,
        sort: Mapping[str, int] | None = None,
        limit: int = 0,
        fields: Iterable[str] = (),
    ) -> list[Doc]:
        """Matching documents with the writes of earlier messages; with `fields` those alone, only to be read.

        A query locks nothing across processes: a rule over many documents needs one document
        that every writer of them touches, see `hold`.  Finding in a collection that this message
        has itself written to is an error, since its own writes would be missing.
        """
        if any(name == collection for name, _ in self.writes.puts) or any(
            name == collection for (name, _), _ in self.writes.updates
        ):
            raise TypeError(f"{collection}: find after a write in the same message")
        query = Find(collection, filter_, tuple((sort or {}).items()), limit, tuple(fields))
        await query
        self.finds.append((collection, filter_, query.since))
        if query.fields:
            return query.found
        for ref, doc in (((collection, doc["_id"]), doc) for doc in query.found):
            self.reads.setdefault(ref, self._batch.found(ref, doc, since=query.since))
        return deep_copy(query.found)

    def hold(self, collection: str, id_: str) -> None:
        """Make all transactions that hold the same guard document follow each other.

        For rules over several documents, such as weights that total 100: two commands that
        both look before either writes would pass each other without it.  Of messages in one
        transaction each sees what those before it have written anyway; who has read the guard's
        version runs again when somebody holds it.
        """
        self.writes.holds.add((collection, id_))

    def hold_last(self, collection: str, id_: str) -> None:
        """Hold a guard and leave none behind: what it guards is erased; a later hold makes a new one."""
        self.hold(collection, id_)
        self.writes.spent.add((collection, id_))

    def put(self, collection: str, doc: Doc) -> int:
        """Store `doc` if the stored version is still `doc["version"]` (0: there is none).

        `version` and `sequence` are the engine's; `doc` is the engine's from here on.  A document
        that exists must have been read by this message, since all of it is replaced.  Returns
        the new version.
        """
        ref, expected = (collection, doc["_id"]), int(doc.get("version", 0))
        first = self._first_version(ref, expected)
        doc["version"] = expected + 1
        self.writes.put(ref, first, doc)
        return expected + 1

    def delete(self, collection: str, id_: Any, *, version: int) -> None:
        """Remove a document that this message has read at `version`."""
        ref = collection, id_
        self.writes.put(ref, self._first_version(ref, version), None)

    def _first_version(self, ref: Ref, expected: int) -> int:
        if ref in self.writes.puts:
            first, own = self.writes.puts[ref]
            if (own["version"] if own else 0) != expected:
                raise Conflict(ref)
            return first
        if expected and ref not in self.reads:
            raise TypeError(f"{ref}: written but not read")
        return expected

    def forget_answers(self, *ids: Any) -> None:
        """Empty the kept answers of the commands that wrote these documents; of deleted ones that is done."""
        self.writes.emptied += ids

    def discard(self, collection: str, id_: Any) -> None:
        """Delete a document that nobody changes, such as a row of a log, unseen."""
        self.writes.spent.add((collection, id_))

    def update(self, collection: str, id_: Any, update: Mapping[str, Any]) -> None:
        """Upsert blindly with update operators; a collection is updated or put, not both."""
        self.writes.updates.append(((collection, id_), dict(update)))
        self.writes.updated.add((collection, id_))

    def publish(self, *messages: Message) -> None:
        """Add events, or the state, of an aggregate that this message has put.

        Each event takes the aggregate's next sequence; a state takes that of the last event and is
        therefore refused without one, unless it is on a stream of its own, where it takes the next itself.
        """
        for message in messages:
            if message.subject not in self.writes.put_refs:
                raise TypeError(f"{message.subject}: published but not put")
            if follows_events(message) and message.subject not in self.writes.announced:
                raise TypeError(f"{message.subject}: a state is published with the event that changed it")
            self.writes.messages.append(message)
            if isinstance(message, Event):
                self.writes.announced.add(message.subject)

    def tombstone(self, kind: type[State], subject: str) -> None:
        """Erase a state from its topic; its aggregate has been deleted by this message."""
        if all(self.writes.puts[ref][1] is not None for ref in self.writes.put_refs.get(subject, ())):
            raise TypeError(f"{subject}: erased but not deleted")
        self.writes.tombstones.append((kind, subject))

    def fan_out(self, job: FanOutJob) -> None:
        """Do something for many recipients; the service's fan-out worker takes it up after the commit."""
        self.writes.fan_outs.append(job)


def follows_events(message: Message) -> bool:
    """Whether it is a state that has the number of the event beside it."""
    return isinstance(message, State) and message.stream == State.stream


def deep_copy(value: T) -> T:
    """A copy of dicts and lists all the way down; other values are immutable."""
    return cast("T", _copied(value)) if value.__class__ in _NESTED else value


def _copied(value: Any) -> Any:
    if value.__class__ is dict:
        found: dict[str, Any] = value.copy()
        for name, item in found.items():
            if item.__class__ in _NESTED:
                found[name] = _copied(item)
        return found
    return [_copied(item) if item.__class__ in _NESTED else item for item in value]


__all__ = [
    "AloneRequest",
    "Doc",
    "FanOutJob",
    "Filter",
    "Find",
    "Load",
    "Policy",
    "Ref",
    "Transaction",
    "Writes",
    "deep_copy",
    "follows_events",
]
