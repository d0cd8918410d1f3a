"""The databases of a suite, for commands that look into each."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from deploy.local import entry
from deploy.local.addresses import Addresses
from deploy.local.services import SERVICES
from shared import mongo

ServiceOption = Annotated[
    str | None, typer.Option("--service", help="Of one service only.", metavar="|".join(SERVICES))
]


def database_of(service: str) -> str:
    """The name of a service's database."""
    return f"cairn_{service}"


def each_database(
    data: Path, service: str | None, look: Callable[[str, mongo.Database], Awaitable[None]]
) -> None:
    """Let `look` see the database of each service in turn, by its name, or of that one alone."""
    if service is not None and service not in SERVICES:
        raise typer.BadParameter(f"one of {', '.join(SERVICES)}", param_hint="--service")
    addresses = Addresses.load(data)

    async def visit() -> None:
        async with mongo.connect(addresses.mongo, **entry.mongo_options(addresses)) as client:
            for name in SERVICES if service is None else (service,):
                await look(name, mongo.database(client, database_of(name)))

    asyncio.run(visit())
