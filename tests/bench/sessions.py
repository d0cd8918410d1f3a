"""Transactions as they are written without our engine: the naive side and the floor stand on them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from shared import mongo


@asynccontextmanager
async def session(client: mongo.Client) -> AsyncGenerator[mongo.Session]:
    """A session for the length of the block."""
    opened = await client.start_session()
    try:
        yield opened
    finally:
        # On a thread: `async with` of the driver would abort on the event loop.
        await opened.end_session()


async def begin(opened: mongo.Session) -> None:
    """Start a transaction that reads one snapshot and commits to a journalled majority."""
    opened.start_transaction(read_concern=mongo.SNAPSHOT, write_concern=mongo.MAJORITY)
