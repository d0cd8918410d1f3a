"""An HTTP client that costs little beside what it measures: one keep-alive connection, one request at a time.

A full client takes half a millisecond a request, on a machine that it shares with the service.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlsplit

import orjson

from shared.http import TIME_TRAVEL

Call = Callable[["Connection", int], Awaitable[None]]
"""Sends the n-th request on a connection and checks its answer."""


class Connection:
    """One connection to one server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader = reader
        self._writer = writer
        self._host = host

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect to the server of a URL."""
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        return cls(reader, writer, parts.netloc)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        token: str,
        body: object = None,
        expect: Sequence[int] = (200, 201),
        at: datetime | None = None,
    ) -> Any:
        """The JSON of the answer; the request may say what time it is.

        Raises:
            AssertionError: the status is none of those expected.
        """
        content = b"" if body is None else orjson.dumps(body)
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        )
        head += f"{TIME_TRAVEL}: {at.isoformat()}\r\n\r\n" if at else "\r\n"
        self._writer.write(head.encode() + content)
        top = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        status = int(top[9:12])
        length = int(top.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        answer = await self._reader.readexactly(length)
        assert status in expect, (method, path, status, answer[:500])
        return orjson.loads(answer) if answer else None

    async def fetch(self, path: str, *, token: str) -> int:
        """Bytes of an answer of any kind, also of one that is sent while it is made.

        Raises:
            AssertionError: the status is not 200.
        """
        head = f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {token}\r\n\r\n"
        self._writer.write(head.encode())
        top = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        told = top.partition(b"content-length:")[2].partition(b"\r\n")[0]
        status = int(top[9:12])
        answer = await self._reader.readexactly(int(told)) if told else b""
        assert status == 200, (path, status, answer[:500])
        return len(answer) if told else await self._chunks()

    async def _chunks(self) -> int:
        size = 0
        while length := int(await self._reader.readuntil(b"\r\n"), 16):
            size += len(await self._reader.readexactly(length))
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)
        return size

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


@asynccontextmanager
async def connections(url: str, count: int) -> AsyncGenerator[list[Connection]]:
    """So many connections to one server."""
    opened = [await Connection.open(url) for _ in range(count)]
    try:
        yield opened
    finally:
        for each in opened:
            each.close()


async def closed_loop(url: str, call: Call, numbers: Iterator[int], at_once: int) -> None:
    """Each connection sends its next request when the last is answered, until the numbers are used up."""
    async with connections(url, at_once) as opened:

        async def client(connection: Connection) -> None:
            for number in numbers:
                await call(connection, number)

        await asyncio.gather(*(client(each) for each in opened))


async def rate(url: str, call: Call, *, seconds: float, at_once: int) -> float:
    """Requests a second that a server answers to so many connections, after a warm-up of a fifth."""
    answered = 0

    async def counted(connection: Connection, number: int) -> None:
        nonlocal answered
        await call(connection, number)
        answered += 1

    end = time.perf_counter() + seconds
    began: list[tuple[float, int]] = []

    def numbers() -> Iterator[int]:
        number = 0
        while (now := time.perf_counter()) < end:
            if not began and now > end - seconds * 0.8:
                began.append((now, answered))
            yield number
            number += 1

    await closed_loop(url, counted, numbers(), at_once)
    at, before = began[0]
    return (answered - before) / (time.perf_counter() - at)


async def open_loop(url: str, call: Call, *, count: int, each_second: float, at_once: int = 64) -> None:
    """Requests begin at their times, whether or not earlier ones are answered."""
    idle: asyncio.Queue[Connection] = (
        asyncio.Queue()
    )  # in turn, since a server hangs up on who is idle for long
    async with connections(url, at_once) as opened:
        for each in opened:
            idle.put_nowait(each)

        async def one(number: int) -> None:
            connection = await idle.get()
            await call(connection, number)
            idle.put_nowait(connection)

        began, tasks = time.perf_counter(), list[asyncio.Task[None]]()
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / each_second - time.perf_counter()))
            tasks.append(asyncio.create_task(one(number)))
        await asyncio.gather(*tasks)
