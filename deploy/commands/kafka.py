"""`cairn kafka`: Kafka's own tools, pointed at the suite's broker."""

import asyncio
import os
from typing import Annotated

import typer

from deploy.local.addresses import Addresses
from deploy.local.entry import tool_properties
from deploy.local.kafka_tools import Tool, login_of, tool_command
from deploy.options import DATA, DataOption


def register(app: typer.Typer) -> None:
    """Put the command on the app."""
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(kafka)


def kafka(
    context: typer.Context,
    tool: Annotated[Tool, typer.Argument(help="Which of Kafka's tools.")],
    data: DataOption = DATA,
) -> None:
    """Run one of Apache Kafka's own command-line tools on this suite; what follows is the tool's."""
    addresses = Addresses.load(data)
    server = ["--bootstrap-server", addresses.kafka, *login_of(tool, tool_properties(addresses))]
    command = asyncio.run(tool_command(tool, [*server, *context.args]))
    os.execv(command[0], command)  # noqa: S606  the tool takes this process's place, terminal and signals
