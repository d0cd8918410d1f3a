"""Whether this process has been asked to end.

A server waits for open responses before it lets the application stop, and a stream is open for as
long as it likes: so streams must hear of it from the signal itself, and end on their own.
"""

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Departure:
    """Set once, by the first signal; whoever has taken the signals before still gets them."""

    def __init__(self) -> None:
        self.near = asyncio.Event()

    def listen(self) -> None:
        """Hear the signals, where there is somebody who acts on them."""
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            before: Any = signal.getsignal(number)
            if callable(before):
                signal.signal(number, self._telling(before, loop))

    def _telling(
        self, before: Callable[[int, FrameType | None], Any], loop: asyncio.AbstractEventLoop
    ) -> Callable[[int, FrameType | None], None]:
        def told(number: int, frame: FrameType | None) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self.near.set)
            before(number, frame)

        return told
