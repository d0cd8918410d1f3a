"""`cairn demo` and `cairn run`: the main job on any organisation, from nothing to a checked summary."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.console import ShownSteps, err, out
from deploy.local.errors import LocalError
from deploy.options import DATA, PORT_BASE, DataOption, PortBaseOption, run

PeopleOption = Annotated[
    Path | None,
    typer.Option(help="The organisation, as CSV; left out, the sample one.", metavar="FILE.csv"),
]
OnceOption = Annotated[bool, typer.Option("--once", help="End after the summary instead of staying up.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the summary.")]
RunningOption = Annotated[
    bool, typer.Option("--running", help="Use the suite that runs on DIR instead of starting one.")
]


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    app.command()(demo)
    app.command(name="run")(run_sample)


def run_sample(
    *, once: OnceOption = False, data: DataOption = DATA, port_base: PortBaseOption = PORT_BASE
) -> None:
    """Start the suite, live a quarter of the sample organisation, say what happened, and stay up."""
    raise typer.Exit(run(_demo(None, data, port_base, once=once, as_json=False, running=False)))


def demo(
    *,
    people: PeopleOption = None,
    once: OnceOption = False,
    as_json: JsonOption = False,
    running: RunningOption = False,
    data: DataOption = DATA,
    port_base: PortBaseOption = PORT_BASE,
) -> None:
    """Run the main job on an organisation; the exit code is 0 only if all that must hold does."""
    if people is not None and not people.is_file():
        raise LocalError(f"there is no file {people}", mend="Name a CSV file of people")
    raise typer.Exit(run(_demo(people, data, port_base, once=once, as_json=as_json, running=running)))


async def _demo(
    people: Path | None, data: Path, port_base: int, *, once: bool, as_json: bool, running: bool
) -> int:
    from deploy.live.summary import show  # noqa: PLC0415  heavy, and needed by this command alone
    from deploy.local.addresses import Addresses  # noqa: PLC0415
    from deploy.local.suite import running_suite  # noqa: PLC0415

    async with AsyncExitStack() as stack:
        suite: Any = None
        with ShownSteps() as steps:
            if not running:
                suite = await stack.enter_async_context(running_suite(data, port_base, steps))
            addresses = suite.addresses() if suite else Addresses.load(data)
            living = _live(people, data, addresses, steps)
            lived = await (suite.while_alive(living) if suite else living)
        if as_json:
            print(json.dumps(lived.report()))
        else:
            show(lived, out, mail=Path(addresses.mail))
        for wrong in lived.wrong:
            err.print(f"does not hold: {wrong}", highlight=False, markup=False)
        if not once and suite is not None:
            from deploy.commands.up import told  # noqa: PLC0415

            out.print(told(addresses))
            err.print("Ctrl-C stops everything; the data stays.")
            await suite.while_alive(asyncio.Event().wait())
        return 1 if lived.wrong else 0


async def _live(people: Path | None, data: Path, addresses: Any, steps: ShownSteps) -> Any:
    from deploy.live.client import DeedFailedError, SuiteClient  # noqa: PLC0415
    from deploy.live.quarter import live_quarter  # noqa: PLC0415
    from deploy.local.entry import kafka_options  # noqa: PLC0415
    from deploy.local.issuer import issuer_of  # noqa: PLC0415
    from deploy.sample.organisation import write_csv  # noqa: PLC0415

    issuer = issuer_of(data, addresses.issuer_port)
    file = people or write_csv(data / "sample-organisation.csv")
    client = SuiteClient(addresses.services, issuer.sign, run=f"{time.time():.0f}")
    async with client:
        try:
            return await live_quarter(client, file, kafka_options(addresses), steps)
        except DeedFailedError as error:
            raise LocalError(
                f"the quarter came to a stop: {error}", mend=f"The logs are in {addresses.logs}"
            ) from error
