"""What it takes to plan: what was learned, what is unfinished, what there is to serve, what is planned."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.goals.domain.period import Period
from services.goals.store import GOALS, PERIODS
from services.goals.views.goal_view import GoalView, goal_view
from services.goals.views.grades import NEWEST, Lesson, lesson
from services.goals.views.judgements import for_reader
from services.goals.views.periods import PeriodView
from shared import mongo
from shared.directory import Directory, Stored
from shared.http import View
from shared.http.viewing import Viewer
from shared.ids import PeriodId, PersonId

router = APIRouter(tags=["goals"])
MOST: Final = 20
InPeriod = Annotated[PeriodId, Query(description="The period that is planned.")]


class Planning(BaseModel):
    """For the plan of one person in one period, as far as the caller may read it: at most 20 of each.

    `planned` are their goals of the period and `weight_planned` what these weigh, out of 100.  `unfinished`
    were agreed and are due before the period begins: carry them over, or close them.  `to_serve` are the
    organisation's goals that run in that time, then those of who leads them: what is agreed, and what is
    proposed, since a line plans at the same time.  `lessons` are of their own goals, the newest first.
    """

    owner_id: PersonId
    period: PeriodView
    planned: list[GoalView]
    weight_planned: float
    unfinished: list[GoalView]
    to_serve: list[GoalView]
    lessons: list[Lesson]


@router.get("/planning/{owner_id}", summary="Read what it takes to plan")
async def get_planning(owner_id: PersonId, period_id: InPeriod, view: View) -> Planning:
    """Before goals of a period are drafted: what was learned, what goes on, what the line wants to reach."""
    period = await view.one(Period, PERIODS, period_id, action="read_period")
    directory = Directory(Stored(view.db))
    await directory.require(owner_id)
    seen, begins = await view.filter(), period.starts_on.isoformat()
    in_force = {
        "status": {"$in": ["agreed", "proposed"]},
        "due_on": {"$gte": begins},
        "starts_on": {"$lte": period.ends_on.isoformat()},
    }
    leaders = [each for each in await directory.line_of(owner_id) if each != owner_id]
    own = {"owner_id": owner_id, "period_id": period_id, "status": {"$ne": "closed"}}
    planned = await _goals(view, seen, own)
    return Planning(
        owner_id=owner_id,
        period=PeriodView.of(period),
        planned=planned,
        weight_planned=await _weight(view, seen, own),
        unfinished=await _goals(
            view, seen, {"owner_id": owner_id, "status": "agreed", "due_on": {"$lt": begins}}
        ),
        to_serve=[
            *await _goals(view, seen, {**in_force, "level": "organisation"}),
            *await _goals(
                view, seen, {**in_force, "owner_id": {"$in": leaders}, "level": {"$ne": "organisation"}}
            ),
        ],
        lessons=await _lessons(view, seen, owner_id),
    )


async def _goals(view: Viewer, seen: Mapping[str, Any], which: Mapping[str, Any]) -> list[GoalView]:
    rows = view.db[GOALS].find({"$and": [seen, which]}).sort([("due_on", 1), ("_id", 1)]).limit(MOST)
    return await for_reader([goal_view(doc) for doc in await rows.to_list(None)], view)


async def _weight(view: Viewer, seen: Mapping[str, Any], which: Mapping[str, Any]) -> float:
    """Of all of them, also of those that are not listed."""
    asked: list[dict[str, Any]] = [
        {"$match": {"$and": [seen, which]}},
        {"$group": {"_id": None, "weight": {"$sum": "$weight"}}},
    ]
    found = await mongo.aggregate(view.db[GOALS], asked)
    return float(found[0]["weight"]) if found else 0.0


async def _lessons(view: Viewer, seen: Mapping[str, Any], owner_id: PersonId) -> list[Lesson]:
    told = {"owner_id": owner_id, "retrospective": {"$type": "object"}}
    rows = view.db[GOALS].find({"$and": [seen, told]}).sort(NEWEST.keys).limit(MOST)
    docs = await rows.to_list(None)
    view.shown(GOALS, *docs)
    return [lesson(doc) for doc in docs]
