"""Open a planning period, let it close in its time, or close it before.

When    HR asks (POST /periods, POST /periods/{period_id}/closure); its last day has ended, or its time
        of grace (a leased worker)
May     open_period: HR admin                     (access.py)
Rule    Period.open, Period.turn, Period.close; no two of the same name and dates
Emits   goals.PeriodOpened, goals.PeriodTurned for each step, late ones too

What is corrected or reopened: correct_period.py.
"""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.goals.domain.period import Period, PeriodClosed, PeriodExists, PeriodReason, PeriodWording
from services.goals.domain.wording import ReasonMissing
from services.goals.store import PERIOD_TURNS, PeriodStore, hold_periods
from services.goals.views import PeriodView
from shared.contracts.base import Frozen
from shared.directory import named_caller
from shared.due import Due, call, rest
from shared.http import Run
from shared.ids import PeriodId, mint
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["periods"])


class OpenPeriod(Frozen):
    """A period to plan in; `period_id` is new."""

    period_id: PeriodId
    wording: PeriodWording


class PeriodClosure(BaseModel):
    """Why it is closed; needed before its last day has ended."""

    reason: PeriodReason = ""


class ClosePeriod(Frozen):
    """Which period ends now, and why."""

    period_id: PeriodId
    reason: str = ""


async def open_period(command: OpenPeriod, tx: Transaction) -> Period:
    """The new period."""
    period, opened = Period.open(command.wording, period_id=command.period_id)
    await tx.require("open_period", period)
    await require_new(period, tx)
    period = PeriodStore(tx).save(period)
    tx.publish(opened)
    wake(period, tx)
    return period


async def close_period(command: ClosePeriod, tx: Transaction) -> Period:
    """The closed period."""
    period = await PeriodStore(tx).get(command.period_id)
    await tx.require("open_period", period)
    period, turned = period.close(by=await named_caller(tx), reason=command.reason, at=tx.now)
    period = PeriodStore(tx).save(period)
    tx.publish(turned)
    wake(period, tx)
    return period


async def require_new(period: Period, tx: Transaction) -> None:
    """Refuse a period that would be taken for another one."""
    hold_periods(tx)
    for other in await PeriodStore(tx).with_dates(period.starts_on, period.ends_on):
        if other.period_id != period.period_id and other.is_like(period):
            raise PeriodExists(
                f"There is a period “{other.name}” with these dates already;"
                " use it, or name this one otherwise.",
                period_id=other.period_id,
            )


async def turn_period(due: Due, tx: Transaction) -> None:
    """Let it be what it is by now."""
    found = await PeriodStore(tx).find(due.id)
    if found is None:
        rest(tx, PERIOD_TURNS, due.id)
        return
    period, turned = found.turn(at=tx.now)
    if turned:
        period = PeriodStore(tx).save(period)
        tx.publish(*turned)
    wake(period, tx)


def wake(period: Period, tx: Transaction) -> None:
    """Have the clock look at it when there is something to do."""
    next_turn = period.next_turn()
    if next_turn is None:
        rest(tx, PERIOD_TURNS, period.period_id)
    else:
        call(tx, PERIOD_TURNS, period.period_id, at=next_turn)


@router.post(
    "/periods",
    status_code=201,
    response_model=PeriodView,
    summary="Open a period",
    responses=refusals(PeriodExists),
)
async def post_period(wording: PeriodWording, run: Run) -> Response:
    """A quarter, half-year, year or another period in which goals are planned."""
    command = OpenPeriod(period_id=PeriodId(mint("period")), wording=wording)
    return await run(
        open_period,
        command,
        key=command.period_id,
        reply=PeriodView.of,
        status=201,
        location=lambda period: f"/periods/{period.period_id}",
    )


@router.post(
    "/periods/{period_id}/closure",
    response_model=PeriodView,
    summary="Close a period",
    responses=refusals(PeriodClosed, ReasonMissing),
)
async def post_closure(period_id: PeriodId, run: Run, closure: PeriodClosure | None = None) -> Response:
    """End it now, with a reason if its last day is still to come; its goals are only read from here on."""
    command = ClosePeriod(period_id=period_id, reason=closure.reason if closure else "")
    return await run(close_period, command, key=period_id, reply=PeriodView.of, match=("periods", period_id))
