"""What MongoDB ran, by its own account."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

Ran = list[dict[str, Any]]


@asynccontextmanager
async def profiled(db: Any, **wanted: Any) -> AsyncIterator[Ran]:
    """A list that holds, once the block is left, the profile of each operation in it that is wanted.

    The database may be one that a test before it has used: what was profiled then is dropped first.
    """
    ran: Ran = []
    await db["system.profile"].drop()
    await db.command("profile", 2)
    try:
        yield ran
    finally:
        await db.command("profile", 0)
    ran += await db["system.profile"].find(wanted).to_list(None)
    await db["system.profile"].drop()


__all__ = ["Ran", "profiled"]
