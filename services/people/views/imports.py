"""Imports, as they are followed and read afterwards."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.people.domain.csv_import import Problem, Severity
from services.people.domain.import_run import Import, ImportState
from services.people.store.imports import PROBLEMS, read_tally
from shared.fan_out import FAILURES
from shared.http import View
from shared.ids import PersonId
from shared.mongo import Database
from shared.paging import AskedPage, Page, Sort, read_page
from shared.store import from_document

router = APIRouter(tags=["imports"])
SHOWN_PROBLEMS = 100
READ_PROBLEMS: Final = "read_import_problems"
"""The action in the access table: they may name people."""


class ImportView(BaseModel):
    """An import, how far it is and what came of it.

    `rows` counts what the file has below its header, `accepted` those that can be imported and `done`
    those of them that are dealt with: `joined`, `changed`, `unchanged`, `refused` by a rule when their
    turn came, or `failed` by an error of the service.  Of a `planned` import, a dry run, they say what
    would happen.
    """

    import_id: str
    state: ImportState
    dry_run: bool
    by: PersonId | None
    started_at: datetime
    on: date
    rows: int
    accepted: int
    done: int
    joined: int
    changed: int
    unchanged: int
    refused: int
    failed: int
    problem_counts: Mapping[Severity, int]
    problems: list[Problem] = Field(
        description="The first of them by line; all at /imports/{import_id}/problems."
    )

    @classmethod
    def of(cls, run: Import, problems: list[Problem]) -> "ImportView":
        """The view of an import and the first of its problems."""
        return cls.model_validate(
            {
                **dict(run),
                **dict(run.tally),
                "dry_run": run.state == "planned",
                "done": run.tally.rows,
                "problem_counts": run.problems,
                "problems": problems[:SHOWN_PROBLEMS],
            }
        )


@router.get("/imports", summary="List imports")
async def list_imports(view: View, page: AskedPage) -> Page[ImportView]:
    """The imports of the last months, newest first, without their problems."""
    return await read_page(
        view.db["imports"],
        await view.filter("read_import"),
        asked=page,
        sort=Sort("started_at", descending=True),
        show=lambda doc: ImportView.of(from_document(Import, doc), []),
    )


@router.get("/imports/{import_id}", summary="Read an import")
async def get_import(import_id: str, view: View) -> ImportView:
    """How far it is, or what came of it."""
    run = await view.one(Import, "imports", import_id, action="read_import")
    if run.state == "importing":
        run = run.model_copy(update={"tally": await read_tally(view.db, import_id)})
    problems = await _first_problems(view.db, run)
    if problems:
        view.shown("imports", {"_id": import_id}, action=READ_PROBLEMS)
    return ImportView.of(run, problems)


@router.get("/imports/{import_id}/problems", summary="List the problems of an import")
async def list_problems(import_id: str, view: View, page: AskedPage) -> Page[Problem]:
    """What was wrong with the file and what stood against its rows, by line."""
    await view.one(Import, "imports", import_id, action=READ_PROBLEMS)
    return await read_page(
        view.db[PROBLEMS], {"import_id": import_id}, asked=page, sort=Sort("line"), show=_problem
    )


async def _first_problems(db: Database, run: Import) -> list[Problem]:
    cursor = db[PROBLEMS].find({"import_id": run.import_id}).sort([("line", 1), ("_id", 1)])
    known = [_problem(doc) for doc in await cursor.limit(SHOWN_PROBLEMS).to_list(None)]
    failed = await db[FAILURES].find({"job": run.import_id}).limit(SHOWN_PROBLEMS).to_list(None)
    return sorted([*map(_failure, failed), *known], key=lambda problem: problem.line)


def _problem(doc: Mapping[str, Any]) -> Problem:
    return Problem.model_validate(doc)


def _failure(doc: Mapping[str, Any]) -> Problem:
    """A row that met an error of the service; the cursor of the fan-out ends with its line."""
    return Problem(
        line=int(doc["cursor"].split()[-1]),
        column=None,
        severity="error",
        reason="The service made a mistake with this row; nothing of it was imported.",
        mend="Import the file again; if it happens again, report the import's id.",
    )
