"""Loops that do what is due: nudged when there is something, polling as the truth.

Every background job of a service is one of these, so that all of them start, stop, back off
and report alike.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable

from pymongo.errors import PyMongoError

from shared.lease import Lease

log = logging.getLogger(__name__)
LONGEST_PAUSE = 5.0
LOOK_SECONDS = 0.05
HOUR_SECONDS = 3600.0


class GivingWay:
    """Turns of work that can wait, so that they do not take the machine from what cannot.

    While `pressed`, a turn waits for at most `most` seconds and does nothing else: whoever calls it looks
    first whether the lease is still theirs and whether they should stop.  Then turns have as long before one
    waits again, so that whatever the pressure half of the time is theirs.
    """

    def __init__(
        self, turn: Callable[[], Awaitable[bool]], pressed: Callable[[], bool], *, most: float = 5.0
    ) -> None:
        self._turn = turn
        self._pressed = pressed
        self._most = most
        self._free_until = 0.0
        self._waited = False

    async def turn(self) -> bool:
        """Take the turn, or wait and say that there is more."""
        began = time.monotonic()
        if not self._waited and began >= self._free_until and self._pressed():
            now = began
            while self._pressed() and now < began + self._most:
                await asyncio.sleep(LOOK_SECONDS)
                now = time.monotonic()
            self._free_until = now + (now - began)
            self._waited = True
            return True
        self._waited = False
        return await self._turn()


class Hourly:
    """Turns of work that is done once an hour, to its end; called more often, so that it is seen to live."""

    def __init__(self, turn: Callable[[], Awaitable[bool]]) -> None:
        self._turn = turn
        self._next_at = 0.0

    async def turn(self) -> bool:
        """Take the turn if it is time; whether there is more."""
        if time.monotonic() < self._next_at:
            return False
        more = await self._turn()
        if not more:
            self._next_at = time.monotonic() + HOUR_SECONDS
        return more


class Worker:
    """Calls `turn` again and again, in one process at a time if there is a lease.

    `turn` does some of the work and returns whether there is more; it is called at once if so, else
    after a nudge or `poll` seconds.  An exception is logged and followed by a growing pause.  `on_lost` is
    called when another process was found to have the lease.
    """

    def __init__(
        self,
        name: str,
        turn: Callable[[], Awaitable[bool]],
        *,
        poll: float,
        lease: Lease | None = None,
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.leading = lease is None
        self.failing = ""
        self.progressed_at = time.monotonic()
        self._turn = turn
        self._poll = poll
        self._lease = lease
        self._on_lost = on_lost
        self._nudged = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin, on the running event loop."""
        self._task = asyncio.create_task(self._loop(), name=self.name)

    def nudge(self) -> None:
        """Say that there is something to do; without it, it waits for the next poll."""
        self._nudged.set()

    async def stop(self) -> None:
        """Return when the turn under way is over and the lease is given back."""
        self._stopping = True
        self._nudged.set()
        if self._task is not None:
            await self._task
        if self._lease is not None and self.leading:
            with contextlib.suppress(PyMongoError):
                await self._lease.release()

    async def _loop(self) -> None:
        pause = self._poll
        while not self._stopping:
            self._nudged.clear()
            try:
                more = await self._take_turn()
                self.failing, pause = "", self._poll
                self.progressed_at = time.monotonic()
            except Exception as error:
                if not self.failing:
                    log.exception("%s failed, trying again", self.name)
                self.failing, more = type(error).__name__, False
                pause = min(LONGEST_PAUSE, max(pause * 2, 0.1))
            if not more:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._nudged.wait(), pause)

    async def _take_turn(self) -> bool:
        if self._lease is not None and not self._lease.held:
            led, self.leading = self.leading, await self._lease.acquire()
            if led and not self.leading:
                self._on_lost()
        if not self.leading:
            return False
        return await self._turn()
