"""Import a file of people.

When    HR admin or the HR system sends one (POST /imports)
May     import_people: HR admin, HR system         (access.py)
Rule    plan_import: each bad row is told, the good ones are taken
Emits   people.UnitCreated of new units
Then    import_row, for every accepted row

The file is read before anything begins.  Its rows are stored in pieces; then one transaction creates
the new units and orders the rest.  It is planned anew when the units have changed meanwhile.  A dry
run leaves its report and nothing else.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.people.domain.csv_import import ImportPlan, Problem, plan_import
from services.people.domain.csv_import.forecast import forecast
from services.people.domain.csv_import.units import NewUnit
from services.people.domain.import_run import (
    Import,
    MappingMalformed,
    Tally,
    UnitsChanged,
    UnusableFile,
    severities,
)
from services.people.store.guards import GUARDS, STRUCTURE
from services.people.store.imports import (
    CHUNKS,
    ImportStore,
    ReportStore,
    WaitingRow,
    chunk_id,
    chunked,
    expiry_of_orphans,
    expiry_of_report,
    new_import_id,
    waiting_rows,
)
from services.people.store.roster import Known, read_roster
from services.people.store.units import UnitStore
from services.people.usecases.import_row import KIND
from services.people.views.imports import ImportView
from shared.http import Run, Runner, View
from shared.http.files import CSV_BODY, FileNotCsv, csv_body
from shared.ids import mint
from shared.problem_docs import refusals
from shared.work import FanOutJob, Transaction, Work

router = APIRouter(tags=["imports"])
LARGEST_FILE = 32 * 1024 * 1024
"""Bytes; some 150,000 people."""
TRIES = 5
PROBLEMS_AT_ONCE = 1000
REFUSALS = (FileNotCsv, MappingMalformed, UnitsChanged, UnusableFile)


@dataclass(frozen=True, slots=True)
class KeepRows:
    """Rows `first` and following, to be imported if the import begins."""

    import_id: str
    number: int
    first: int
    rows: Sequence[WaitingRow]


@dataclass(frozen=True, slots=True)
class KeepProblems:
    """Some of the problems of a file."""

    run: Import
    first: int
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class BeginImport:
    """The import of a file whose rows are kept; `structure` is the version of the units it is made for."""

    run: Import
    units: Sequence[NewUnit]
    structure: int


async def keep_rows(command: KeepRows, tx: Transaction) -> None:
    """Store a chunk; it goes away in a day unless the import begins."""
    rows = [row.document() for row in command.rows]
    kept = {
        "import_id": command.import_id,
        "first": command.first,
        "last": command.first + len(rows) - 1,
        "rows": rows,
        "expires_at": expiry_of_orphans(),
    }
    tx.update(CHUNKS, chunk_id(command.import_id, command.number), {"$set": kept})


async def keep_problems(command: KeepProblems, tx: Transaction) -> None:
    """Store some problems."""
    report = ReportStore(tx, import_id=command.run.import_id, expires_at=command.run.expires_at)
    report.add_problems(command.problems, named=f"f{command.first:07d}")


async def begin_import(command: BeginImport, tx: Transaction) -> Import:
    """The import, under way; of a dry run, its report."""
    run = command.run
    await tx.require("import_people", run)
    if run.state == "importing":
        await _create_units(command, tx)
        for number in range(run.chunks):
            tx.update(CHUNKS, chunk_id(run.import_id, number), {"$unset": {"expires_at": ""}})
        params = {"chunks": run.chunks, "expires_at": run.expires_at}
        tx.fan_out(FanOutJob(run.import_id, KIND, {"import_id": run.import_id, **params}))
    return ImportStore(tx).save(run)


async def _create_units(command: BeginImport, tx: Transaction) -> None:
    if not command.units:
        return
    guard = await tx.get(GUARDS, STRUCTURE)
    if (guard["version"] if guard else 0) != command.structure:
        raise UnitsChanged("The org units were changed while the file was read; send it again.")
    tx.hold(GUARDS, STRUCTURE)
    units = UnitStore(tx)
    for unit, created in command.units:
        units.save(unit)
        tx.publish(created, unit.state())


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A file that was read: what to do, in pieces, and what it would come to."""

    plan: ImportPlan
    pieces: Sequence[Sequence[WaitingRow]]
    forecast: Tally
    structure: int


@dataclass(frozen=True, slots=True)
class _Sender:
    """Sends what belongs to one request."""

    run: Runner
    work: Work
    dry_run: bool

    async def prepare(self, content: bytes, mapping: dict[str, str], known: Known) -> _Prepared:
        """Read the file, on a thread; raises `UnusableFile`."""

        def prepared() -> _Prepared:
            on = self.run.now.date()
            plan = plan_import(content, roster=known.roster, on=on, mint=mint, mapping=mapping)
            if plan.unusable:
                return _Prepared(plan, (), Tally(), known.version)
            if self.dry_run:
                return _Prepared(plan, (), forecast(plan, known.roster), known.version)
            pieces = chunked(waiting_rows(plan.rows, known.roster))
            return _Prepared(plan, pieces, Tally(), known.version)

        made = await asyncio.to_thread(prepared)
        if made.plan.unusable:
            told = [problem.model_dump() for problem in made.plan.problems[:20]]
            fatal = next(problem for problem in made.plan.problems if problem.severity == "fatal")
            raise UnusableFile(f"{fatal.reason} {fatal.mend}", problems=told)
        return made

    async def send(self, made: _Prepared) -> Response:
        """Store what was read and begin; raises `UnitsChanged`."""
        run = self._import(made)
        await self._keep(run, made)
        problems = list(made.plan.problems)
        return await self.run(
            begin_import,
            BeginImport(run, () if self.dry_run else made.plan.units, made.structure),
            key=run.import_id,
            reply=lambda begun: ImportView.of(begun, problems),
            status=200 if self.dry_run else 202,
            location=lambda begun: f"/imports/{begun.import_id}",
        )

    def _import(self, made: _Prepared) -> Import:
        return Import(
            import_id=new_import_id(),
            state="planned" if self.dry_run else "importing",
            by=self.run.caller.person_id,
            started_at=self.run.now,
            on=self.run.now.date(),
            rows=made.plan.read,
            accepted=len(made.plan.rows),
            chunks=len(made.pieces),
            problems=severities(made.plan.problems),
            tally=made.forecast,
            expires_at=expiry_of_report(),
        )

    async def _keep(self, run: Import, made: _Prepared) -> None:
        first = 0
        for number, rows in enumerate(made.pieces):
            command = KeepRows(run.import_id, number, first, rows)
            await self.work.run(keep_rows, command, key=run.import_id, caller=self.run.caller)
            first += len(rows)
        problems = made.plan.problems
        for first in range(0, len(problems), PROBLEMS_AT_ONCE):
            some = KeepProblems(run, first, problems[first : first + PROBLEMS_AT_ONCE])
            await self.work.run(keep_problems, some, key=run.import_id, caller=self.run.caller)


@router.post(
    "/imports",
    status_code=202,
    response_model=ImportView,
    summary="Import a CSV file of people",
    responses={**refusals(*REFUSALS), 200: {"model": ImportView, "description": "Of a dry run: its report."}},
    openapi_extra=CSV_BODY,
)
async def post_import(
    request: Request,
    view: View,
    run: Run,
    maps: Annotated[
        list[str],
        Query(
            alias="map",
            max_length=50,
            description="`field=column`, for columns whose names do not tell; may be given several times.",
        ),
    ] = [],  # noqa: B006  FastAPI makes a new one
    *,
    dry_run: Annotated[bool, Query(description="Only say what would happen.")] = False,
) -> Response:
    """Take people from a file whose first row names its columns; follow it at the address answered.

    People are known again by employee number, then by e-mail.  Bad rows are reported with line, column,
    reason and how to mend them, and the others imported; who is missing from the file stays as they
    are.  The same file again changes nothing.
    """
    await view.demand("import_people", None)
    content = await csv_body(request)
    mapping = dict(map(_mapped, maps))
    sender = _Sender(run, request.app.state.work, dry_run)
    for left in reversed(range(TRIES)):
        made = await sender.prepare(content, mapping, await read_roster(view.db))
        try:
            return await sender.send(made)
        except UnitsChanged:
            if not left:
                raise
    raise AssertionError  # pragma: no cover  the last try returns or raises


def _mapped(text: str) -> tuple[str, str]:
    field, equals, column = text.partition("=")
    if not (equals and field.strip() and column.strip()):
        raise MappingMalformed("Write each `map` as field=column, such as employee_number=Badge.")
    return field.strip(), column.strip()
