"""Do several things at once, and watch children meanwhile: what goes wrong with one ends the others."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

from deploy.local.child import Child

LOOK_SECONDS = 0.1

Result = TypeVar("Result")


async def together(*works: Awaitable[object]) -> None:
    """Do all of it side by side; with the first that fails the others are given up, before it is told."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def while_alive(work: Coroutine[Any, Any, Result], children: Callable[[], Iterable[Child]]) -> Result:
    """Do the work, but give it up when a child dies.

    Raises:
        ChildDiedError: one of them ended without being told to.
    """
    doing = asyncio.create_task(work)
    try:
        while not doing.done():
            for child in children():
                child.require_alive()
            await asyncio.wait([doing], timeout=LOOK_SECONDS)
        return doing.result()
    finally:
        doing.cancel()
        await asyncio.wait([doing])
