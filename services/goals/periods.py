"""What the period of a goal allows, asked by every use case that changes the goal."""

from typing import Final

from services.goals.domain.goal import Goal
from services.goals.domain.period import (
    Deed,
    NoSuchPeriod,
    OutsidePeriod,
    Period,
    PeriodClosed,
    PeriodClosing,
)
from services.goals.store import PeriodStore
from shared.ids import PeriodId
from shared.work import Transaction

OF_PERIODS: Final = (PeriodClosed, PeriodClosing, OutsidePeriod, NoSuchPeriod)
"""Why a period refuses."""


async def period_named(period_id: PeriodId, tx: Transaction) -> Period:
    """The period; raises `NoSuchPeriod`."""
    period = await PeriodStore(tx).find(period_id)
    if period is None:
        raise NoSuchPeriod("There is no period with this id; see GET /periods.", period_id=period_id)
    return period


async def require_period(goal: Goal, deed: Deed, tx: Transaction) -> None:
    """Refuse what the goal's period, if it has one, does not allow, and to plan for a day outside of it."""
    if goal.period_id is None:
        return
    period = await period_named(goal.period_id, tx)
    period.require(deed)
    if deed == "plan":
        period.require_within(goal.due_on)


async def require_within(goal: Goal, tx: Transaction) -> None:
    """Refuse a due date outside of the goal's period, if it has one."""
    if goal.period_id is not None:
        (await period_named(goal.period_id, tx)).require_within(goal.due_on)
