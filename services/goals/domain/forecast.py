"""Where a goal is heading: a robust line through what was measured.

The trend of a key result is the median of the slopes between all pairs of its measurements (Theil,
1950; Sen, 1968), which one wrong value in four does not move.  Its range is Sen's confidence interval
of the slope, here at 80 %, by the normal approximation of Kendall's statistic.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from math import sqrt
from statistics import median
from typing import Final, NamedTuple

from services.goals.domain.key_result import KeyResult, weighted
from services.goals.domain.measured_in import MOVING
from shared.contracts.goals import Heading

MOST: Final = 60
"""So many of the newest days make the trend; older ones say little, and pairs grow by the square."""
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
    """A line through (`days`, `value`), days since `since`; slopes in units a day."""

    since: datetime
    days: float
    value: float
    slope: float
    lowest: float
    highest: float

    def at(self, when: datetime, slope: float) -> float:
        """The value of the line with this slope at a time."""
        return self.value + slope * (_days(self.since, when) - self.days)


class PartForecast(NamedTuple):
    """A key result at the due date: values in its unit, `progress` a share from 0 to 1.

    `reaches_on` is when the target is reached if it goes on so, `earliest_on` and `latest_on` at the
    ends of the range; None is never, and a target that is not reached is reached after the newest value.
    """

    value: float
    low: float
    high: float
    progress: float
    reaches_on: date | None
    earliest_on: date | None
    latest_on: date | None


def trend(points: Sequence[Point]) -> Trend | None:
    """The line through the last points of the newest days; None for fewer than three days."""
    days_last = {point.at.date(): point for point in sorted(points, key=lambda point: point.at)}
    newest = [*days_last.values()][-MOST:]
    if len(newest) < FEWEST:
        return None
    since = newest[0].at
    days = [_days(since, point.at) for point in newest]
    values = [point.value for point in newest]
    slopes = sorted(
        (values[j] - values[i]) / (days[j] - days[i])
        for j in range(len(newest))
        for i in range(j)
        if days[j] > days[i]
    )
    lowest, highest = _interval(slopes, len(newest))
    return Trend(since, median(days), median(values), median(slopes), lowest, highest)


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
    last = max(known, key=lambda point: point.at)
    reached = part.share_at(last.value) >= 1
    soonest = None if reached else last.at.date() + timedelta(days=1)
    return PartForecast(
        value=value,
        low=ends_of_range[0],
        high=ends_of_range[1],
        progress=part.share_at(value),
        reaches_on=_reached_on(part, line, line.slope, soonest),
        earliest_on=_reached_on(part, line, toward[1], soonest),
        latest_on=_reached_on(part, line, toward[0], soonest),
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
    """Whether a goal is heading for a miss; between the two bounds it keeps heading where it did."""
    if predicted is None:
        return before
    if predicted < MISS_BELOW:
        return "miss"
    return "reach" if predicted >= REACH_FROM or before is None else before


def _interval(slopes: Sequence[float], n: int) -> tuple[float, float]:
    """Sen's interval: the slopes at ranks (N -+ z sigma) / 2, sigma^2 = n (n - 1) (2 n + 5) / 18."""
    reach = Z_80 * sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = round((len(slopes) - reach) / 2)
    high = round((len(slopes) + reach) / 2)
    return slopes[max(0, low - 1)], slopes[min(len(slopes) - 1, high)]


def _reached_on(part: KeyResult, line: Trend, slope: float, soonest: date | None) -> date | None:
    """The day on which the line meets the target; None if it never does, or not in our calendar.

    What the newest value has not reached is not said to have been reached before it: a line through the
    middle of what was measured may have crossed the target since.
    """
    if slope * (part.target - part.start) <= 0:
        return None
    left = part.target - line.value
    try:
        met = (line.since + timedelta(days=line.days + left / slope)).date()
        return met if soonest is None else max(met, soonest)
    except OverflowError:
        return None


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), UTC)


def _days(since: datetime, at: datetime) -> float:
    return (at - since).total_seconds() / _DAY
