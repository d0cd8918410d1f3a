"""Report how far an initiative is and what it has taken so far.

When    who does it, or the goal's owner or manager, says so
        (POST /goals/{goal_id}/initiatives/{initiative_id}/reports)
May     report_on_initiative: owner, self and manager of the goal   (access.py)
Rule    Initiative.report; the goal's period is not closed.  The goal may be: the last invoice comes later
Emits   goals.InitiativeProgressed

A correction is another report: each is kept, with who made it and when.
"""

from fastapi import APIRouter, Response

from services.goals.domain.initiative import CurrencySettled, InitiativeEnded, InitiativeReport, Progress
from services.goals.initiative_store import INITIATIVES, InitiativeReportStore, InitiativeStore
from services.goals.periods import OF_PERIODS, require_period
from services.goals.usecases.plan_initiative import PATH, initiative_and_goal
from services.goals.views import InitiativeReportView
from shared.http import Run
from shared.ids import GoalId, InitiativeId, mint
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["initiatives"])


class ReportOnInitiative(Progress):
    """What is said of which initiative; `report_id` is new."""

    goal_id: GoalId
    initiative_id: InitiativeId
    report_id: str


async def report_on_initiative(command: ReportOnInitiative, tx: Transaction) -> InitiativeReport:
    """The report; the initiative is as it says."""
    before, goal = await initiative_and_goal(command.goal_id, command.initiative_id, tx)
    await tx.require("report_on_initiative", before)
    await require_period(goal, "follow", tx)
    initiative, progressed = before.report(command, by=tx.person_id)
    InitiativeStore(tx).save(initiative)
    tx.publish(progressed, initiative.state())
    report = InitiativeReport(
        report_id=command.report_id,
        initiative_id=command.initiative_id,
        by_person_id=tx.person_id,
        at=tx.now,
        status=initiative.status,
        share_done=command.share_done,
        effort_days=command.effort_days,
        cost=command.cost if command.cost is None else initiative.actual_cost,
        currency=initiative.currency,
        note=command.note,
    )
    return InitiativeReportStore(tx).save(report)


@router.post(
    f"{PATH}/{{initiative_id}}/reports",
    status_code=201,
    response_model=InitiativeReportView,
    summary="Report on an initiative",
    responses=refusals(*OF_PERIODS, InitiativeEnded, CurrencySettled),
)
async def post_report(goal_id: GoalId, initiative_id: InitiativeId, said: Progress, run: Run) -> Response:
    """Say how much is done and what it took so far, in all; a correction is a new report.

    What it took may be reported after it or its goal has ended too.  If-Match speaks of the initiative.
    """
    command = ReportOnInitiative(
        goal_id=goal_id, initiative_id=initiative_id, report_id=mint("report"), **dict(said)
    )
    return await run(
        report_on_initiative,
        command,
        key=goal_id,
        reply=InitiativeReportView.of,
        status=201,
        match=(INITIATIVES, initiative_id),
    )
