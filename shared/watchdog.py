"""Ends a process that a restart would mend, where nothing outside acts on `/livez`.

A thread of its own looks, since an event loop that starves answers nobody.  It counts looks and no time, so
that a process that was frozen as a whole, the thread with it, is looked at anew once it goes on.
"""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from shared.health import Verdict
from shared.logs import logger

LOOKS: Final = 12
"""So many must fail one after another."""
LAST_WORDS_SECONDS: Final = 5.0
"""How long the log may take, which may be what is stuck."""

Live = Callable[[], Coroutine[Any, Any, Sequence[Verdict]]]
_log = logger("watchdog")


@contextmanager
def watched(live: Live, *, seconds: float | None) -> Generator[None]:
    """Within, the process ends with 70 once liveness has failed for so long; None for never.

    Args:
        live: what `/livez` tells, asked on the running loop.
        seconds: in which `LOOKS` looks must fail; a loop that does not answer fails.
    """
    if seconds is None:
        yield
        return
    over = threading.Event()
    watching = (live, asyncio.get_running_loop(), seconds / LOOKS, over)
    threading.Thread(target=_watch, args=watching, name="watchdog", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _watch(live: Live, loop: asyncio.AbstractEventLoop, pause: float, over: threading.Event) -> None:
    failed, looked_at = 0, time.monotonic()
    while not over.wait(max(0.0, looked_at + pause - time.monotonic())):
        looked_at = time.monotonic()
        wrong = _wrong(live, loop, patience=pause)
        failed = failed + 1 if wrong else 0
        if failed >= LOOKS and not over.is_set():
            _end(wrong)


def _wrong(live: Live, loop: asyncio.AbstractEventLoop, *, patience: float) -> str:
    """What is wrong, or nothing."""
    asked = live()
    try:
        answer = asyncio.run_coroutine_threadsafe(asked, loop)
    except RuntimeError:  # the loop was closed
        asked.close()
        return ""
    try:
        verdicts = answer.result(patience)
    except TimeoutError:
        answer.cancel()
        return f"no answer within {patience:g} s"
    except Exception as error:  # noqa: BLE001  `/livez` fails as well
        return type(error).__name__
    return "; ".join(f"{each.name}: {each.detail}" for each in verdicts if not each.ok)


def _end(wrong: str) -> None:
    last = threading.Timer(LAST_WORDS_SECONDS, os._exit, (os.EX_SOFTWARE,))
    last.daemon = True
    last.start()
    _log.critical("liveness has failed for too long: this process ends, to be started again", wrong=wrong)
    sys.stdout.flush()
    os._exit(os.EX_SOFTWARE)


__all__ = ["watched"]
