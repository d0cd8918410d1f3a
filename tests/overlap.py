"""Two engines that overlap for certain: each has read before either commits."""

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

from pymongo.errors import PyMongoError

from shared.mongo import InTransaction, Write

PATIENCE = 10.0
"""Seconds until one that has read is let go on alone: the other never got so far."""


@contextmanager
def met_before_commit(parties: int = 2) -> Generator[list[int]]:
    """Hold the first `parties` transactions back until all of them have read and are about to commit.

    A second attempt of any is not held.  The list has one entry when they have met: a test that
    finds it empty has shown nothing.
    """
    barrier, met, arrived = asyncio.Barrier(parties), list[int](), 0
    commit = InTransaction.write_and_commit

    async def late(self: InTransaction, writes: Sequence[Write]) -> PyMongoError | None:
        nonlocal arrived
        arrived += 1
        if arrived <= parties:
            async with asyncio.timeout(PATIENCE):
                if await barrier.wait() == 0:
                    met.append(parties)
        return await commit(self, writes)

    with patch.object(InTransaction, "write_and_commit", late):
        yield met


__all__ = ["met_before_commit"]
