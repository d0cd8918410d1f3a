"""The MongoDB driver: the only module that imports it, and all that its port has to change.

Only calls that pymongo's own asynchronous client has too are used, so that moving there is
rewriting this page.
"""

import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

from bson.codec_options import CodecOptions, TypeRegistry
from motor.motor_asyncio import AsyncIOMotorChangeStream as _Changes
from motor.motor_asyncio import AsyncIOMotorClient as _Client
from motor.motor_asyncio import AsyncIOMotorClientSession as _Session
from motor.motor_asyncio import AsyncIOMotorCollection as _Collection
from motor.motor_asyncio import AsyncIOMotorDatabase as _Database
from pymongo import IndexModel, ReturnDocument
from pymongo.errors import CollectionInvalid
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

Doc = dict[str, Any]
Client = _Client[Doc]
Session = _Session
Collection = _Collection[Doc]
Database = _Database[Doc]
Changes = _Changes[Doc]

MAJORITY = WriteConcern("majority", j=True)
SNAPSHOT = ReadConcern("snapshot")


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


@asynccontextmanager
async def session(client: Client) -> AsyncGenerator[Session]:
    """A session for the length of the block."""
    opened = await client.start_session()
    try:
        yield opened
    finally:
        # On a thread: `async with` of the driver would abort on the event loop.
        await opened.end_session()


async def begin(session: Session) -> None:
    """Start a transaction that reads one snapshot and commits to a journalled majority."""
    session.start_transaction(read_concern=SNAPSHOT, write_concern=MAJORITY)


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


async def ensure_collection(
    database: Database,
    name: str,
    *,
    indexes: Sequence[IndexModel] = (),
    validator: Mapping[str, Any] | None = None,
    exists: bool = False,
) -> None:
    """Make the collection, unless it exists, its indexes and its validator; safe to run again."""
    if not exists:
        with contextlib.suppress(CollectionInvalid):  # another process was faster
            await database.create_collection(name)
    if validator is not None:
        await database.command("collMod", name, validator=dict(validator), validationLevel="strict")
    if indexes:
        await database[name].create_indexes(list(indexes))


__all__ = [
    "CODEC",
    "MAJORITY",
    "SNAPSHOT",
    "Changes",
    "Client",
    "Collection",
    "Database",
    "Doc",
    "ReturnDocument",
    "Session",
    "aggregate",
    "begin",
    "connect",
    "database",
    "ensure_collection",
    "open_client",
    "ping",
    "server_time",
    "session",
    "watch",
]
