"""How a chart is drawn: lines over time in a frame, what is to be reached, a legend, and what is left out.

Knows no store and no request; see chart.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from services.goals.domain.course import Ahead, midnight
from services.goals.domain.forecast import Point
from services.goals.domain.goal import Goal
from services.goals.domain.key_result import Mark
from shared.contracts.goals import UnitKind
from shared.figures import figure, in_words
from shared.pictures import (
    BLUE,
    GREY,
    VERMILION,
    Scale,
    apart,
    caption,
    day_ticks,
    nice_ticks,
    studio,
    thinned,
)

NEWEST: Final = 20_000
DOTS: Final = 60
"""With more points than this the line is drawn without them."""
LEFT, RIGHT, TOP, BOTTOM = 84.0, 776.0, 96.0, 330.0
WIDTH, HEIGHT = 800, 466
TITLE_LETTERS: Final = 72
LINE: Final = 13.0
"""Between the names of two marks, in points."""
_pictures = studio(Path(__file__).parent / "templates")


class Level(NamedTuple):
    """A value that is to be reached, such as commit, target or stretch, and whether it has been."""

    name: Mark
    value: float
    reached: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """What a chart shows; values are shares from 0 to 1 if `unit` is None.

    `cut` says that older measurements than those there are were left out.
    """

    title: str
    unit: str | None
    measured: Sequence[Point]
    expected: tuple[Point, Point] | None
    ahead: Ahead | None
    unit_kind: UnitKind = "number"
    to_reach: Sequence[Level] = ()
    cut: bool = False

    def said(self, value: float) -> str:
        """A value in words."""
        if self.unit is None:
            return f"{value:.0%}"
        return in_words(value, unit_kind=self.unit_kind, unit=caption(self.unit, most=20))

    def roughly(self, value: float) -> str:
        """A value that nobody knows to more than three digits, in words."""
        return self.said(value if self.unit is None else float(f"{value:.3g}"))

    def reaching(self, level: Level) -> str:
        """A level in words, and whether it is reached."""
        return f"{level.name} {self.said(level.value)}{', reached' if level.reached else ''}"


def draw_chart(goal: Goal, lines: Lines, *, today: date) -> str:
    """The SVG of a chart, 800 by 466 points."""
    begins, ends = midnight(goal.starts_on), midnight(goal.due_on + timedelta(days=1))
    last = _last_shown(lines.measured, begins=begins, ends=ends, today=today, is_open=goal.status != "closed")
    across = Scale(begins.timestamp(), last.timestamp(), LEFT, RIGHT)
    up = _upward(lines)
    shown = [point for point in lines.measured if point.at <= last]

    def place(point: Point) -> tuple[float, float]:
        return across.at(point.at.timestamp()), up.at(point.value)

    places = thinned([place(point) for point in shown])
    ahead = lines.ahead if shown and shown[-1].at < ends else None
    return _pictures.get_template("chart.svg.jinja").render(
        width=WIDTH,
        height=HEIGHT,
        frame=(LEFT, TOP, RIGHT, BOTTOM),
        colours={"measured": BLUE, "expected": GREY, "forecast": VERMILION},
        title=caption(lines.title, most=TITLE_LETTERS),
        standing=_standing(goal),
        description=_description(goal, lines, today=today),
        levels=[(up.at(value), _level(lines, value)) for value in _ticks(lines, up)],
        to_reach=_named_levels(lines, up),
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
        note=_note(lines, shown=len(shown), drawn=len(places)),
    )


def _last_shown(
    measured: Sequence[Point], *, begins: datetime, ends: datetime, today: date, is_open: bool
) -> datetime:
    """Where the chart ends: when it is due, or as far beyond as something happened, at most as long again."""
    reached = [point.at + timedelta(days=1) for point in measured[-1:]]
    reached += [midnight(today + timedelta(days=1))] if is_open else []
    return max(ends, min(ends + (ends - begins), max(reached, default=ends)))


def _named_levels(lines: Lines, up: Scale) -> list[dict[str, Any]]:
    """The lines of what is to be reached, and their names, none over another."""
    levels = sorted(lines.to_reach, key=lambda level: up.at(level.value))
    tops = apart([up.at(level.value) - 4 for level in levels], least=LINE, low=TOP + 10, high=BOTTOM - 4)
    return [
        {"name": level.name, "y": up.at(level.value), "top": top, "says": lines.reaching(level)}
        for level, top in zip(levels, tops, strict=True)
    ]


def _note(lines: Lines, *, shown: int, drawn: int) -> str:
    """What of the measurements is not drawn."""
    told = [f"Only the newest {NEWEST:,} measurements are drawn."] if lines.cut else []
    if drawn < shown:
        told.append(f"{drawn:,} of {shown:,} values are drawn: of each spot the first, least, most and last.")
    return " ".join(told)


def _ticks(lines: Lines, up: Scale) -> Sequence[float]:
    return (0.0, 1.0) if lines.unit_kind == "yes_no" else nice_ticks(up.low, up.high)


def _upward(lines: Lines) -> Scale:
    if lines.unit is None or lines.unit_kind == "yes_no":
        return Scale(0.0, 1.0, BOTTOM, TOP)
    values = [point.value for point in (*lines.measured, *(lines.expected or ()))]
    values = [*values, *(level.value for level in lines.to_reach)] or [0.0, 1.0]
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
    if lines.unit_kind == "yes_no":
        return lines.said(value)
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
    told += [lines.reaching(level) for level in lines.to_reach]
    return f"{_standing(goal)}. As of {today:%d %B %Y}: {'; '.join(told) or 'nothing was measured'}."


def _path(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in places)


__all__ = ["BOTTOM", "LEFT", "NEWEST", "RIGHT", "TOP", "Level", "Lines", "draw_chart"]
