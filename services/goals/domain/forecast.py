"""Where a goal is heading: a robust line from where it is now, with the trend of the time just gone.

The trend of a key result is the median of the slopes between all pairs of its newest measurements (Theil,
1950; Sen, 1968), which one wrong value in five does not move.  The line goes through the newest day, at the
median of where the newest three values would stand there: the intercept as a median of residuals (Siegel,
1982), of these alone, so that tomorrow is never forecast far from today.  Its range is Sen's confidence
interval of the slope, here at 80 %, by the normal approximation of Kendall's statistic.

The newest measurements are those of the newest third of the time from the start, at most of 60 days, and
five at least.  They are chosen by time, so that who measures often is told the same as who does not.  Where
seven tenths of them are level, the median slope is zero: a goal that stalls heads for where it is within a
third of the time that it took to get there, if it is measured four times since.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from math import sqrt
from statistics import median
from typing import Final, NamedTuple

from services.goals.domain.key_result import KeyResult, weighted
from services.goals.domain.measured_in import MOVING
from shared.contracts.goals import Heading

MOST: Final = 60
"""So many of the newest days make the trend at most; older ones say little, and pairs grow by the square."""
NEWEST: Final = 1 / 3
"""The trend is that of this share of the time from the first point to the newest."""
STEADY: Final = 5
"""Days with points that the trend takes, however old they are: fewer would follow one wrong value."""
LEVEL: Final = 3
"""The newest days that say where the line is now: the median of them does not follow one wrong value."""
FEWEST: Final = 3
"""With points of fewer days a line through them is no trend."""
SHORTEST: Final = 0.1
"""The points must span this share of the goal's time."""
Z_80: Final = 1.2815515655446004
"""The normal quantile of a two-sided interval of 80 %."""
MISS_BELOW: Final = 0.7
"""Heading for less than this share of the way is heading for a miss: it would be graded partly achieved."""
REACH_FROM: Final = 0.75
"""To recover takes a little more, so that a goal on the edge does not alert again and again."""
_DAY: Final = 86_400.0


class Point(NamedTuple):
    """A value and when it held."""

    at: datetime
    value: float


class Trend(NamedTuple):
    """A line through `value` at the newest point's time `since`; slopes in units a day."""

    since: datetime
    value: float
    slope: float
    lowest: float
    highest: float

    def at(self, when: datetime, slope: float) -> float:
        """The value of the line with this slope at a time."""
        return self.value + slope * _days(self.since, when)


class PartForecast(NamedTuple):
    """A key result at the due date: values in its unit, `progress` a share from 0 to 1.

    `reaches_on` is when the target is reached if it goes on so, `earliest_on` and `latest_on` at the
    ends of the range; None is never.  What is reached has been since that day, and what is not is reached
    after the day of the newest value.
    """

    value: float
    low: float
    high: float
    progress: float
    reaches_on: date | None
    earliest_on: date | None
    latest_on: date | None


def trend(points: Sequence[Point]) -> Trend | None:
    """The line from where the newest points are; None for fewer than three days.

    Of each day the last point counts.
    """
    days_last = {point.at.date(): point for point in sorted(points, key=lambda point: point.at)}
    if len(days_last) < FEWEST:
        return None
    last_of_days = [*days_last.values()]
    since = last_of_days[-1].at
    newest = _newest(last_of_days)
    days = [_days(since, point.at) for point in newest]
    values = [point.value for point in newest]
    slopes = sorted(
        (values[j] - values[i]) / (days[j] - days[i])
        for j in range(len(newest))
        for i in range(j)
        if days[j] > days[i]
    )
    slope, (lowest, highest) = median(slopes), _interval(slopes, len(newest))
    value = median(value - slope * day for day, value in zip(days[-LEVEL:], values[-LEVEL:], strict=True))
    return Trend(since, value, slope, lowest, highest)


def forecast(
    part: KeyResult, points: Sequence[Point], *, starts_on: date, due_on: date
) -> PartForecast | None:
    """A key result at its due date; None while its measurements are too few, or too close to each other.

    Where it started counts as a point of the first day.
    """
    if part.type not in MOVING or part.unit_kind == "yes_no":
        return None
    begins, ends = _midnight(starts_on), _midnight(due_on + timedelta(days=1))
    known = [Point(begins, part.start), *(point for point in points if point.at > begins)]
    line = trend(known)
    newest = max(point.at for point in known)
    if line is None or (newest - begins) < SHORTEST * (ends - begins):
        return None
    ends_of_range = sorted((line.at(ends, line.lowest), line.at(ends, line.highest)))
    value = line.at(ends, line.slope)
    toward = sorted((line.lowest, line.highest), key=lambda slope: slope * (part.target - part.start))
    reaches_on, earliest_on, latest_on = (
        _reached_on(part, line, slope, known) for slope in (line.slope, toward[1], toward[0])
    )
    return PartForecast(
        value=value,
        low=ends_of_range[0],
        high=ends_of_range[1],
        progress=part.share_at(value),
        reaches_on=reaches_on,
        earliest_on=earliest_on,
        latest_on=latest_on,
    )


def predicted_progress(parts: Sequence[KeyResult], forecasts: Sequence[PartForecast | None]) -> float | None:
    """The goal's progress at the due date; None unless something that moves has a forecast.

    What moves without one is left out, not counted as zero; what guards a threshold goes on as it is.
    """
    if not any(forecasts):
        return None
    told = [
        (part.weight, each.progress if each is not None else part.progress)
        for part, each in zip(parts, forecasts, strict=True)
        if each is not None or part.type not in MOVING
    ]
    return weighted(told)


def heading(predicted: float | None, *, before: Heading | None) -> Heading | None:
    """Whether a goal is heading for a miss; between the two bounds it keeps heading where it did.

    Nowhere, as far as is known, once it has no forecast any more.
    """
    if predicted is None:
        return None
    if predicted < MISS_BELOW:
        return "miss"
    return "reach" if predicted >= REACH_FROM or before is None else before


def _newest(last_of_days: Sequence[Point]) -> Sequence[Point]:
    """The points of the newest part of the time, of enough days and not of too many."""
    today, first = last_of_days[-1].at.date(), last_of_days[0].at.date()
    span = min(MOST, NEWEST * (today - first).days)
    lately = sum((today - point.at.date()).days < span for point in last_of_days)
    return last_of_days[-max(STEADY, lately) :]


def _interval(slopes: Sequence[float], n: int) -> tuple[float, float]:
    """Sen's interval: the slopes at ranks (N -+ z sigma) / 2, sigma^2 = n (n - 1) (2 n + 5) / 18."""
    reach = Z_80 * sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = round((len(slopes) - reach) / 2)
    high = round((len(slopes) + reach) / 2)
    return slopes[max(0, low - 1)], slopes[min(len(slopes) - 1, high)]


def _reached_on(part: KeyResult, line: Trend, slope: float, known: Sequence[Point]) -> date | None:
    """The day on which the line meets the target; None if it never does, or not in our calendar.

    What is reached by now has been since the first of the values that have reached it since.
    """
    next_day = line.since.date() + timedelta(days=1)
    if part.share_at(line.value) >= 1:
        newest_first = sorted(known, key=lambda point: point.at, reverse=True)
        reached = [*takewhile(lambda point: part.share_at(point.value) >= 1, newest_first)]
        return reached[-1].at.date() if reached else next_day
    if slope * (part.target - part.start) <= 0:
        return None
    try:
        return max(next_day, (line.since + timedelta(days=(part.target - line.value) / slope)).date())
    except OverflowError:
        return None


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), UTC)


def _days(since: datetime, at: datetime) -> float:
    return (at - since).total_seconds() / _DAY
