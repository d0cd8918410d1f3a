"""`cairn kafka`: Kafka's own tools, pointed at the suite's broker."""

import asyncio
import os
from typing import Annotated

import typer

from deploy.local.addresses import Addresses
from deploy.local.kafka_tools import Tool, tool_command
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
    server = ["--bootstrap-server", Addresses.load(data).kafka]
    command = asyncio.run(tool_command(tool, [*server, *context.args]))
    os.execv(command[0], command)  # noqa: S606  the tool takes this process's place, terminal and signals
