"""How many deliveries are under way at a time: so many that about one is taken and not yet committed.

Such a one is sent again after a kill.  By Little's law there are `rate * seconds to commit` of these at any
time; with (seconds to be taken + seconds to commit) / seconds to commit under way that is one.  A receiver
that answers at once is served one by one, a slow one many at a time, up to `most`.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

NEWEST: Final = 0.2
"""What the newest delivery weighs in what is expected of the next one."""


class UnderWay:
    """The lanes of one sender: each takes delivery after delivery, and says how long each took."""

    def __init__(self, most: int) -> None:
        self._most = self._room = most
        self._out = self._kept = 0.0
        self._lanes = set[asyncio.Task[Any] | None]()
        self._working = set[asyncio.Task[Any] | None]()
        self._start: Callable[[], None] = lambda: None

    @property
    def wanted(self) -> int:
        """How many lanes there should be."""
        if not self._kept:
            return 1
        return max(1, min(self._room, int((self._out + self._kept) / self._kept)))

    async def work_off(self, lane: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a lane, and more of them as they are wanted, until all have come to their end."""
        self._room = self._most
        async with asyncio.TaskGroup() as group:

            async def counted() -> None:
                try:
                    await lane()
                finally:
                    self._lanes.discard(asyncio.current_task())
                    self._working.discard(asyncio.current_task())

            def start() -> None:
                self._lanes.add(group.create_task(counted()))

            self._start = start
            start()

    def took(self, *, out: float, kept: float) -> bool:
        """A delivery took so many seconds to be taken and to be kept; whether its lane goes on.

        One that does not counts no more, however long it takes to close: another would go with it.  Nor does
        one that has delivered nothing yet: it may not come to do so.
        """
        self._working.add(asyncio.current_task())
        weight = NEWEST if self._kept else 1.0
        self._out += weight * (out - self._out)
        self._kept += weight * (kept - self._kept)
        while len(self._lanes) < self.wanted:
            self._start()
        if len(self._working) <= self.wanted:
            return True
        self._lanes.discard(asyncio.current_task())
        self._working.discard(asyncio.current_task())
        return False

    def no_more(self) -> None:
        """The other side takes no further lane, until all is worked off."""
        self._room = max(1, len(self._lanes) - 1)


__all__ = ["UnderWay"]
