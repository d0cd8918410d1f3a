"""Serve a small ASGI app from the loop of the supervisor itself, leaving the signals to it."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from deploy.local.ports import LOOPBACK


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Take no signal: the supervisor decides what stops when."""
        yield


@asynccontextmanager
async def serving(app: ASGIApp, port: int) -> AsyncGenerator[None]:
    """The app answers on a port of loopback while inside."""
    config = uvicorn.Config(app, LOOPBACK, port, log_level="error", access_log=False, lifespan="off")
    server = _Server(config)
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            if task.done():
                await task
                raise RuntimeError(f"the server on port {port} ended as it began")
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        server.force_exit = True
        await task
