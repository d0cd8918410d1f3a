"""Draft the goals of a CSV file.

When    somebody sends one (POST /goal-imports)
May     draft, plan_initiative: self, manager, HR admin; set_for_organisation   (access.py)
Rule    plan_goals, new_goal for each goal and Initiative.plan for what is done for it; each once by the key
        that its importer gave it, and what is served before what serves it
Emits   goals.GoalDrafted, goals.InitiativePlanned
Then    reviews.gather_evidence, notifications.announce

What is wrong with a row is told with its line and column, and keeps its goal out and what serves that,
and no other, unless all or none are wanted.  A dry run goes the same way, and nothing of it is kept.
"""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.goals.domain.csv_import import (
    ImportPlan,
    WordedGoal,
    WordedInitiative,
    parents_first,
    plan_goals,
    problem_of,
    sample,
)
from services.goals.domain.goal import Goal
from services.goals.domain.initiative import Initiative, InitiativePlan
from services.goals.initiative_store import InitiativeStore
from services.goals.store import GOALS, GoalStore
from services.goals.usecases.draft_goal import DraftGoal, keep_draft, new_goal
from services.goals.usecases.plan_initiative import take_on
from services.goals.views.imports import GoalImportView, ImportedGoal, ImportStatus
from shared.contracts.base import Frozen
from shared.contracts.goals_initiatives import InitiativePlanned
from shared.csv_files import Problem
from shared.directory import PEOPLE
from shared.errors import Invalid, Refusal
from shared.http import Run, View
from shared.http.files import CSV_BODY, CsvResponse, FileNotCsv, csv_body
from shared.ids import GoalId, InitiativeId, PersonId, derive
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goal imports"])


class UnusableFile(Invalid):
    """Nothing of the file can be used; `problems` tells why and how to mend it."""


class RowsRefused(Invalid):
    """All or none of the goals were wanted, and not all can be drafted; `problems` tells why."""


class NoOwner(Invalid):
    """A goal is somebody's."""


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
    await _read_ahead(command, tx)
    problems = list(command.problems)
    became = {
        each.import_id: await _one(each, command, problems, tx) for each in parents_first(command.goals)
    }
    results = [became[each.import_id] for each in command.goals]
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


async def _read_ahead(command: ImportGoals, tx: Transaction) -> None:
    """All people and goals that are asked about, at once."""
    people = {each.owner_id or command.me for each in command.goals}
    people |= {done.owner_id for each in command.goals for done in each.initiatives}
    served = {_parent_of(each, command.sender) for each in command.goals}
    ids = {imported_id(command.sender, each.import_id) for each in command.goals}
    await tx.peek_many(PEOPLE, people - {None})
    await tx.peek_many(GOALS, {*ids, *filter(None, served)})


def _parent_of(each: WordedGoal, sender: str) -> GoalId | None:
    key = each.parent_import_id
    return each.wording.parent_id if key is None else imported_id(sender, key)


async def _one(
    each: WordedGoal, command: ImportGoals, problems: list[Problem], tx: Transaction
) -> ImportedGoal:
    goal_id = imported_id(command.sender, each.import_id)
    if await GoalStore(tx).find(goal_id) is not None:
        return _imported(each, "known", goal_id)
    try:
        goal, drafted = await new_goal(_draft(each, goal_id, command), tx)
    except Refusal as refusal:
        problems.append(problem_of(refusal, each, line=each.line, of="goal"))
        return _imported(each, "refused", None)
    planned: list[tuple[Initiative, InitiativePlanned]] = []
    for line, done in zip(each.initiative_lines, each.initiatives, strict=True):
        try:
            planned.append(await _initiative(done, len(planned), goal, tx))
        except Refusal as refusal:
            problems.append(problem_of(refusal, each, line=line, of="initiative"))
            return _imported(each, "refused", None)
    keep_draft(goal, drafted, tx)
    for initiative, told in planned:
        new = InitiativeStore(tx).save(initiative)
        tx.publish(told, new.state())
    return _imported(each, "drafted", goal_id)


def _draft(each: WordedGoal, goal_id: GoalId, command: ImportGoals) -> DraftGoal:
    owner_id = each.owner_id or command.me
    if owner_id is None:
        raise NoOwner("You are no person, and the row names no owner.")
    parent_id = _parent_of(each, command.sender)
    return DraftGoal(
        goal_id=goal_id,
        owner_id=PersonId(owner_id),
        wording=each.wording.model_copy(update={"parent_id": parent_id}),
        contribution=each.contribution,
    )


async def _initiative(
    done: WordedInitiative, place: int, goal: Goal, tx: Transaction
) -> tuple[Initiative, InitiativePlanned]:
    """What is done for a goal that is new too."""
    await tx.require("plan_initiative", goal)
    plan = InitiativePlan.model_validate({**dict(done), "owner_id": done.owner_id or goal.owner_id})
    await take_on(plan.owner_id, tx)
    initiative_id = InitiativeId(derive("initiative", goal.goal_id, str(place)))
    return Initiative.plan(plan, goal, initiative_id=initiative_id, by=tx.person_id)


def _imported(each: WordedGoal, status: ImportStatus, goal_id: GoalId | None) -> ImportedGoal:
    return ImportedGoal(import_id=each.import_id, line=each.line, status=status, goal_id=goal_id)


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

    The first row names the columns; GET /goal-imports/sample.csv is a file with all of them, docs/goals.md
    tells what each says.  A row is a key result; it may hold a milestone, a link and an initiative too, and
    more of these stand in rows of their own.  Rows with the same `import_id`, the key that you give a goal,
    make one goal; a row without one belongs to the row above.  The goal's own columns stand in the first of
    its rows and may be repeated.  What each may say is what POST /goals and POST /goals/{goal_id}/initiatives
    take.  `parent_import_id` names what the goal serves by its key, in this file or one that you sent before.
    GET /goals/export?form=plan gives such a file.

    UTF-8, with or without a byte order mark; separated by commas, semicolons, tabs or bars.  Days are written
    as 2026-11-22.  A decimal comma is read where semicolons separate, and refused elsewhere.

    Each goal is drafted as if it were sent alone, with your rights: one with an initiative that you may not
    plan is kept out.  Sent again, a key is known and its goal
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
    """Three goals, with all columns that a file may have."""
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
