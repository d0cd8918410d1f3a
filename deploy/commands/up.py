"""`cairn up`: start the suite and stay until Ctrl-C."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from deploy.console import ShownSteps, err, out
from deploy.local.addresses import Addresses
from deploy.options import DATA, PORT_BASE, DataOption, PortBaseOption, run


def register(app: typer.Typer) -> None:
    """Put the command on the app."""
    app.command()(up)


def up(
    data: DataOption = DATA,
    port_base: PortBaseOption = PORT_BASE,
    *,
    locked: Annotated[
        bool, typer.Option("--locked", help="Kafka and MongoDB take nobody without a user.")
    ] = False,
) -> None:
    """Start the engines and the five services, say where they are, and stay until Ctrl-C."""
    run(_up(data, port_base, locked=locked))


async def _up(data: Path, port_base: int, *, locked: bool) -> None:
    from deploy.local.suite import running_suite  # noqa: PLC0415  heavy, and needed by this command alone

    async with AsyncExitStack() as stack:
        with ShownSteps() as steps:
            suite = await stack.enter_async_context(running_suite(data, port_base, steps, locked=locked))
        out.print(told(suite.addresses()))
        err.print("Ctrl-C stops everything; the data stays.")
        try:
            await suite.while_alive(asyncio.Event().wait())
        finally:
            err.print("Stopping.")


def told(addresses: Addresses) -> Table:
    """The addresses as a table for people."""
    table = Table(title="The suite is up", show_header=False, title_justify="left")
    for service, url in addresses.services.items():
        table.add_row(service, f"{url}/docs")
    table.add_row("Kafka", addresses.kafka)
    table.add_row("MongoDB", addresses.mongo if not addresses.secrets else "with the secrets below")
    table.add_row("issuer", addresses.issuer)
    table.add_row("mail sent", addresses.mail)
    table.add_row("webhooks sent", addresses.webhooks)
    table.add_row("logs", addresses.logs)
    if addresses.secrets:
        table.add_row("administrator's secrets", addresses.secrets)
    return table
