"""`cairn topics`, `cairn status` and `cairn parked`: what an operator asks and does."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import typer
from rich.table import Table

from deploy.console import out
from deploy.local.addresses import Addresses
from deploy.local.services import SERVICES
from deploy.options import DATA, DataOption
from shared import mongo

parked = typer.Typer(help="Events that could not be applied: list, show, try again.", no_args_is_help=True)
ServiceOption = Annotated[
    str | None, typer.Option("--service", help="Of one service only.", metavar="|".join(SERVICES))
]


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    app.command()(topics)
    app.command()(status)
    app.add_typer(parked, name="parked")


def topics(data: DataOption = DATA) -> None:
    """List the topics, make those that are missing, and set their configuration."""
    from deploy.local.topics import make_topics, settings_of  # noqa: PLC0415  needed by this command alone

    addresses = Addresses.load(data)
    variables = {"CAIRN_KAFKA_BOOTSTRAP": addresses.kafka, "CAIRN_MONGO_URL": addresses.mongo}
    settings = settings_of({**variables, "CAIRN_OIDC_ISSUER": addresses.issuer, "CAIRN_DEVELOPMENT": "true"})
    found = asyncio.run(make_topics(settings))
    table = Table("Topic", "Partitions", "", title="Topics", title_justify="left")
    for topic in found:
        table.add_row(topic.name, str(topic.partitions), "made" if topic.made else "; ".join(topic.remarks))
    out.print(table)


def status(data: DataOption = DATA) -> None:
    """Say how every service does; the exit code is 0 if all are ready and nothing is parked."""
    from deploy.live.client import SuiteClient  # noqa: PLC0415  needed by this command alone
    from deploy.live.figures import figures_of  # noqa: PLC0415

    addresses = Addresses.load(data)

    async def ask() -> bool:
        well = True
        table = Table("Service", "Ready", "Published", "Applied", "Unsent", "Lag", "Held", "Parked")
        async with SuiteClient(addresses.services, _nobody, run="status") as client:
            for service in SERVICES:
                try:
                    figures = await figures_of(client, service)
                    ready = await client.is_ready(service)
                except Exception as error:  # noqa: BLE001  whatever is wrong with it, it is not well
                    table.add_row(service, f"[red]{type(error).__name__}[/red]")
                    well = False
                    continue
                well = well and ready and not figures.parked
                numbers = (figures.published, figures.handled.get("applied", 0), figures.unsent, figures.lag)
                cells = [str(number) for number in (*numbers, figures.held, figures.parked)]
                table.add_row(service, "yes" if ready else "[red]no[/red]", *cells)
        out.print(table)
        return well

    raise typer.Exit(0 if asyncio.run(ask()) else 1)


@parked.command("list")
def list_parked(data: DataOption = DATA, service: ServiceOption = None) -> None:
    """List parked events, the first of each source: what failed, and why."""

    async def show(name: str, db: mongo.Database) -> None:
        rows = db["parked"].find({"reason": {"$in": ["failed", "unreadable", "waiting", "gap"]}})
        async for row in rows.sort("_id", 1).limit(500):
            table.add_row(name, str(row["_id"]), row["reason"], row.get("type") or "", row.get("error") or "")

    table = Table("Service", "Id", "Reason", "Type", "Error")
    _each(data, service, show)
    out.print(table)


@parked.command("show")
def show_parked(
    id_: Annotated[str, typer.Argument(metavar="ID", help="As `cairn parked list` shows it.")],
    data: DataOption = DATA,
    service: ServiceOption = None,
) -> None:
    """Show a parked event as it arrived."""
    found: list[dict[str, Any]] = []

    async def look(name: str, db: mongo.Database) -> None:
        del name
        row = await db["parked"].find_one({"_id": id_})
        if row is not None:
            found.append(row)

    _each(data, service, look)
    if not found:
        raise typer.BadParameter("there is no parked event with this id", param_hint="ID")
    for row in found:
        for field in ("topic", "partition", "offset", "source", "type", "reason", "error", "at"):
            out.print(f"{field}: {row.get(field)}", highlight=False, markup=False)
        for name, value in row["headers"]:
            shown = value.decode(errors="replace") if value is not None else None
            out.print(f"  {name}: {shown}", highlight=False, markup=False)
        value = row["value"]
        out.print(value.decode(errors="replace") if value else "null", highlight=False, markup=False)


@parked.command("redrive")
def redrive(
    source: Annotated[
        str | None, typer.Argument(metavar="SOURCE", help="The source, or the id of an unreadable record.")
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that is parked.")] = False,
    data: DataOption = DATA,
    service: ServiceOption = None,
) -> None:
    """Have parked events tried again, in their order, by the running services."""
    from shared.messaging.sweeper import ask_redrive  # noqa: PLC0415  needed by this command alone

    if (source is None) != everything:
        raise typer.BadParameter("name one source, or say --all", param_hint="SOURCE")

    async def ask(name: str, db: mongo.Database) -> None:
        asked = await ask_redrive(db, source=source)
        out.print(f"{name}: {asked} to be tried again", highlight=False)

    _each(data, service, ask)


def _nobody(person: str, roles: tuple[str, ...]) -> str:
    """Metrics and readiness are asked without a token."""
    del person, roles
    return ""


def _each(data: Any, service: str | None, look: Callable[[str, mongo.Database], Awaitable[None]]) -> None:
    if service is not None and service not in SERVICES:
        raise typer.BadParameter(f"one of {', '.join(SERVICES)}", param_hint="--service")
    addresses = Addresses.load(data)

    async def visit() -> None:
        async with _databases(addresses) as client:
            for name in SERVICES if service is None else (service,):
                await look(name, mongo.database(client, f"cairn_{name}"))

    asyncio.run(visit())


@asynccontextmanager
async def _databases(addresses: Addresses) -> AsyncGenerator[mongo.Client]:
    async with mongo.connect(addresses.mongo) as client:
        yield client
