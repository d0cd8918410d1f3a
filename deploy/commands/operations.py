"""`cairn topics`, `cairn status` and `cairn parked`: what an operator asks and does."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from deploy.console import out, show_rows
from deploy.databases import ServiceOption, each_database
from deploy.local import entry
from deploy.local.addresses import Addresses
from deploy.local.services import SERVICES
from deploy.options import DATA, DataOption, JsonOption
from shared import mongo

parked = typer.Typer(
    help="Events that could not be applied: list, show, try again, discard.", no_args_is_help=True
)
LISTED = 500
"""Rows of a service that are listed at most."""
COLUMNS = ("service", "id", "source", "type", "reason", "error")


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    app.command()(topics)
    app.command()(status)
    app.add_typer(parked, name="parked")


def topics(data: DataOption = DATA) -> None:
    """List the topics, make those that are missing, and set their configuration."""
    from deploy.local.topics import make_topics, settings_of  # noqa: PLC0415  needed by this command alone

    addresses = Addresses.load(data)
    variables = {"CAIRN_OIDC_ISSUER": addresses.issuer, "CAIRN_DEVELOPMENT": "true"}
    settings = settings_of(entry.settings(addresses) | variables)
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
def list_parked(
    data: DataOption = DATA, service: ServiceOption = None, *, as_json: JsonOption = False
) -> None:
    """List what could not be applied, each source's first event first: what failed, and why."""
    rows: list[dict[str, str]] = []

    async def look(name: str, db: mongo.Database) -> None:
        parked = await db["parked"].find().sort("_id", 1).limit(LISTED).to_list(None)
        missed = await db["fan_out_failures"].find().sort("_id", 1).limit(LISTED).to_list(None)
        told = [{**row, "reason": "fan-out", "source": row["_id"], "type": row["kind"]} for row in missed]
        rows.extend(_shown(name, row) for row in (*parked, *told))

    each_database(data, service, look)
    show_rows(COLUMNS, rows, as_json=as_json)


@parked.command("refused")
def list_refused(
    data: DataOption = DATA, service: ServiceOption = None, *, as_json: JsonOption = False
) -> None:
    """List the newest events that a rule refused: they count as handled, and are kept for 30 days."""
    rows: list[dict[str, str]] = []

    async def look(name: str, db: mongo.Database) -> None:
        found = await db["refused_reactions"].find().sort("at", -1).limit(LISTED).to_list(None)
        rows.extend(_shown(name, {**row, "reason": row["rule"], "error": row["detail"]}) for row in found)

    each_database(data, service, look)
    show_rows(COLUMNS, rows, as_json=as_json)


def _shown(service: str, row: Mapping[str, Any]) -> dict[str, str]:
    """A row as it is listed, by who sent it if it has no source of ours.

    What waits behind a failed event of its source has no error of its own.
    """
    fields = ("source", "type", "reason", "error")
    said = {field: row.get(field) or "" for field in fields}
    sender = {"source": said["source"] or row.get("sender") or ""}
    return {"service": service, "id": str(row["_id"]), **said, **sender}


@parked.command("show")
def show_parked(
    id_: Annotated[str, typer.Argument(metavar="ID", help="As `cairn parked list` shows it.")],
    data: DataOption = DATA,
    service: ServiceOption = None,
) -> None:
    """Show a parked event as it arrived, or for whom a fan-out failed."""
    found: list[dict[str, Any]] = []

    async def look(name: str, db: mongo.Database) -> None:
        del name
        rows = [await db[kept].find_one({"_id": id_}) for kept in ("parked", "fan_out_failures")]
        found.extend(row for row in rows if row is not None)

    each_database(data, service, look)
    if not found:
        raise typer.BadParameter("there is no parked event with this id", param_hint="ID")
    for row in found:
        for field in sorted(row.keys() - {"_id", "key", "value", "headers"}):
            out.print(f"{field}: {row[field]}", highlight=False, markup=False)
        if "value" not in row:
            continue
        for name, value in row["headers"]:
            shown = value.decode(errors="replace") if value is not None else None
            out.print(f"  {name}: {shown}", highlight=False, markup=False)
        value = row["value"]
        out.print(value.decode(errors="replace") if value else "null", highlight=False, markup=False)


@parked.command("redrive")
def redrive(
    source: Annotated[
        str | None,
        typer.Argument(metavar="SOURCE", help="The source, or the id of an unreadable record or a fan-out."),
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that is parked.")] = False,
    data: DataOption = DATA,
    service: ServiceOption = None,
) -> None:
    """Have parked events tried again, in their order, by the running services."""
    from shared.fan_out import ask_again  # noqa: PLC0415  needed by this command alone
    from shared.messaging.sweeper import ask_redrive  # noqa: PLC0415

    if (source is None) != everything:
        raise typer.BadParameter("name one source, or say --all", param_hint="SOURCE")

    async def ask(name: str, db: mongo.Database) -> None:
        asked = await ask_redrive(db, source=source) + await ask_again(db, failure_id=source)
        out.print(f"{name}: {asked} to be tried again", highlight=False)

    each_database(data, service, ask)


@parked.command("discard")
def discard_parked(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="As `cairn parked list` shows them.")],
    data: DataOption = DATA,
    service: ServiceOption = None,
) -> None:
    """Delete parked records from outside, or that nobody can read, for good.

    Nothing is deleted if one of them is not there, or is an event of Cairn's own: that one is redriven.
    """
    from shared.messaging.sweeper import discard, find_discardable  # noqa: PLC0415  by this command alone

    found: dict[str, list[dict[str, str]]] = {}

    async def look(name: str, db: mongo.Database) -> None:
        found[name] = [_shown(name, row) for row in await find_discardable(db, ids)]

    async def take_away(name: str, db: mongo.Database) -> None:
        rows = found[name]
        gone = await discard(db, [row["id"] for row in rows]) if rows else 0
        for row in rows:
            told = f"{name}: {row['id']} ({row['reason']}: {row['error']})"
            out.print(told, highlight=False, markup=False, soft_wrap=True)
        out.print(f"{name}: {gone} discarded", highlight=False)

    each_database(data, service, look)
    unknown = set(ids) - {row["id"] for rows in found.values() for row in rows}
    if unknown:
        why = "no parked record from outside, nor one that cannot be read; nothing was discarded"
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: {why}", param_hint="ID")
    each_database(data, service, take_away)


def _nobody(person: str, roles: tuple[str, ...]) -> str:
    """Metrics and readiness are asked without a token."""
    del person, roles
    return ""
