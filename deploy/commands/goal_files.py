"""`cairn goals export` and `cairn goals import`: goals into a file and out of one.

Exit codes of an import: 0 every goal of the file is in; 3 some were kept out; 2 nothing of the file can be
used, or all or none were wanted and not all could be; 1 it could not be done.  An export that breaks off
leaves no file, and ends with 1.
"""

import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final

import typer
from rich.table import Table

from deploy.asking import (
    AskingFailedError,
    AsOption,
    Target,
    TokenOption,
    UrlOption,
    client_of,
    problem_of,
    reaching,
    refused,
    target_of,
)
from deploy.commands.goals import goals
from deploy.console import err, out, plain
from deploy.files_sent import content_of, show_problems
from deploy.options import DATA, DataOption, run

if TYPE_CHECKING:
    import httpx

KEPT_OUT: Final = 3
UNUSABLE: Final = 2
SECONDS: Final = 300.0
LISTED: Final = 40
"""Goals of an import that are listed one by one; --json prints all of them."""
FORMS: Final = ("csv", "parquet")


def register(app: typer.Typer) -> None:
    """The commands are among those of `cairn goals`."""
    del app


@goals.command("export")
def export(  # noqa: PLR0913  a command's options
    *,
    form: Annotated[
        str, typer.Option("--format", metavar="|".join(FORMS), help="The form of the file.")
    ] = "csv",
    file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Left out, it is printed.")
    ] = None,
    measurements: Annotated[
        bool, typer.Option("--measurements", help="What was measured of the goals, instead of the goals.")
    ] = False,
    plan: Annotated[
        bool,
        typer.Option(
            "--plan", help="What is planned, as a CSV file that `cairn goals import` takes as it is."
        ),
    ] = False,
    owner: Annotated[str | None, typer.Option(metavar="PERSON", help="Goals of this person only.")] = None,
    team: Annotated[
        str | None,
        typer.Option("--team-of", metavar="PERSON", help="Goals of those who report to this person only."),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(metavar="UNIT", help="Goals of those who work in this unit or below it only."),
    ] = None,
    status: Annotated[str | None, typer.Option(help="Goals in this stage only.")] = None,
    period: Annotated[str | None, typer.Option(metavar="PERIOD", help="Goals of this period only.")] = None,
    person: AsOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = DATA,
) -> None:
    """Write the goals that you may see, what is planned or what was measured of them, into a file."""
    if form not in FORMS:
        raise typer.BadParameter(f"{form!r}: choose one of {', '.join(FORMS)}", param_hint="--format")
    if plan and (measurements or form != "csv"):
        raise typer.BadParameter("a plan is a CSV file of goals, without measurements", param_hint="--plan")
    if file is None and form == "parquet" and sys.stdout.isatty():
        raise typer.BadParameter("Parquet is not for a terminal; name a file", param_hint="--out")
    target = target_of("goals", person=person, url=url, token=token, data=data)
    wanted = {
        "format": form,
        "owner_id": owner,
        "reporting_to_id": team,
        "unit_id": unit,
        "status": status,
        "period_id": period,
    }
    wanted |= {"form": "plan"} if plan else {}
    query = {name: value for name, value in wanted.items() if value is not None}
    path = "/goals/export/measurements" if measurements else "/goals/export"
    run(_printed(target, path, query) if file is None else _saved(target, path, query, file))


async def _printed(target: Target, path: str, query: Mapping[str, str]) -> None:
    await _copied(target, path, query, sys.stdout.buffer)
    sys.stdout.flush()


async def _saved(target: Target, path: str, query: Mapping[str, str], file: Path) -> None:
    """The file, in its place once it is whole."""
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("wb") as opened:
            size = await _copied(target, path, query, opened)
        part.replace(file)
    except OSError as error:
        mend = "Name a file that can be written"
        raise AskingFailedError(f"{file} cannot be written: {error.strerror}", mend=mend) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    err.print(plain(f"{file}: {size:,} bytes"), highlight=False)


async def _copied(target: Target, path: str, query: Mapping[str, str], to: BinaryIO) -> int:
    size = 0
    async with client_of(target, seconds=SECONDS) as client:
        async for piece in _pieces(client, path, query):
            size += to.write(piece)
    return size


async def _pieces(client: "httpx.AsyncClient", path: str, query: Mapping[str, str]) -> AsyncIterator[bytes]:
    with reaching(client, "goals", mend="What came of it, if anything, is not whole; see that it runs"):
        async with client.stream("GET", path, params=query) as answer:
            if not answer.is_success:
                await answer.aread()
                raise refused(answer, mend="See the reason, and ask again")
            async for piece in answer.aiter_bytes():
                yield piece


@goals.command("import")
def import_file(  # noqa: PLR0913  a command's options
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The first row names the columns.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    all_or_none: Annotated[
        bool, typer.Option("--all-or-none", help="Draft nothing unless all can be drafted.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
    person: AsOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = DATA,
) -> None:
    """Draft goals from a CSV file, a row for each key result, and report what is wrong with the others.

    A row may hold a milestone, a link and an initiative too; `cairn goals export --plan` gives such a file.
    Rows with the same import_id make one goal, and a goal that is in already is left as it is.  Ends with
    0 if every goal is in, 3 if some were kept out, 2 if nothing was taken, and 1 if it could not be done.
    """
    content = content_of(file)
    target = target_of("goals", person=person, url=url, token=token, data=data)
    asked = {"dry_run": str(dry_run).lower(), "all_or_none": str(all_or_none).lower()}
    report = run(_imported(target, content, asked))
    if as_json:
        print(json.dumps(report))
    else:
        _show(report, name=file.name)
    raise typer.Exit(_exit_code(report))


async def _imported(target: Target, content: bytes, asked: Mapping[str, str]) -> dict[str, Any]:
    """The report; of a file of which nothing is taken, its problems and the reason."""
    mend = "See that it runs, and import the file again: what is in already is left as it is"
    async with client_of(target, seconds=SECONDS) as client:
        with reaching(client, "goals", mend=mend):
            answer = await client.post(
                "/goal-imports", content=content, params=asked, headers={"Content-Type": "text/csv"}
            )
    if answer.is_success:
        return answer.json()
    said = problem_of(answer)
    if "problems" in said:
        return {"nothing": said["detail"], "problems": said["problems"]}
    raise refused(answer, mend="See the reason, and send it again")


def _exit_code(report: Mapping[str, Any]) -> int:
    if "nothing" in report:
        return UNUSABLE
    return KEPT_OUT if any(each["severity"] == "error" for each in report["problems"]) else 0


def _show(report: Mapping[str, Any], *, name: str) -> None:
    show_problems(report["problems"])
    if "nothing" in report:
        err.print(plain(f"cairn: {name}: nothing was imported. {report['nothing']}"), style="red")
        return
    title = f"What importing {name} would do" if report["dry_run"] else f"{name} is imported"
    out.print(plain(title), style="italic")
    for each in report["goals"] if len(report["goals"]) <= LISTED else ():
        known_as = f", {each['goal_id']}" if each["goal_id"] else ""
        said = f"line {each['line']}: {each['import_id']} {each['status']}{known_as}"
        out.print(plain(said), highlight=False)
    table = Table(show_header=False)
    for count in ("rows", "drafted", "known", "refused"):
        table.add_row(count, str(report[count]))
    out.print(table)
