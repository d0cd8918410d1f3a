"""Options that several commands share, and how a command runs to its end or to Ctrl-C."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from deploy.local.data import DEFAULT_DIRECTORY
from deploy.local.ports import DEFAULT_BASE

Result = TypeVar("Result")

DataOption = Annotated[
    Path, typer.Option("--data", metavar="DIR", help="Where the suite keeps everything it keeps.")
]
PortBaseOption = Annotated[
    int,
    typer.Option("--port-base", metavar="N", min=1024, max=65000, help="The ports of the suite start here."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DATA: Path = DEFAULT_DIRECTORY
PORT_BASE: int = DEFAULT_BASE
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(SystemExit):
    """The user or the system asked for the end, and everything is down."""


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a command's work; Ctrl-C, SIGTERM or a closed terminal ends it in order, a second one at once.

    Raises:
        Stopped: it was asked to end and has put everything in order.
    """

    async def until_told() -> Result:
        doing = asyncio.ensure_future(work)
        told = 0

        def stop() -> None:
            nonlocal told
            told += 1
            if told > 1:
                os._exit(130)
            doing.cancel()

        for sign in STOPS:
            asyncio.get_running_loop().add_signal_handler(sign, stop)
        return await doing

    try:
        return asyncio.run(until_told())
    except asyncio.CancelledError:
        raise Stopped(0) from None
