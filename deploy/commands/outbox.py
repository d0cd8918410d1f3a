"""`cairn outbox`: what was not sent yet, and what is told in place of what never can be."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from bson import ObjectId

from deploy.console import out, show_rows
from deploy.databases import ServiceOption, each_database
from deploy.options import DATA, DataOption, JsonOption
from shared import mongo
from shared.messaging.withheld import NotWithheldError, waiting_rows, withhold

outbox = typer.Typer(
    help="Events and states that wait to be sent: list, withhold what no broker takes.", no_args_is_help=True
)
LISTED = 500
"""Rows of a service that are listed at most."""
COLUMNS = ("service", "id", "topic", "subject", "type", "number", "bytes", "waits")


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    app.add_typer(outbox, name="outbox")


@outbox.command("list")
def list_waiting(
    data: DataOption = DATA,
    service: ServiceOption = None,
    *,
    seconds: Annotated[int, typer.Option("--seconds", min=0, help="That wait for longer than this.")] = 60,
    as_json: JsonOption = False,
) -> None:
    """List what waits to be sent, the oldest first; why, says the log of whoever leads `relay`."""
    rows: list[dict[str, str]] = []

    async def look(name: str, db: mongo.Database) -> None:
        waiting = await waiting_rows(db, longer_than=timedelta(seconds=seconds), limit=LISTED)
        for row in waiting:
            since: datetime = row["_id"].generation_time
            waits = f"{(datetime.now(UTC) - since).total_seconds():.0f} s"
            place = (name, row["_id"], row["topic"], row["key"], row["type"], row["sequence"], row["size"])
            rows.append(dict(zip(COLUMNS, map(str, (*place, waits)), strict=True)))

    each_database(data, service, look)
    show_rows(COLUMNS, rows, as_json=as_json)


@outbox.command("withhold")
def withhold_event(
    id_: Annotated[str, typer.Argument(metavar="ID", help="As `cairn outbox list` shows it.")],
    data: DataOption = DATA,
    service: ServiceOption = None,
) -> None:
    """Let subscribers know the number of an event that no broker ever takes, without what it says.

    What came after it is sent then, within a minute.  Mend what stands in its way rather: what it said is
    never told.
    """
    if not ObjectId.is_valid(id_):
        raise typer.BadParameter("24 digits and letters, as `cairn outbox list` shows it", param_hint="ID")
    told: list[str] = []

    async def look(name: str, db: mongo.Database) -> None:
        try:
            row = await withhold(db, ObjectId(id_))
        except NotWithheldError as error:
            raise typer.BadParameter(str(error), param_hint="ID") from None
        if row is not None:
            told.append(f"{name}: {row['type']} {row['sequence']} of {row['key']} is withheld")

    each_database(data, service, look)
    if not told:
        raise typer.BadParameter("nothing waits to be sent under this id", param_hint="ID")
    out.print(told[0], highlight=False, markup=False, soft_wrap=True)
