"""One process of the suite: started with its log, watched, and stopped in time.

It refuses to know what the process is for; whoever starts it says when it is ready.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.errors import ChildDiedError

PROJECT = Path(__file__).resolve().parents[2]
TETHER = Path(__file__).with_name("tether.py")
POLL_SECONDS = 0.05
TAIL_LINES = 12


@dataclass(kw_only=True)
class Child:
    """A process that dies with this one and whose output goes to a log file.

    The log of the start before is kept beside it as `<name>.previous.log`.  Signals of the
    terminal do not reach it: whoever owns it stops it.
    """

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    directory: Path = PROJECT
    mend: str = "Its log"
    process: asyncio.subprocess.Process | None = None
    told_to_stop: bool = False

    @property
    def pid(self) -> int | None:
        """Its process id, once started."""
        return self.process.pid if self.process else None

    @property
    def status(self) -> int | None:
        """Its exit code, once ended."""
        return self.process.returncode if self.process else None

    @property
    def alive(self) -> bool:
        """Whether it has been started and has not ended."""
        return self.process is not None and self.process.returncode is None

    async def start(self) -> None:
        """Start it.  Call this from a thread that lives as long as the child shall."""
        self.told_to_stop = False
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            self.log.rename(self.log.with_suffix(".previous.log"))
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(TETHER), str(os.getpid())),
                *self.command,
                cwd=self.directory,
                env=os.environ | dict(self.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )

    async def until(
        self,
        ready: Callable[[], Awaitable[bool]],
        *,
        within: float,
        lacking: Callable[[], str] = lambda: "",
    ) -> None:
        """Wait until `ready()` says so, at most `within` seconds; `lacking` tells what it still lacks.

        Raises:
            ChildDiedError: it ended, or time is up.
        """
        deadline = time.monotonic() + within
        while not await ready():
            self.require_alive()
            if time.monotonic() > deadline:
                raise self.failure(f"{self.name} was not ready within {within:.0f} s {lacking()}".rstrip())
            await asyncio.sleep(POLL_SECONDS)

    def require_alive(self) -> None:
        """Refuse to go on with a child that has ended.

        One that is still being started, or was told to stop, has not failed.

        Raises:
            ChildDiedError: with the end of its log.
        """
        if self.process is not None and not self.alive and not self.told_to_stop:
            raise self.failure(f"{self.name} stopped by itself ({_told(self.status)})")

    async def ended(self) -> int | None:
        """Wait for its end; its exit code."""
        return await self.process.wait() if self.process else None

    def failure(self, trouble: str) -> ChildDiedError:
        """What to tell of this child: the trouble, how to mend it, and the end of its log."""
        tail = self.tail()
        ending = "; it ends:" if tail else ", which is empty"
        return ChildDiedError(trouble, mend=f"{self.mend} is in {self.log}{ending}", evidence=tail)

    def tail(self, lines: int = TAIL_LINES) -> str:
        """The last lines of its log, indented."""
        try:
            text = self.log.read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join(f"    {line[:400]}" for line in text.splitlines()[-lines:])

    def send(self, sign: signal.Signals) -> None:
        """Send it a signal, if it still lives."""
        if self.process and self.alive:
            with suppress(ProcessLookupError):
                self.process.send_signal(sign)

    async def stop(self, *, grace: float = 15.0) -> None:
        """End it: politely first, for certain after `grace` seconds."""
        if self.process is None:
            return
        self.told_to_stop = True
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), grace)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it at once, as a crash would."""
        self.told_to_stop = True
        self.send(signal.SIGKILL)
        if self.process:
            await self.process.wait()


def _told(status: int | None) -> str:
    if status is not None and status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"exit code {status}"
