"""`cairn audit verify`: whether the audit still says what was sealed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from deploy.console import err, out
from deploy.databases import ServiceOption, database_of
from deploy.local.addresses import Addresses
from deploy.local.entry import mongo_options
from deploy.local.services import SERVICES
from deploy.options import DATA, DataOption
from shared import mongo
from shared.audit.anchors import Anchor, read_anchors
from shared.audit.chain import Verdict, verify
from shared.audit.listing import NEWEST_FIRST, RowsWanted
from shared.audit.rows import AUDIT

audit = typer.Typer(help="Who did and read what, and whether that is still true.", no_args_is_help=True)
WRONG: Final = 1
AnchorsOption = Annotated[
    Path | None,
    typer.Option("--anchors", help="The file to which anchors were added.", exists=True),
]


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    app.add_typer(audit, name="audit")


@audit.command("verify")
def verify_all(anchors: AnchorsOption = None, service: ServiceOption = None, data: DataOption = DATA) -> None:
    """Walk the chains and hold them against anchors; the exit code is 0 if every row is what was sealed."""
    known, torn = read_anchors(anchors.read_text(errors="replace").splitlines() if anchors else [])
    for number in torn:
        err.print(f"{anchors}: line {number} is no anchor", highlight=False)
    if torn and not known:
        raise typer.Exit(WRONG)
    found = asyncio.run(_verdicts(Addresses.load(data), [service] if service else SERVICES, known))
    table = Table("Service", "Intact rows", "Wrong", "Not anchored", "since", "Not sealed", "Removed for age")
    for name, verdict in found:
        since = verdict.since.isoformat(timespec="seconds") if verdict.since else ""
        numbers = (str(verdict.unanchored), since, str(verdict.unsealed), str(verdict.removed))
        table.add_row(name, str(verdict.intact), verdict.wrong or "nothing", *numbers)
    out.print(table)
    for name, verdict in found:
        for loss in verdict.lost:
            out.print(f"{name}: {loss}", highlight=False)
    raise typer.Exit(WRONG if any(verdict.wrong for _, verdict in found) else 0)


async def _verdicts(
    addresses: Addresses, services: Sequence[str], anchors: Sequence[Anchor]
) -> Sequence[tuple[str, Verdict]]:
    async with mongo.connect(addresses.mongo, **mongo_options(addresses)) as client:
        return [
            (name, await verify(mongo.database(client, database_of(name)), service=name, anchors=anchors))
            for name in services
        ]


@audit.command("show")
def show(
    person: Annotated[str | None, typer.Option("--person", help="What this person did and read.")] = None,
    about: Annotated[
        str | None, typer.Option("--about", help="Who changed and read this, such as goals/goal_...")
    ] = None,
    deed: Annotated[
        str | None, typer.Option("--deed", help="A use case, such as draft_goal, or a route that was read.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=1000, help="Rows of a service, the newest.")
    ] = 50,
    service: ServiceOption = None,
    data: DataOption = DATA,
) -> None:
    """List rows of the audit, the newest first."""
    said = {"person_id": person, "about_id": about, "deed": deed}
    wanted = RowsWanted.model_validate({name: value for name, value in said.items() if value})
    services = [service] if service else SERVICES
    rows = asyncio.run(_rows(Addresses.load(data), services, wanted, limit))
    table = Table("At", "Service", "Who", "What", "About", "From", "Correlation")
    for name, row in rows:
        cells = (row["by"], row["deed"], " ".join(row["about"]), row["address"], row["correlation_id"])
        table.add_row(row["at"].isoformat(timespec="seconds"), name, *map(escape, cells))
    out.print(table)


async def _rows(
    addresses: Addresses, services: Sequence[str], wanted: RowsWanted, limit: int
) -> Sequence[tuple[str, mongo.Doc]]:
    found: list[tuple[str, mongo.Doc]] = []
    async with mongo.connect(addresses.mongo, **mongo_options(addresses)) as client:
        for name in services:
            rows = mongo.database(client, database_of(name))[AUDIT].find(wanted.filter())
            found += [(name, row) async for row in rows.sort(NEWEST_FIRST).limit(limit)]
    return sorted(found, key=lambda each: each[1]["at"], reverse=True)
