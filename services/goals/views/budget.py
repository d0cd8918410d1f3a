"""What a goal takes, planned and so far: its own initiatives, and those of what serves it.

Of what serves it only goals that the caller may read are added up.  What somebody dropped is planned
no more, and what it has taken stays taken; what ended with its goal was planned for it and stays so.
The database adds up: there may be hundreds of thousands of initiatives.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel

from services.goals.domain.goal import Goal
from services.goals.initiative_store import INITIATIVES
from services.goals.store import GOALS
from services.goals.views.below import readable_below
from shared import mongo
from shared.http import View, Viewer
from shared.ids import GoalId
from shared.money import Currency, Total, in_currency

router = APIRouter(tags=["initiatives"])
_PLANNED: Final = {"$or": [{"$ne": ["$status", "dropped"]}, {"$eq": ["$closed_by", None]}]}


def _sum(field: str, *, planned: bool) -> mongo.Doc:
    """Amounts are kept as text and added up as exact decimals; what is not known adds nothing."""
    amount = {"$toDecimal": f"${field}"}
    return {"$sum": {"$cond": [_PLANNED, amount, 0]} if planned else amount}


_TAKEN: Final = {
    "$group": {
        "_id": "$currency",
        "initiatives": {"$sum": 1},
        "planned_effort": _sum("planned_effort_days", planned=True),
        "actual_effort": _sum("actual_effort_days", planned=False),
        "planned_cost": _sum("planned_cost", planned=True),
        "actual_cost": _sum("actual_cost", planned=False),
    }
}


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
    below = await readable_below(goal_id, view)
    return BudgetView(
        goal_id=goal_id,
        own=await _taken([goal_id], view),
        below=await _taken([goal["_id"] for goal in below.goals], view),
        goals_below=len(below.goals),
        complete=below.complete,
    )


async def _taken(goal_ids: Sequence[GoalId], view: Viewer) -> BudgetShare:
    """What the initiatives of some goals take together."""
    wanted = {"$match": {"goal_id": {"$in": [*goal_ids]}}}
    found = await mongo.aggregate(view.db[INITIATIVES], [wanted, _TAKEN])
    costs = sorted((each for each in found if each["_id"] is not None), key=lambda each: each["_id"])
    return BudgetShare(
        initiatives=sum(each["initiatives"] for each in found),
        planned_effort_days=sum((_exact(each["planned_effort"]) for each in found), Decimal(0)),
        actual_effort_days=sum((_exact(each["actual_effort"]) for each in found), Decimal(0)),
        costs=[
            CostView(
                currency=each["_id"],
                planned=in_currency(_exact(each["planned_cost"]), each["_id"]),
                actual=in_currency(_exact(each["actual_cost"]), each["_id"]),
            )
            for each in costs
        ],
    )


def _exact(total: Any) -> Decimal:
    """A sum as the database tells it, which is 0 of nothing."""
    return Decimal(str(total))
