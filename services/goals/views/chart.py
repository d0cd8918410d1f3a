"""The chart of a goal: what was measured, what was expected by when, and where it is heading.

Drawn for readers of /goals/{goal_id} and from what they may read there; the forecast is the last
look's.  A chart reads the newest 20,000 measurements, shows the last of each day, and says where there are
more than it draws.  It is drawn beside the event loop, which answers others meanwhile.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from services.goals.domain.course import (
    Measured,
    expected_course,
    expected_values,
    progress_ahead,
    progress_course,
    value_ahead,
    value_course,
)
from services.goals.domain.goal import Goal
from services.goals.domain.key_result import MARKS, KeyResult
from services.goals.domain.outlook import Outlook
from services.goals.history_store import MEASUREMENTS
from services.goals.store import GOALS, OUTLOOKS
from services.goals.views.chart_drawing import NEWEST, Level, Lines, draw_chart
from shared import mongo
from shared.directory import Directory, Stored
from shared.http import View, Viewer
from shared.ids import GoalId, KeyResultId
from shared.pictures import SvgResponse
from shared.store import from_document

router = APIRouter(tags=["pictures"])


@router.get(
    "/goals/{goal_id}/chart.svg",
    response_class=SvgResponse,
    response_model=None,
    summary="Draw how a goal has come along",
)
async def get_chart(
    goal_id: GoalId,
    view: View,
    key_result_id: Annotated[
        KeyResultId | None, Query(description="This key result's values, instead of the goal's progress.")
    ] = None,
) -> Response:
    """Progress from start to due date as SVG: measured, expected by its pace, forecast with its range.

    With `key_result_id` the values of that key result in its unit.  The forecast's range is one of 80 %;
    for a goal of several key results it is wider, since they need not all miss at once.
    """
    goal = await view.one(Goal, GOALS, goal_id)
    part = None if key_result_id is None else goal.part(key_result_id)
    measured, cut = await _measured(goal, view)
    doc = await view.db[OUTLOOKS].find_one({"_id": goal_id}) if goal.status == "agreed" else None
    outlook = from_document(Outlook, doc) if doc else None
    today = await _today(goal, view)

    def drawn() -> str:
        lines = _of_goal(goal, measured, outlook) if part is None else _of_part(part, goal, measured, outlook)
        return draw_chart(goal, replace(lines, cut=cut), today=today)

    return SvgResponse(await asyncio.to_thread(drawn))


async def _measured(goal: Goal, view: Viewer) -> tuple[list[Measured], bool]:
    """The last value of each key result on each day, of the newest, and whether there are older ones.

    What was corrected counts no more, and of several that held at one time the one that was reported last
    does: documents are ordered by their fields in turn.
    """
    day: dict[str, Any] = {"$dateTrunc": {"date": "$measured_at", "unit": "day"}}
    docs = await mongo.aggregate(
        view.db[MEASUREMENTS],
        [
            {"$match": {"goal_id": goal.goal_id, "correction": None}},
            {"$sort": {"measured_at": -1, "_id": -1}},
            {"$limit": NEWEST + 1},
            {
                "$group": {
                    "_id": {"part": "$key_result_id", "day": day},
                    "last": {
                        "$max": {
                            "at": "$measured_at",
                            "known_at": {"$ifNull": ["$taken_at", "$measured_at"]},
                            "value": "$value",
                            "reached": {"$ifNull": ["$reached", []]},
                        }
                    },
                    "count": {"$sum": 1},
                }
            },
        ],
    )
    parts = {part.key_result_id: part for part in goal.key_results}
    read = [
        Measured(part.key_result_id, last["at"].astimezone(UTC), part.counted(last["value"], last["reached"]))
        for doc, last in ((doc, doc["last"]) for doc in docs)
        if (part := parts.get(doc["_id"]["part"])) is not None
    ]
    return read, sum(doc["count"] for doc in docs) > NEWEST


async def _today(goal: Goal, view: Viewer) -> date:
    """The day where the owner lives."""
    return view.now.astimezone(await Directory(Stored(view.db)).zone_of(goal.owner_id)).date()


def _of_goal(goal: Goal, measured: Sequence[Measured], outlook: Outlook | None) -> Lines:
    return Lines(
        title=goal.title,
        unit=None,
        measured=progress_course(goal, measured),
        expected=expected_course(goal),
        ahead=progress_ahead(goal, outlook) if outlook else None,
    )


def _of_part(part: KeyResult, goal: Goal, measured: Sequence[Measured], outlook: Outlook | None) -> Lines:
    return Lines(
        title=part.title,
        unit=part.unit if part.unit != "number" else "",
        measured=value_course(part, measured, starts_on=goal.starts_on),
        expected=expected_values(part, starts_on=goal.starts_on, due_on=goal.due_on),
        ahead=value_ahead(part, outlook) if outlook else None,
        unit_kind=part.unit_kind,
        to_reach=_to_reach(part),
    )


def _to_reach(part: KeyResult) -> Sequence[Level]:
    """Commit, target and stretch, as far as there are such; none of a yes or no, and of a baseline."""
    if part.unit_kind == "yes_no" or not part.direction:
        return ()
    values = [part.commit, part.target, part.stretch]
    rank = -1 if part.mark is None else MARKS.index(part.mark)
    return [
        Level(name, value, place <= rank)
        for place, (name, value) in enumerate(zip(MARKS, values, strict=True))
        if value is not None
    ]


__all__ = ["router"]
