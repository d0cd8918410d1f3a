"""Correct a planning period, or reopen one that was closed too early.

When    HR asks (PATCH /periods/{period_id}, POST /periods/{period_id}/reopening)
May     open_period: HR admin                     (access.py)
Rule    Period.correct, Period.reopen; its goals stay within its dates
Emits   goals.PeriodCorrected, goals.PeriodTurned if it is in another stage by that
"""

from datetime import date

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from services.goals.domain.period import (
    GoalsOutside,
    Period,
    PeriodClosed,
    PeriodCorrection,
    PeriodExists,
    PeriodNotClosed,
    PeriodReason,
)
from services.goals.domain.wording import LATEST
from services.goals.store import GoalStore, PeriodStore
from services.goals.usecases.run_period import require_new, wake
from services.goals.views import PeriodView
from shared.contracts.base import Frozen
from shared.directory import named_caller
from shared.errors import Invalid
from shared.http import Run
from shared.ids import PeriodId
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["periods"])


class NewPeriodCorrection(PeriodCorrection):
    """What is to be said of the period, and why."""

    reason: PeriodReason = Field(min_length=1)


class CorrectPeriod(Frozen):
    """What is to be said of which period, and why."""

    period_id: PeriodId
    correction: PeriodCorrection
    reason: str


class Reopening(BaseModel):
    """The last day of its new time of grace, and why."""

    closes_on: date = Field(le=LATEST)
    reason: PeriodReason = Field(min_length=1)


class ReopenPeriod(Frozen):
    """Which period is followed again until when, and why."""

    period_id: PeriodId
    closes_on: date
    reason: str


async def correct_period(command: CorrectPeriod, tx: Transaction) -> Period:
    """The period as it is now."""
    before = await PeriodStore(tx).get(command.period_id)
    await tx.require("open_period", before)
    by = await named_caller(tx)
    period, events = before.correct(command.correction, by=by, reason=command.reason, at=tx.now)
    if events:
        await require_new(period, tx)
        await _require_goals_within(period, tx)
        period = PeriodStore(tx).save(period)
        tx.publish(*events)
        wake(period, tx)
    return period


async def reopen_period(command: ReopenPeriod, tx: Transaction) -> Period:
    """The period that goes on."""
    period = await PeriodStore(tx).get(command.period_id)
    await tx.require("open_period", period)
    by = await named_caller(tx)
    period, turned = period.reopen(command.closes_on, by=by, reason=command.reason, at=tx.now)
    period = PeriodStore(tx).save(period)
    tx.publish(turned)
    wake(period, tx)
    return period


async def _require_goals_within(period: Period, tx: Transaction) -> None:
    outside = await GoalStore(tx).outside(period)
    if outside is not None and outside.visibility == "private":
        raise GoalsOutside(
            f"The period has goals that are due outside of {period.starts_on} to {period.ends_on}, which only"
            " their owners and these owners' managers may read; ask for their due dates to be changed first."
        )
    if outside is not None:
        raise GoalsOutside(
            f"The period has goals that are due outside of {period.starts_on} to {period.ends_on}, such as on"
            f" {outside.due_on}; change their due dates first.",
            due_on=outside.due_on,
        )


@router.patch(
    "/periods/{period_id}",
    response_model=PeriodView,
    summary="Correct a period",
    responses=refusals(PeriodClosed, PeriodExists, GoalsOutside, Invalid),
)
async def patch_period(period_id: PeriodId, said: NewPeriodCorrection, run: Run) -> Response:
    """Write its name, dates, grace or cadence anew, with a reason; what is left out stays."""
    empty = sorted(name for name in said.model_fields_set if getattr(said, name) is None)
    if empty:
        raise Invalid(f"{empty[0]} cannot be emptied; leave it out to keep it as it is.", fields=empty)
    correction = PeriodCorrection(**said.model_dump(exclude={"reason"}))
    command = CorrectPeriod(period_id=period_id, correction=correction, reason=said.reason)
    return await run(
        correct_period, command, key=period_id, reply=PeriodView.of, match=("periods", period_id)
    )


@router.post(
    "/periods/{period_id}/reopening",
    response_model=PeriodView,
    summary="Reopen a closed period",
    responses=refusals(PeriodNotClosed, Invalid),
)
async def post_reopening(period_id: PeriodId, said: Reopening, run: Run) -> Response:
    """Have its goals followed, graded and carried over again through a day, with a reason."""
    command = ReopenPeriod(period_id=period_id, closes_on=said.closes_on, reason=said.reason)
    return await run(reopen_period, command, key=period_id, reply=PeriodView.of, match=("periods", period_id))
