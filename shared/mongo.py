"""The MongoDB driver: the only module that imports it, and all that its port has to change.

Only calls that pymongo's own asynchronous client has too are used, so that moving there is
rewriting this page.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from bson.codec_options import CodecOptions, TypeRegistry
from motor.motor_asyncio import AsyncIOMotorChangeStream as _Changes
from motor.motor_asyncio import AsyncIOMotorClient as _Client
from motor.motor_asyncio import AsyncIOMotorClientSession as _Session
from motor.motor_asyncio import AsyncIOMotorCollection as _Collection
from motor.motor_asyncio import AsyncIOMotorCursor as _Cursor
from motor.motor_asyncio import AsyncIOMotorDatabase as _Database
from pymongo import (
    DeleteMany,
    DeleteOne,
    IndexModel,
    InsertOne,
    ReplaceOne,
    ReturnDocument,
    UpdateMany,
    UpdateOne,
)
from pymongo.errors import BulkWriteError, CollectionInvalid, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

Doc = dict[str, Any]
Client = _Client[Doc]
Session = _Session
Collection = _Collection[Doc]
Cursor = _Cursor[Doc]
Database = _Database[Doc]
Changes = _Changes[Doc]

WriteOp = InsertOne[Doc] | ReplaceOne[Doc] | UpdateOne | UpdateMany | DeleteOne | DeleteMany
T = TypeVar("T")

MAJORITY = WriteConcern("majority", j=True)
SNAPSHOT = ReadConcern("snapshot")
DUPLICATE_KEY = 11000
DEFAULT_PORT = 27017
OTHER_INDEX = frozenset({85, 86})
"""What MongoDB says of an index that is there with other options, or with other keys."""
_THREADS = ThreadPoolExecutor(max_workers=16, thread_name_prefix="transaction")


def _encode(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    raise TypeError(f"cannot store a {type(value).__name__}")


# Dates become ISO strings and sets sorted lists: both sort and compare in MongoDB as they do here.
CODEC: CodecOptions[Doc] = CodecOptions(tz_aware=True, type_registry=TypeRegistry(fallback_encoder=_encode))


def open_client(url: str, **options: Any) -> Client:
    """A client, connected when first used; its owner closes it."""
    options = {"serverSelectionTimeoutMS": 5000, "heartbeatFrequencyMS": 2000, "tz_aware": True, **options}
    return _Client(url, **options)


@asynccontextmanager
async def connect(url: str, **options: Any) -> AsyncGenerator[Client]:
    """A client for the length of the block."""
    client = open_client(url, **options)
    try:
        yield client
    finally:
        client.close()


def database(client: Client, name: str) -> Database:
    """The database with the codec and the durability that everything here relies on."""
    return client.get_database(name, codec_options=CODEC, write_concern=MAJORITY)


def unwaited(collection: Collection) -> Collection:
    """The collection, whose writes wait for the primary alone: lost with it, if it dies just then."""
    return collection.with_options(write_concern=WriteConcern(1))


@dataclass(frozen=True, slots=True)
class Query:
    """A question for documents; `size` is how many are expected; `limit` 0, or no `fields`, is all."""

    collection: str
    filter: Mapping[str, Any]
    sort: Sequence[tuple[str, int]] = ()
    limit: int = 0
    size: int = 1000
    fields: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Write:
    """Writes to one collection; `exact` if each of them must meet the document it was made for."""

    collection: str
    ops: Sequence[WriteOp]
    ordered: bool
    exact: bool


class Missed(Exception):  # noqa: N818  an outcome that is tried again, not a fault
    """A write did not meet its document: another writer was faster."""


class IndexChangedError(Exception):
    """An index of a database has the name, or the keys, of one that is declared and is another."""


class InTransaction:
    """A transaction on a thread of its own: a step is one call there, however much it sends.

    Going to a thread and back costs more than what is sent, and waits for the event loop each time.
    """

    def __init__(self, client: Client, name: str) -> None:
        self._client = client.delegate
        self._database = database(client, name).delegate
        self._session = self._client.start_session()
        self._session.start_transaction(read_concern=SNAPSHOT, write_concern=MAJORITY)

    async def find(self, *queries: Query) -> list[list[Doc]]:
        """For each query the documents that match."""
        return await _on_thread(lambda: [self._found(query) for query in queries])

    async def write(self, writes: Sequence[Write]) -> None:
        """Send the writes; raises `Missed`, and whatever the driver does."""
        await _on_thread(lambda: self._write(writes))

    async def write_and_commit(self, writes: Sequence[Write]) -> PyMongoError | None:
        """Send the last writes and commit; the error of a commit that may have succeeded.

        Raises `Missed`, and what the driver says of a transaction that has not been committed.
        """

        def step() -> PyMongoError | None:
            self._write(writes)
            return self._commit()

        return await _on_thread(step)

    async def commit(self) -> PyMongoError | None:
        """Commit again what was not confirmed."""
        return await _on_thread(self._commit)

    async def end(self) -> None:
        """Let go; what was not committed is undone."""
        if self._session.in_transaction:
            await _on_thread(self._session.end_session)
        else:
            self._session.end_session()

    def _found(self, query: Query) -> list[Doc]:
        cursor = self._database[query.collection].find(
            query.filter,
            list(query.fields) or None,
            session=self._session,
            batch_size=query.size + 1,
            limit=query.limit,
        )
        return list(cursor.sort(list(query.sort)) if query.sort else cursor)

    def _commit(self) -> PyMongoError | None:
        try:
            self._session.commit_transaction()
        except PyMongoError as error:
            if error.has_error_label("TransientTransactionError"):
                raise
            return error
        return None

    def _write(self, writes: Sequence[Write]) -> None:
        for write in writes:
            try:
                done = self._database[write.collection].bulk_write(
                    write.ops, ordered=write.ordered, session=self._session
                )
            except BulkWriteError as error:
                failures: list[Doc] = (error.details or {}).get("writeErrors") or [{}]
                if write.exact and failures[0].get("code") == DUPLICATE_KEY:
                    raise Missed(write.collection) from error
                raise
            counts = (done.matched_count, done.inserted_count, done.upserted_count, done.deleted_count)
            if write.exact and sum(counts) != len(write.ops):
                raise Missed(write.collection)


async def _on_thread(step: Callable[[], T]) -> T:
    """The step's result; cancelled, still wait for it, since a session is one thread's at a time."""
    doing = asyncio.get_running_loop().run_in_executor(_THREADS, step)
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        while not doing.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([doing])
        raise


async def aggregate(collection: Collection, pipeline: Sequence[Mapping[str, Any]]) -> list[Doc]:
    """All documents that the pipeline gives."""
    return await collection.aggregate(list(pipeline)).to_list(None)


async def watch(collection: Collection, pipeline: Sequence[Mapping[str, Any]], *, wait_ms: int) -> Changes:
    """The changes of a collection from now on; a question for the next one is held for `wait_ms`."""
    return collection.watch(list(pipeline), max_await_time_ms=wait_ms)


async def server_time(database: Database) -> datetime:
    """What time it is at the server: for what processes share whose own clocks may differ."""
    told = await database.command("hello")
    return told["localTime"].replace(tzinfo=UTC)


async def ping(client: Client) -> None:
    """Return when the server answers and can be written to."""
    await client.admin.command("ping")


def members(client: Client) -> frozenset[tuple[str, int]]:
    """Where the servers are that the client knows of by now, as host and port."""
    return frozenset((host, port or DEFAULT_PORT) for host, port in client.delegate.nodes)


async def ensure_collection(
    database: Database,
    name: str,
    *,
    indexes: Sequence[IndexModel] = (),
    validator: Mapping[str, Any] | None = None,
    exists: bool = False,
) -> None:
    """Make the collection, unless it exists, its indexes and its validator; safe to run again.

    Raises `IndexChangedError` where an index is there that is another.
    """
    if not exists:
        with contextlib.suppress(CollectionInvalid):  # another process was faster
            await database.create_collection(name)
    if validator is not None:
        await database.command("collMod", name, validator=dict(validator), validationLevel="strict")
    if indexes:
        try:
            await database[name].create_indexes(list(indexes))
        except OperationFailure as error:
            if error.code not in OTHER_INDEX:
                raise
            raise IndexChangedError(
                f"an index of {database.name}.{name} is not what it is to be: {error}. A changed index needs"
                " a name of its own; list the old one as retired, and drop it after the roll-out."
            ) from error


async def drop_indexes(database: Database, retired: Mapping[str, Sequence[str]]) -> list[str]:
    """Drop indexes, named by collection, where they are there; those that were, as `collection.name`."""
    dropped: list[str] = []
    for collection, names in retired.items():
        there = set(await database[collection].index_information())
        for name in (each for each in names if each in there):
            await database[collection].drop_index(name)
            dropped.append(f"{collection}.{name}")
    return dropped


__all__ = [
    "CODEC",
    "MAJORITY",
    "SNAPSHOT",
    "Changes",
    "Client",
    "Collection",
    "Cursor",
    "Database",
    "Doc",
    "InTransaction",
    "IndexChangedError",
    "Missed",
    "Query",
    "ReturnDocument",
    "Session",
    "Write",
    "WriteOp",
    "aggregate",
    "connect",
    "database",
    "drop_indexes",
    "ensure_collection",
    "members",
    "open_client",
    "ping",
    "server_time",
    "unwaited",
    "watch",
]
