"""A TCP proxy of loopback that can be slow, cut, silent or choppy."""

import asyncio
import random
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from deploy.local.ports import LOOPBACK

Mood = Literal["clear", "slow", "sliced", "silent"]
CHUNK = 64 * 1024
SLICE = 7
SLICED_BYTES = 400
"""How much of a chunk is cut into slices: all of it would stop everything rather than disturb it."""
NOW = struct.pack("ii", 1, 0)


@dataclass(kw_only=True)
class Proxy:
    """Passes a port on to another.

    `slow`: every chunk waits 200 +- 100 ms each way; `sliced`: bytes arrive in small pieces;
    `silent`: connections stay open and nothing passes, as behind a dead route.
    """

    port: int
    target: int
    seed: int = 0
    mood: Mood = "clear"
    resets: int = 0
    disturbed: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    _clear: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._dice = random.Random(self.seed)
        self._clear.set()
        self._server = await asyncio.start_server(self._take, LOOPBACK, self.port)

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def become(self, mood: Mood) -> None:
        """Change the mood, for the connections that are open too."""
        self.mood = mood
        if mood == "silent":
            self._clear.clear()
        else:
            self._clear.set()

    def reset(self) -> int:
        """Cut all connections with a TCP reset; how many."""
        cut = len(self._writers)
        for writer in list(self._writers):
            raw = writer.get_extra_info("socket")
            with suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NOW)
            writer.transport.abort()
        self.resets += cut
        return cut

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        onward: asyncio.StreamWriter | None = None
        try:
            back, onward = await asyncio.open_connection(LOOPBACK, self.target)
            self._writers.add(onward)
            ways = [asyncio.create_task(self._pass(*way)) for way in ((reader, onward), (back, writer))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass
        finally:
            for each in (writer, onward):
                if each is not None:
                    self._writers.discard(each)
                    each.close()
            self._tasks.discard(task)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if self.mood != "clear":
                    self.disturbed += 1
                await self._clear.wait()
                if self.mood == "slow":
                    await asyncio.sleep(self._dice.uniform(0.1, 0.3))
                if self.mood == "sliced":
                    head, data = data[:SLICED_BYTES], data[SLICED_BYTES:]
                    for start in range(0, len(head), SLICE):
                        writer.write(head[start : start + SLICE])
                        await writer.drain()
                        await asyncio.sleep(0)
                writer.write(data)
                await writer.drain()
