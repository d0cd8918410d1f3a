"""`cairn people import`: a CSV file of people into the directory, with a report that tells what to mend.

Exit codes: 0 every row is in, with or without warnings; 3 the file is in but rows were kept out;
2 nothing of the file can be used; 1 it could not be done.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.table import Table

from deploy.asking import (
    AskingFailedError,
    Target,
    TokenOption,
    UrlOption,
    client_of,
    problem_of,
    reaching,
    target_of,
)
from deploy.console import ShownSteps, err, out, plain
from deploy.files_sent import content_of, show_problems
from deploy.options import DATA, DataOption, run

if TYPE_CHECKING:
    import httpx

ROWS_KEPT_OUT: Final = 3
UNUSABLE: Final = 2
PATIENCE_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.2
SENDING_SECONDS: Final = 300.0
IMPORTER: Final = "cairn-import"
AGAIN: Final = "See that it runs, and import the file again: what is in already is left as it is"
PAGE: Final = 200
COUNTS: Final = ("rows", "accepted", "joined", "changed", "unchanged", "refused", "failed")

people = typer.Typer(help="The directory of people.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Put the commands on the app."""
    app.add_typer(people, name="people")


@people.callback()
def _group() -> None:
    """The directory of people."""


@people.command("import")
def import_file(  # noqa: PLR0913  a command's options
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The first row names the columns.")],
    maps: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=COLUMN",
            help="What a column holds whose name does not tell; may be given several times.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
    url: UrlOption = None,
    token: TokenOption = None,
    data: DataOption = DATA,
) -> None:
    """Import people, report each bad row with its line, column and how to mend it, and take the others.

    The same file again changes nothing.  Ends with 0 if every row is in, 3 if rows were kept out,
    2 if nothing of the file can be used, and 1 if it could not be done.
    """
    content = content_of(file)
    target = target_of("people", person=IMPORTER, roles=["hr_admin"], url=url, token=token, data=data)
    report = run(_import(target, content, maps=maps or [], dry_run=dry_run))
    if as_json:
        print(json.dumps(report))
    else:
        _show(report, name=file.name)
    raise typer.Exit(_exit_code(report))


async def _import(target: Target, content: bytes, *, maps: Sequence[str], dry_run: bool) -> dict[str, Any]:
    """The finished import's report with all its problems; of an unusable file, its problems alone."""
    async with client_of(target) as client:
        with ShownSteps() as steps:
            steps.began("the file is read")
            query = {"map": list(maps), "dry_run": str(dry_run).lower()}
            begun = await _send(client, content, query)
            steps.ended("the file is read")
            if begun["state"] == "unusable":
                return begun
            report = await _followed(client, begun, steps)
        problems = await _problems(client, report)
    known = {json.dumps(problem, sort_keys=True) for problem in problems}
    failures = [each for each in report["problems"] if json.dumps(each, sort_keys=True) not in known]
    return {**report, "problems": sorted([*problems, *failures], key=lambda problem: problem["line"])}


async def _send(client: "httpx.AsyncClient", content: bytes, query: Mapping[str, Any]) -> dict[str, Any]:
    sent = {"Content-Type": "text/csv"}
    with reaching(client, "people", mend=AGAIN):
        answer = await client.post(
            "/imports", content=content, params=query, headers=sent, timeout=SENDING_SECONDS
        )
    if answer.is_success:
        return answer.json()
    said = problem_of(answer)
    if str(said.get("type", "")).endswith(":unusable-file"):
        return {"state": "unusable", "detail": said.get("detail"), "problems": said.get("problems", [])}
    raise AskingFailedError(
        f"the people service refused the file: {answer.status_code} {said.get('detail', '')}".rstrip(". "),
        mend="See the reason, and send it again",
    )


async def _followed(client: "httpx.AsyncClient", begun: dict[str, Any], steps: ShownSteps) -> dict[str, Any]:
    """The import at its end; a service that is away for a moment is waited for."""
    report, heard_at = begun, time.monotonic()
    while report["state"] == "importing":
        steps.counted("people are imported", report["done"], max(1, report["accepted"]))
        await asyncio.sleep(POLL_SECONDS)
        try:
            report = await _read_json(client, f"/imports/{begun['import_id']}")
        except AskingFailedError:
            if time.monotonic() - heard_at > PATIENCE_SECONDS:
                raise
        else:
            heard_at = time.monotonic()
    steps.counted("people are imported", 1, 1)
    return report


async def _problems(client: "httpx.AsyncClient", report: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    path, cursor = f"/imports/{report['import_id']}/problems", {}
    while True:
        page = await _read_json(client, path, limit=PAGE, **cursor)
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


async def _read_json(client: "httpx.AsyncClient", path: str, **query: Any) -> dict[str, Any]:
    with reaching(client, "people", mend=AGAIN):
        answer = await client.get(path, params=query)
        answer.raise_for_status()
    return answer.json()


def _exit_code(report: Mapping[str, Any]) -> int:
    if report["state"] == "unusable":
        return UNUSABLE
    kept_out = report["rows"] - report["joined"] - report["changed"] - report["unchanged"]
    return ROWS_KEPT_OUT if kept_out else 0


def _show(report: Mapping[str, Any], *, name: str) -> None:
    show_problems(report["problems"])
    if report["state"] == "unusable":
        err.print(plain(f"cairn: {name}: nothing was imported. {report['detail']}"), style="red")
        return
    title = f"What importing {name} would do" if report["dry_run"] else f"{name} is imported"
    table = Table(title=plain(title), title_justify="left", show_header=False)
    for count in COUNTS:
        table.add_row(count, str(report[count]))
    out.print(table)
