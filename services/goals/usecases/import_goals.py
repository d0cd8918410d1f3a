"""Draft the goals of a CSV file.

When    somebody sends one (POST /goal-imports)
May     draft: self, manager, HR admin; set_for_organisation   (access.py)
Rule    plan_goals, and draft_goal for each goal; each once by the key that its importer gave it
Emits   goals.GoalDrafted
Then    reviews.gather_evidence

What is wrong with a row is told with its line and column, and keeps its goal out and no other, unless
all or none are wanted.  A dry run goes the same way, and nothing of it is kept.
"""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from services.goals.domain.csv_import import ImportPlan, WordedGoal, plan_goals, sample
from services.goals.store import GOALS, GoalStore
from services.goals.usecases.draft_goal import DraftGoal, draft_goal
from services.goals.views.imports import GoalImportView, ImportedGoal, ImportStatus
from shared.contracts.base import Frozen
from shared.csv_files import Problem
from shared.directory import PEOPLE
from shared.errors import Invalid, Refusal
from shared.http import Run, View
from shared.http.files import CSV_BODY, CsvResponse, FileNotCsv, csv_body
from shared.ids import GoalId, derive
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goal imports"])
MEND: Final[dict[str, tuple[str, str]]] = {
    "not-found": ("owner_id", "Write the id of somebody in the directory."),
    "forbidden": ("owner_id", "Leave it to who may, or write the goal for yourself or a report of yours."),
    "owner-has-left": ("owner_id", "Choose somebody who works here."),
    "leads-no-team": ("level", "Write person, or the id of somebody whom others report to."),
    "no-such-parent": ("parent_id", "Write the id of a goal that you may read, or nothing."),
    "parent-closed": ("parent_id", "Write the id of a goal that is not closed, or nothing."),
    "alignment-too-deep": ("parent_id", "Write the id of a goal further up."),
    "no-such-period": ("period_id", "Write an id that GET /periods gives, or nothing."),
    "period-closing": ("period_id", "Write the id of a period that is open."),
    "period-closed": ("period_id", "Write the id of a period that is open."),
    "outside-period": ("due_on", "Write a day within the period."),
    "invalid": ("due_on", "Write a day after the start."),
}
"""The column that a refusal is about, and how to mend it there."""


class UnusableFile(Invalid):
    """Nothing of the file can be used; `problems` tells why and how to mend it."""


class RowsRefused(Invalid):
    """All or none of the goals were wanted, and not all can be drafted; `problems` tells why."""


class ImportGoals(Frozen):
    """The goals of a file for `sender`, whose keys they bear; `me` owns those that name no owner."""

    sender: str
    me: str | None
    goals: tuple[WordedGoal, ...]
    rows: int
    unread: int
    problems: tuple[Problem, ...]
    dry_run: bool
    all_or_none: bool


class NothingKept(Exception):  # noqa: N818  an outcome, not a fault
    """What would come of a file, or of one whose goals are wanted all or none."""

    def __init__(self, report: GoalImportView) -> None:
        super().__init__("nothing is kept")
        self.report = report


async def import_goals(command: ImportGoals, tx: Transaction) -> GoalImportView:
    """Draft what no rule refuses; raises `NothingKept` where nothing is to change."""
    ids = [imported_id(command.sender, each.import_id) for each in command.goals]
    owners = {each.owner_id or command.me for each in command.goals} - {None}
    await tx.peek_many(PEOPLE, owners)
    await tx.peek_many(GOALS, {*ids, *filter(None, (each.wording.parent_id for each in command.goals))})
    problems = list(command.problems)
    results = [
        await _one(each, goal_id, command, problems, tx)
        for each, goal_id in zip(command.goals, ids, strict=True)
    ]
    counts = {status: sum(1 for each in results if each.status == status) for status in ("drafted", "known")}
    refused = command.unread + len(results) - sum(counts.values())
    report = GoalImportView(
        dry_run=command.dry_run,
        rows=command.rows,
        **counts,
        refused=refused,
        goals=results,
        problems=sorted(problems, key=lambda problem: problem.line),
    )
    if command.dry_run or (command.all_or_none and report.errors):
        raise NothingKept(report)
    return report


async def _one(
    each: WordedGoal, goal_id: GoalId, command: ImportGoals, problems: list[Problem], tx: Transaction
) -> ImportedGoal:
    if await GoalStore(tx).find(goal_id) is not None:
        return _imported(each, "known", goal_id)
    owner_id = each.owner_id or command.me
    try:
        if owner_id is None:
            raise Invalid("You are no person, and the row names no owner.")
        draft = DraftGoal.model_validate({"goal_id": goal_id, "owner_id": owner_id, "wording": each.wording})
        await draft_goal(draft, tx)
    except Refusal as refusal:
        problems.append(_problem(each, refusal, named=owner_id is not None))
        return _imported(each, "refused", None)
    return _imported(each, "drafted", goal_id)


def _imported(each: WordedGoal, status: ImportStatus, goal_id: GoalId | None) -> ImportedGoal:
    return ImportedGoal(import_id=each.import_id, line=each.line, status=status, goal_id=goal_id)


def _problem(each: WordedGoal, refusal: Refusal, *, named: bool) -> Problem:
    column, mend = MEND.get(refusal.rule, (None, "See the reason.")) if named else MEND["not-found"]
    if refusal.rule == "invalid" and named and "due_on" not in refusal.facts:
        column, mend = "key_result_id", "Give each its own, or none."
    return Problem(line=each.line, column=column, severity="error", reason=refusal.detail, mend=mend)


def imported_id(sender: str, import_id: str) -> GoalId:
    """The same for what the same sender gives the same key."""
    return GoalId(derive("goal", f"{len(sender)}:{sender}", import_id))


@router.post(
    "/goal-imports",
    response_model=GoalImportView,
    summary="Draft the goals of a CSV file",
    responses=refusals(FileNotCsv, UnusableFile, RowsRefused),
    openapi_extra=CSV_BODY,
)
async def post_goal_import(
    request: Request,
    run: Run,
    *,
    dry_run: Annotated[bool, Query(description="Only say what would happen.")] = False,
    all_or_none: Annotated[bool, Query(description="Draft nothing unless all can be drafted.")] = False,
) -> Response:
    """Take a file of up to 2,000 rows and 500 goals, within the limit of bodies (1 MiB unless set otherwise).

    The first row names the columns; GET /goal-imports/sample.csv is a file with all of them.  A row is a key
    result.  Rows with the same `import_id`, the key that you give a goal, make one goal; a row without one
    belongs to the row above.  The goal's own columns stand in the first of its rows and may be repeated:
    `title`, `owner_id` (left out, you), `description`, `relevance`, `kind`, `level`, `category`,
    `perspective`, `tags` (separated by commas), `visibility`, `period_id`, `parent_id`, `weight`,
    `starts_on`, `due_on`.  Those of the key result are `key_result`, its title, `key_result_id`, `type`,
    `unit_kind`, `unit`, `start`, `target`, `commit`, `stretch` and `key_result_weight`; a goal without any
    has one row that leaves them empty.  What each may say is what POST /goals takes; links and milestones
    have no columns.

    UTF-8, with or without a byte order mark; separated by commas, semicolons, tabs or bars.  Days are written
    as 2026-11-22.  A decimal comma is read where semicolons separate, and refused elsewhere.

    Each goal is drafted as if it were sent alone, with your rights.  Sent again, a key is known and its goal
    stays as it is, whatever the row says by then.  What is wrong is told by line and column.
    """
    content = await csv_body(request)
    plan = await asyncio.to_thread(plan_goals, content)
    command = _command(
        plan, run.caller.subject, run.caller.person_id, dry_run=dry_run, all_or_none=all_or_none
    )
    try:
        return await run(import_goals, command, key=f"import {command.sender}", reply=lambda report: report)
    except NothingKept as nothing:
        if not command.dry_run:
            raise _refused(nothing.report) from nothing
        return Response(nothing.report.model_dump_json(), media_type="application/json")


@router.get(
    "/goal-imports/sample.csv",
    response_class=CsvResponse,
    response_model=None,
    summary="Read a sample of a file of goals",
)
async def get_sample(view: View) -> Response:
    """Two goals, with all columns that a file may have."""
    del view
    return CsvResponse(sample(), headers={"Content-Disposition": 'attachment; filename="goals-sample.csv"'})


def _command(
    plan: ImportPlan, sender: str, me: str | None, *, dry_run: bool, all_or_none: bool
) -> ImportGoals:
    fatal = plan.unusable
    if fatal is not None:
        told = [problem.model_dump() for problem in plan.problems]
        raise UnusableFile(f"Line {fatal.line}: {fatal.reason} {fatal.mend}", problems=told)
    return ImportGoals(
        sender=sender,
        me=me,
        goals=plan.goals,
        rows=plan.rows,
        unread=plan.refused,
        problems=plan.problems,
        dry_run=dry_run,
        all_or_none=all_or_none,
    )


def _refused(report: GoalImportView) -> RowsRefused:
    told = [problem.model_dump() for problem in report.problems]
    return RowsRefused(
        "Not all goals can be drafted, so none was; mend what `problems` tells.", problems=told
    )
