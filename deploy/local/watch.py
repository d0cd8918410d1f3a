"""Keep an eye on children: whatever is done meanwhile ends at once when one of them dies."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from deploy.local.child import Child

LOOK_SECONDS = 0.1

Result = TypeVar("Result")


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
