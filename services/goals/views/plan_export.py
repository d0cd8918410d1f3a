"""Goals as a file that POST /goal-imports takes as it is: what is planned of them, not how they stand.

Held in memory and written beside the event loop: it is no larger than what an import takes at once.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Final

from fastapi import Response

from services.goals.domain.csv_import import MOST_GOALS, MOST_ROWS, Written, write_goals
from services.goals.domain.goal import Goal
from services.goals.domain.initiative import Initiative
from services.goals.initiative_store import INITIATIVES
from services.goals.store import GOALS
from services.goals.views.judgements import readable
from shared.errors import Invalid
from shared.http import Viewer
from shared.http.files import CsvResponse
from shared.ids import GoalId
from shared.mongo import Doc
from shared.store import from_document

LARGEST: Final = 1_048_576
"""Bytes that an import takes unless its service is set otherwise."""
_PLANNED: Final = {"$nor": [{"status": "dropped", "closed_by": {"$ne": None}}]}
"""What somebody dropped is planned no more; what ended with its goal was planned for it."""


class PlanTooLarge(Invalid):
    """An import takes so much at once and no more."""


class PlansAreCsv(Invalid):
    """What is to be imported is a CSV file."""


async def plan_response(view: Viewer, wanted: Doc) -> Response:
    """The goals that match and their initiatives; raises `PlanTooLarge`."""
    goals = await view.db[GOALS].find(wanted).sort("_id", 1).limit(MOST_GOALS + 1).to_list(None)
    if len(goals) > MOST_GOALS:
        raise _too_large(f"more than {MOST_GOALS} goals")
    of_goals = {"goal_id": {"$in": [doc["_id"] for doc in goals]}, **_PLANNED}
    order = [("goal_id", 1), ("due_on", 1), ("_id", 1)]
    done = await view.db[INITIATIVES].find(of_goals).sort(order).limit(MOST_ROWS + 1).to_list(None)
    known = await readable([doc["parent_id"] for doc in goals], view)
    for doc in goals:
        doc["parent_id"] = doc["parent_id"] if doc["parent_id"] in known else None
    view.shown(GOALS, *goals)
    written = await asyncio.to_thread(_written, goals, done)
    if len(done) > MOST_ROWS or written.rows > MOST_ROWS:
        raise _too_large(f"more than {MOST_ROWS} rows")
    content = written.text.encode()
    if len(content) > LARGEST:
        raise _too_large(f"{len(content)} bytes")
    return CsvResponse(content, headers={"Content-Disposition": _named(view.now.date())})


def _written(goals: Sequence[Doc], initiatives: Sequence[Doc]) -> Written:
    by_goal: defaultdict[GoalId, list[Initiative]] = defaultdict(list)
    for doc in initiatives:
        by_goal[doc["goal_id"]].append(from_document(Initiative, doc))
    return write_goals([from_document(Goal, doc) for doc in goals], by_goal)


def _named(on: date) -> str:
    return f'attachment; filename="plan-{on}.csv"'


def _too_large(what: str) -> PlanTooLarge:
    return PlanTooLarge(
        f"The plan has {what}; an import takes {MOST_GOALS} goals, {MOST_ROWS} rows and {LARGEST} bytes."
        " Ask for it in parts, such as by owner_id, period_id or level.",
        goals=MOST_GOALS,
        rows=MOST_ROWS,
        bytes=LARGEST,
    )


__all__ = ["PlanTooLarge", "PlansAreCsv", "plan_response"]
