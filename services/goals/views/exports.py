"""Goals and their measurements as files for planners and analysts: the columns, and what is asked for.

Only what the caller may read goes out: the rows are those of GET /goals with the same filters.
"""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from services.goals.domain.goal import Goal
from services.goals.history_store import MEASUREMENTS
from services.goals.store import GOALS
from services.goals.views.earlier import FIELDS as EARLIER_FIELDS
from services.goals.views.earlier import figures_of, hidden_of
from services.goals.views.judgements import readable
from services.goals.views.plan_export import PlansAreCsv, PlanTooLarge, plan_response
from services.goals.views.plans import index_for
from services.goals.views.wanted import GoalsWanted
from shared.clock import Instant
from shared.errors import NotFound
from shared.exports import (
    FILES,
    AskedForm,
    Column,
    choice,
    day,
    exported,
    fields_of,
    instant,
    number,
    text,
    truth,
    whole,
)
from shared.http import View, Viewer
from shared.ids import GoalId
from shared.mongo import Doc
from shared.paging import read_pages
from shared.problem_docs import refusals

router = APIRouter(tags=["exports"])
PAGE: Final = 500
"""Goals, or measurements, that are read at a time."""


def _parts(doc: Doc) -> int:
    return len(doc["key_results"])


def _tags(doc: Doc) -> str:
    return ", ".join(doc.get("tags", ()))


def _counts(doc: Doc) -> bool:
    return doc.get("correction") is None


GOAL_COLUMNS: Final[Sequence[Column]] = (
    text("goal_id", "_id"),
    text("owner_id"),
    text("title"),
    choice("kind"),
    choice("level"),
    choice("category"),
    choice("perspective"),
    text("tags", _tags),
    choice("visibility"),
    choice("status"),
    choice("outcome"),
    text("period_id"),
    text("parent_id"),
    number("contribution"),
    text("origin_id"),
    number("weight"),
    day("starts_on"),
    day("due_on"),
    day("agreed_on"),
    day("checked_in_on"),
    instant("closed_at"),
    number("progress"),
    number("confidence"),
    choice("pace", "standing.pace"),
    choice("heading", "standing.heading"),
    truth("overdue", "standing.overdue"),
    truth("silent", "standing.silent"),
    choice("neglect", "standing.neglect"),
    whole("key_results", _parts),
    text("asked_id"),
    whole("edition"),
    whole("version"),
)
"""Shares such as progress are from 0 to 1; see `GoalView`."""
MEASUREMENT_COLUMNS: Final[Sequence[Column]] = (
    text("measurement_id", "_id"),
    text("goal_id"),
    text("goal_title"),
    text("owner_id"),
    text("key_result_id"),
    text("key_result_title"),
    choice("type"),
    choice("unit"),
    number("value"),
    instant("measured_at"),
    number("goal_progress"),
    text("by_person_id"),
    choice("source"),
    choice("system"),
    text("note"),
    instant("taken_at"),
    truth("counts", _counts),
    text("corrected_by", "correction.measurement_id"),
    instant("corrected_at", "correction.at"),
    text("correction_reason", "correction.reason"),
)
"""What was measured, with whose goal it is of; see `MeasurementView`.  What was corrected counts no more."""
_OWN_FIELDS: Final = ("title", "key_results", "visibility", *EARLIER_FIELDS)


ELSEWHERE: Final = ("parent_id", "origin_id")
"""Other goals that a goal names."""


class MeasurementsWanted(GoalsWanted):
    """Of which goals, and when they were measured."""

    goal_id: GoalId | None = Field(default=None, description="Of this goal only.")
    measured_since: Instant | None = Field(default=None, description="At this time or later only.")
    measured_until: Instant | None = Field(default=None, description="Before this time only.")

    def of_goal(self) -> Doc:
        """Matches the document of the goal, if one is chosen."""
        return {} if self.goal_id is None else {"_id": self.goal_id}

    def of_time(self) -> Doc:
        """Matches the documents of measurements in the range."""
        since = {"$gte": self.measured_since} if self.measured_since else {}
        until = {"$lt": self.measured_until} if self.measured_until else {}
        return {"measured_at": {**since, **until}} if since or until else {}


class GoalsExported(GoalsWanted):
    """Which goals, and as what."""

    form: Literal["table", "plan"] = Field(
        default="table", description="A table for analysts, or a plan that POST /goal-imports takes."
    )


@router.get(
    "/goals/export",
    response_class=StreamingResponse,
    response_model=None,
    summary="Export goals",
    responses={**refusals(PlanTooLarge, PlansAreCsv), 200: FILES},
)
async def export_goals(view: View, form: AskedForm, wanted: Annotated[GoalsExported, Query()]) -> Response:
    """A row for each goal that the caller may see, by id, as CSV or Parquet.

    CSV is UTF-8 with a header; days and times are ISO 8601, and text that a spreadsheet would run gets an
    apostrophe in front.  The file is sent while it is read, as the goals stand then; if the connection
    breaks before its end, it is not whole.

    With `form=plan` it is a file of what is planned that POST /goal-imports takes as it is: key results,
    milestones, links and initiatives, and nothing of how they stand.  Each goal's `import_id` is its id, and
    one that serves another of the file names it by `parent_import_id`.  It is CSV, of 500 goals, 2,000 rows
    and 1 MiB at most; what somebody dropped is left out.
    """
    seen, matching = await view.filter(), await wanted.matching(view)
    filter_ = {"$and": [seen, matching]}
    if wanted.form == "plan":
        if form != "csv":
            raise PlansAreCsv("A plan is a CSV file; leave format out.")
        return await plan_response(view, filter_)
    fields, index = fields_of(GOAL_COLUMNS), index_for(wanted.named(), seen, None, matching=matching)
    pages = read_pages(view.db[GOALS], filter_, fields=fields, size=PAGE, index=index)
    shown = _without_hidden(pages, view)
    return await exported(shown, columns=GOAL_COLUMNS, form=form, name="goals", on=view.now.date())


async def _without_hidden(pages: AsyncGenerator[list[Doc]], view: Viewer) -> AsyncGenerator[list[Doc]]:
    """What a goal serves, or was carried over from, is named if who asks may read that goal too."""
    async for page in pages:
        known = await readable([doc.get(name) for doc in page for name in ELSEWHERE], view)
        for doc in page:
            doc.update({name: None for name in ELSEWHERE if doc.get(name) not in known})
        view.shown(GOALS, *page)
        yield page


@router.get(
    "/goals/export/measurements",
    response_class=StreamingResponse,
    response_model=None,
    summary="Export measurements",
    responses={**refusals(NotFound), 200: FILES},
)
async def export_measurements(
    view: View, form: AskedForm, wanted: Annotated[MeasurementsWanted, Query()]
) -> StreamingResponse:
    """A row for each measurement of the goals that the caller may see, goal by goal, the newest first.

    The same forms as of goals.  `measured_since` belongs to the range, `measured_until` does not.
    """
    if wanted.goal_id is not None:
        await view.one(Goal, GOALS, wanted.goal_id)
    seen, matching = await view.filter(), await wanted.matching(view)
    index = index_for(wanted.named(), seen, None, matching=matching) if wanted.goal_id is None else None
    of_goals = {"$and": [seen, matching, wanted.of_goal()]}
    goals = read_pages(view.db[GOALS], of_goals, fields=_OWN_FIELDS, size=PAGE, index=index)
    pages = _measurements(view, goals, wanted.of_time())
    return await exported(
        pages, columns=MEASUREMENT_COLUMNS, form=form, name="measurements", on=view.now.date()
    )


async def _measurements(
    view: Viewer, goals: AsyncGenerator[list[Doc]], time: Doc
) -> AsyncGenerator[list[Doc]]:
    async for some in goals:
        known = {doc["_id"]: doc for doc in some}
        hidden = {id_: await hidden_of(doc, view) for id_, doc in known.items() if doc.get("narrower")}
        wanted = {"goal_id": {"$in": [*known]}, **time}
        order = [("goal_id", 1), ("measured_at", -1), ("_id", -1)]
        found = view.db[MEASUREMENTS].find(wanted, batch_size=PAGE).sort(order)
        page: list[Doc] = []
        async for doc in found:
            view.shown(GOALS, known[doc["goal_id"]])
            page.append(_told(doc, known[doc["goal_id"]], hidden.get(doc["goal_id"])))
            if len(page) == PAGE:
                yield page
                page = []
        if page:
            yield page


def _told(doc: Doc, goal: Doc, hidden: datetime | None) -> Doc:
    """A measurement with what its goal says of it; without words that are older than may be read."""
    nothing: Doc = {}
    parts: list[Doc] = goal["key_results"]
    part = next((each for each in parts if each["key_result_id"] == doc["key_result_id"]), nothing)
    return {
        **(figures_of(doc, hidden) if hidden else doc),
        "owner_id": goal["owner_id"],
        "goal_title": goal["title"],
        "key_result_title": part.get("title"),
        "type": part.get("type"),
        "unit": part.get("unit"),
    }


__all__ = ["GOAL_COLUMNS", "MEASUREMENT_COLUMNS", "MeasurementsWanted", "router"]
