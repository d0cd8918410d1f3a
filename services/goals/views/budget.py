"""What a goal takes, planned and so far: its own initiatives, and those of what serves it.

Of what serves it only goals that the caller may read are added up.  What somebody dropped is planned
no more, and what it has taken stays taken; what ended with its goal was planned for it and stays so.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel

from services.goals.domain.goal import Goal
from services.goals.domain.initiative import Initiative
from services.goals.initiative_store import INITIATIVES
from services.goals.store import GOALS
from shared.http import View, Viewer
from shared.ids import GoalId
from shared.money import Currency, Total, in_currency
from shared.store import from_document

router = APIRouter(tags=["initiatives"])
MOST: Final = 2000
"""Goals below of one answer."""


class CostView(BaseModel):
    """Money of one currency."""

    currency: Currency
    planned: Total
    actual: Total


class BudgetShare(BaseModel):
    """What some initiatives take: effort in person-days, cost by currency, in the order of the codes."""

    initiatives: int
    planned_effort_days: Total
    actual_effort_days: Total
    costs: list[CostView]


class BudgetView(BaseModel):
    """What a goal takes itself, and what all below it that the caller may read do.

    `goals_below` is how many these are; `complete` is false where there are more than are added up at once:
    ask for the budgets of those then.
    """

    goal_id: GoalId
    own: BudgetShare
    below: BudgetShare
    goals_below: int
    complete: bool


@router.get("/goals/{goal_id}/budget", summary="Read what a goal takes")
async def get_budget(goal_id: GoalId, view: View) -> BudgetView:
    """Effort and cost, planned and so far, of its initiatives and of those of what serves it."""
    await view.one(Goal, GOALS, goal_id)
    below = await _readable_below(goal_id, view, limit=MOST + 1)
    return BudgetView(
        goal_id=goal_id,
        own=taken([each async for each in _initiatives([goal_id], view)]),
        below=taken([each async for each in _initiatives(below[:MOST], view)]),
        goals_below=min(len(below), MOST),
        complete=len(below) <= MOST,
    )


def taken(initiatives: Iterable[Initiative]) -> BudgetShare:
    """What they take together."""
    count, effort = 0, [Decimal(0), Decimal(0)]
    costs: defaultdict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for each in initiatives:
        count += 1
        planned = each.status != "dropped" or each.closed_by is None
        effort[0] += each.planned_effort_days or 0 if planned else 0
        effort[1] += each.actual_effort_days or 0
        if each.currency is not None:
            costs[each.currency][0] += each.planned_cost or 0 if planned else 0
            costs[each.currency][1] += each.actual_cost or 0
    return BudgetShare(
        initiatives=count,
        planned_effort_days=effort[0],
        actual_effort_days=effort[1],
        costs=[
            CostView(currency=code, planned=in_currency(planned, code), actual=in_currency(actual, code))
            for code, (planned, actual) in sorted(costs.items())
        ],
    )


async def _readable_below(goal_id: GoalId, view: Viewer, *, limit: int) -> Sequence[GoalId]:
    """The goals below that the caller may read, by way of such, level by level."""
    seen, found, parents = await view.filter(), dict[GoalId, None](), [goal_id]
    while parents and len(found) < limit:
        wanted: dict[str, Any] = {"$and": [seen, {"parent_id": {"$in": parents}}]}
        level = view.db[GOALS].find(wanted, {"_id": 1}).limit(limit - len(found))
        parents = [doc["_id"] for doc in await level.to_list(None) if doc["_id"] not in found]
        found |= dict.fromkeys(parents)
    return list(found)


async def _initiatives(goal_ids: Sequence[GoalId], view: Viewer) -> AsyncIterator[Initiative]:
    async for doc in view.db[INITIATIVES].find({"goal_id": {"$in": [*goal_ids]}}):
        yield from_document(Initiative, doc)
