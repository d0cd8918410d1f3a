"""The chart of a goal: what was measured, what was expected by when, and where it is heading.

Drawn for readers of /goals/{goal_id} and from what they may read there; the forecast is the last
look's.  A chart reads the newest 20,000 measurements and shows the last of each day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from services.goals.domain.course import (
    Ahead,
    Measured,
    expected_course,
    expected_values,
    midnight,
    progress_ahead,
    progress_course,
    value_ahead,
    value_course,
)
from services.goals.domain.forecast import Point
from services.goals.domain.goal import Goal
from services.goals.domain.key_result import KeyResult
from services.goals.domain.outlook import Outlook
from services.goals.store import GOALS, MEASUREMENTS, OUTLOOKS
from shared import mongo
from shared.directory import Directory, Stored
from shared.errors import NotFound
from shared.figures import figure
from shared.http import View, Viewer
from shared.ids import GoalId, KeyResultId
from shared.pictures import (
    BLUE,
    GREY,
    VERMILION,
    Scale,
    SvgResponse,
    caption,
    day_ticks,
    nice_ticks,
    studio,
)
from shared.store import from_document

router = APIRouter(tags=["pictures"])
NEWEST: Final = 20_000
DOTS: Final = 60
"""With more points than this the line is drawn without them."""
LEFT, RIGHT, TOP, BOTTOM = 84.0, 776.0, 96.0, 330.0
WIDTH, HEIGHT = 800, 446
TITLE_LETTERS: Final = 72
_pictures = studio(Path(__file__).parent / "templates")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """What a chart shows; values are shares from 0 to 1 if `unit` is None."""

    title: str
    unit: str | None
    measured: Sequence[Point]
    expected: tuple[Point, Point] | None
    ahead: Ahead | None

    def said(self, value: float) -> str:
        """A value in words."""
        if self.unit is None:
            return f"{value:.0%}"
        return f"{figure(value)} {caption(self.unit, most=20)}".strip()

    def roughly(self, value: float) -> str:
        """A value that nobody knows to more than three digits, in words."""
        return self.said(value if self.unit is None else float(f"{value:.3g}"))


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
    measured = await _measured(goal_id, view)
    doc = await view.db[OUTLOOKS].find_one({"_id": goal_id}) if goal.status == "agreed" else None
    outlook = from_document(Outlook, doc) if doc else None
    lines = _of_goal(goal, measured, outlook)
    if key_result_id is not None:
        part = next((part for part in goal.key_results if part.key_result_id == key_result_id), None)
        if part is None:
            raise NotFound("The goal has no key result with this id.")
        lines = _of_part(part, goal, measured, outlook)
    return SvgResponse(draw_chart(goal, lines, today=await _today(goal, view)))


async def _measured(goal_id: GoalId, view: Viewer) -> list[Measured]:
    """The last value of each key result on each day, of the newest; what was corrected counts no more."""
    day: dict[str, Any] = {"$dateTrunc": {"date": "$measured_at", "unit": "day"}}
    docs = await mongo.aggregate(
        view.db[MEASUREMENTS],
        [
            {"$match": {"goal_id": goal_id, "correction": None}},
            {"$sort": {"measured_at": -1, "_id": -1}},
            {"$limit": NEWEST},
            {
                "$group": {
                    "_id": {"part": "$key_result_id", "day": day},
                    "at": {"$first": "$measured_at"},
                    "value": {"$first": "$value"},
                }
            },
        ],
    )
    return [Measured(doc["_id"]["part"], doc["at"].astimezone(UTC), doc["value"]) for doc in docs]


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
    )


def draw_chart(goal: Goal, lines: Lines, *, today: date) -> str:
    """The SVG of a chart, 800 by 446 points."""
    begins, ends = midnight(goal.starts_on), midnight(goal.due_on + timedelta(days=1))
    last = _last_shown(lines.measured, begins=begins, ends=ends, today=today, is_open=goal.status != "closed")
    across = Scale(begins.timestamp(), last.timestamp(), LEFT, RIGHT)
    up = _upward(lines)
    shown = [point for point in lines.measured if point.at <= last]

    def place(point: Point) -> tuple[float, float]:
        return across.at(point.at.timestamp()), up.at(point.value)

    places = [place(point) for point in shown]
    ahead = lines.ahead if shown and shown[-1].at < ends else None
    return _pictures.get_template("chart.svg.jinja").render(
        width=WIDTH,
        height=HEIGHT,
        frame=(LEFT, TOP, RIGHT, BOTTOM),
        colours={"measured": BLUE, "expected": GREY, "forecast": VERMILION},
        title=caption(lines.title, most=TITLE_LETTERS),
        standing=_standing(goal),
        description=_description(goal, lines, today=today),
        levels=[(up.at(value), _level(lines, value)) for value in nice_ticks(up.low, up.high)],
        days=[
            (across.at(midnight(day).timestamp()), name)
            for day, name in day_ticks(begins.date(), last.date())
        ],
        marks=_marks(goal, across, today=today),
        measured=_path(places),
        dots=places if len(places) <= DOTS else places[-1:],
        expected=_path([place(point) for point in lines.expected]) if lines.expected else "",
        forecast=_path([places[-1], place(Point(ends, ahead.value))]) if ahead else "",
        span=_path([places[-1], place(Point(ends, ahead.high)), place(Point(ends, ahead.low))])
        if ahead
        else "",
        legend=_legend(goal, lines, ahead),
    )


def _last_shown(
    measured: Sequence[Point], *, begins: datetime, ends: datetime, today: date, is_open: bool
) -> datetime:
    """Where the chart ends: when it is due, or as far beyond as something happened, at most as long again."""
    reached = [point.at + timedelta(days=1) for point in measured[-1:]]
    reached += [midnight(today + timedelta(days=1))] if is_open else []
    return max(ends, min(ends + (ends - begins), max(reached, default=ends)))


def _upward(lines: Lines) -> Scale:
    if lines.unit is None:
        return Scale(0.0, 1.0, BOTTOM, TOP)
    values = [point.value for point in (*lines.measured, *(lines.expected or ()))] or [0.0, 1.0]
    low, high = min(values), max(values)
    room = (high - low) or abs(high) or 1.0
    if lines.ahead is not None:
        # What lies far beyond all that was ever measured runs out of the picture.
        low = max(min(low, lines.ahead.low), low - room)
        high = min(max(high, lines.ahead.high), high + room)
    if low == high:
        low, high = low - room / 2, high + room / 2
    ticks = nice_ticks(low, high)
    return Scale(ticks[0], ticks[-1], BOTTOM, TOP)


def _level(lines: Lines, value: float) -> str:
    return f"{value:.0%}" if lines.unit is None else figure(value)


def _standing(goal: Goal) -> str:
    pace = goal.standing.pace if goal.status == "agreed" else None
    stage = goal.status if goal.outcome is None else f"closed: {goal.outcome.replace('_', ' ')}"
    told = [stage, *([pace.replace("_", " ")] if pace else [])]
    return f"{', '.join(told)}, from {goal.starts_on:%d %b %Y} to {goal.due_on:%d %b %Y}"


def _marks(goal: Goal, across: Scale, *, today: date) -> list[dict[str, Any]]:
    """The days that are marked; today's name stands below those of the others."""
    marks = [("start", midnight(goal.starts_on), 0), ("due", midnight(goal.due_on + timedelta(days=1)), 0)]
    noon = midnight(today) + timedelta(hours=12)
    if goal.status != "closed" and across.low <= noon.timestamp() <= across.high:
        marks.append(("today", noon, 1))
    return [
        {"name": name, "x": (x := across.at(at.timestamp())), "row": row, "anchor": _anchor(x)}
        for name, at, row in marks
    ]


def _anchor(x: float) -> str:
    return "start" if x < LEFT + 40 else "end" if x > RIGHT - 40 else "middle"


def _legend(goal: Goal, lines: Lines, ahead: Ahead | None) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    if lines.measured:
        rows.append({"line": "measured", "says": f"measured: {lines.said(lines.measured[-1].value)}"})
    if lines.expected is not None:
        first, last = (lines.said(point.value) for point in lines.expected)
        words = last if first == last else f"{first} to {last}"
        rows.append({"line": "expected", "says": f"expected: {words}"})
    if ahead is not None:
        spread = f"{lines.roughly(ahead.low)} to {lines.roughly(ahead.high)}"
        says = f"forecast by {goal.due_on:%d %b %Y}: {lines.roughly(ahead.value)} ({spread})"
        rows.append({"line": "forecast", "says": says})
    return rows


def _description(goal: Goal, lines: Lines, *, today: date) -> str:
    told = [row["says"] for row in _legend(goal, lines, lines.ahead)]
    return f"{_standing(goal)}. As of {today:%d %B %Y}: {'; '.join(told) or 'nothing was measured'}."


def _path(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in places)


__all__ = ["Lines", "draw_chart", "router"]
