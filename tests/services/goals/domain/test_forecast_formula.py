"""Theil's and Sen's line against a second reckoning of it, with every pair and in exact numbers."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import combinations
from math import sqrt
from statistics import median
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.goals.domain.forecast import FEWEST, MOST, Point, forecast, heading, predicted_progress, trend
from services.goals.domain.key_result import KeyResult
from shared.contracts.goals import Heading

START, DUE = date(2026, 1, 1), date(2026, 4, 10)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 100
Pairs = list[tuple[int, float]]
measured: st.SearchStrategy[Pairs] = st.dictionaries(
    st.integers(1, 95), st.integers(-400, 400).map(lambda n: n / 4), min_size=3, max_size=12
).map(lambda days: sorted(days.items()))


def points(pairs: Pairs, *, factor: float = 1, shift: float = 0) -> list[Point]:
    return [Point(BEGIN + timedelta(days=day), value * factor + shift) for day, value in pairs]


def part(**said: Any) -> KeyResult:
    return KeyResult.model_validate(
        {"title": "Reach", "type": "increase", "start": 0.0, "target": 100.0, **said}
    )


def ahead(pairs: Pairs, *, factor: float = 1, shift: float = 0, **said: Any) -> Any:
    known = points(pairs, factor=factor, shift=shift)
    return forecast(part(**said), known, starts_on=START, due_on=DUE)


def newest_of(pairs: Pairs) -> Pairs:
    """Those of the newest third of the time from the first on, and five at least."""
    span = Fraction(pairs[-1][0] - pairs[0][0], 3)
    return [pair for at, pair in enumerate(pairs) if pairs[-1][0] - pair[0] < span or len(pairs) - at <= 5]


def line_of(pairs: Pairs) -> tuple[Fraction, Fraction]:
    """The slope, and the value at the newest day."""
    slope = median(slopes_of(newest_of(pairs)))
    return slope, median(Fraction(value) + slope * (pairs[-1][0] - day) for day, value in pairs[-3:])


def slopes_of(pairs: Pairs) -> list[Fraction]:
    return sorted(Fraction(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(pairs, 2))


@settings(max_examples=50)
@given(measured)
def test_the_line_goes_through_the_newest_values_with_the_median_of_the_newest_slopes(pairs: Pairs) -> None:
    line, (slope, value) = trend(points(pairs)), line_of(pairs)
    assert line is not None
    assert line.since == points(pairs)[-1].at
    assert line.slope == pytest.approx(float(slope))
    assert line.value == pytest.approx(float(value))
    assert line.at(line.since + timedelta(days=8), line.slope) == pytest.approx(float(value + 8 * slope))


@settings(max_examples=50)
@given(measured)
def test_the_range_lies_between_the_ranks_that_sen_gives(pairs: Pairs) -> None:
    """The M1-th and the (M2 + 1)-th smallest slope, M = (N -+ z sigma) / 2; Gilbert 1987, 16.4.2."""
    line = trend(points(pairs))
    assert line is not None
    newest = newest_of(pairs)
    n, slopes = len(newest), slopes_of(newest)
    spread = 1.2815515655446004 * sqrt(n * (n - 1) * (2 * n + 5) / 18)
    first = max(1, round((len(slopes) - spread) / 2))
    last = min(len(slopes), round((len(slopes) + spread) / 2) + 1)
    assert line.lowest == pytest.approx(float(slopes[first - 1]))
    assert line.highest == pytest.approx(float(slopes[last - 1]))


def test_of_ten_values_the_range_leaves_out_a_third_of_the_slopes_on_each_side() -> None:
    """N = 45, sigma^2 = 125: the 15th and the 31st of 45 slopes."""
    pairs = [(day, float(day * day)) for day in range(1, 11)]
    line = trend(points([(-20, 0.0), *pairs]))
    assert line is not None
    slopes = [float(slope) for slope in slopes_of(pairs)]
    assert (line.lowest, line.slope, line.highest) == pytest.approx((slopes[14], slopes[22], slopes[30]))


@settings(max_examples=50)
@given(measured)
def test_a_forecast_is_the_line_at_the_end_of_the_due_date_and_its_share_of_the_way(pairs: Pairs) -> None:
    found = ahead(pairs)
    assume(found is not None)
    slope, now = line_of([(0, 0.0), *pairs])
    value = float(now + slope * (DAYS - pairs[-1][0]))
    assert found.value == pytest.approx(value)
    assert found.progress == pytest.approx(min(1.0, max(0.0, value / 100)), abs=1e-9)
    assert found.low - 1e-9 <= found.value <= found.high + 1e-9


@settings(max_examples=50)
@given(measured)
def test_what_is_to_fall_is_forecast_like_what_is_to_grow_seen_in_a_mirror(pairs: Pairs) -> None:
    up, down = ahead(pairs), ahead(pairs, factor=-1, type="decrease", target=-100.0)
    assume(up is not None)
    assert (down.value, down.progress) == (pytest.approx(-up.value), pytest.approx(up.progress))
    assert (down.low, down.high) == (pytest.approx(-up.high), pytest.approx(-up.low))
    dates = [(each.reaches_on, each.earliest_on, each.latest_on) for each in (up, down)]
    assert dates[0] == dates[1]


@settings(max_examples=50)
@given(measured, st.sampled_from([0.25, 8.0]), st.integers(-50, 50))
def test_a_forecast_does_not_depend_on_the_unit(pairs: Pairs, factor: float, shift: int) -> None:
    one = ahead(pairs)
    other = ahead(pairs, factor=factor, shift=shift, start=float(shift), target=100 * factor + shift)
    assume(one is not None)
    assert other.value == pytest.approx(one.value * factor + shift, abs=1e-6)
    assert other.progress == pytest.approx(one.progress, abs=1e-9)


@settings(max_examples=50)
@given(measured, st.integers(1, 100))
def test_a_better_last_value_never_lowers_a_forecast(pairs: Pairs, more: int) -> None:
    better = [*pairs[:-1], (pairs[-1][0], pairs[-1][1] + more)]
    one, other = ahead(pairs), ahead(better)
    assume(one is not None)
    assert other.value >= one.value - 1e-9
    assert other.progress >= one.progress - 1e-9


def _instant(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _day_after(pairs: Pairs) -> date:
    """The day after the newest value: the soonest for what is not reached by it."""
    return points(pairs)[-1].at.date() + timedelta(days=1)


def test_what_is_not_reached_is_not_said_to_be_reached_before_it_was_measured() -> None:
    falls_back = ahead([(10, 90.0), (20, 110.0), (30, 130.0), (40, 60.0)])
    assert falls_back.reaches_on == _day_after([(40, 60.0)])


@settings(max_examples=50)
@given(measured)
def test_the_target_is_reached_on_the_day_on_which_the_line_meets_it(pairs: Pairs) -> None:
    found, line = ahead(pairs), trend(points([(0, 0.0), *pairs]))
    assume(found is not None)
    assert line is not None
    if line.value >= 100:
        day = found.reaches_on
        assert found.earliest_on == day == found.latest_on
        assert all(value >= 100 for at, value in pairs if (BEGIN + timedelta(days=at)).date() >= day)
    elif line.slope <= 0:
        assert found.reaches_on is None
    elif found.reaches_on == _day_after(pairs):
        assert line.at(_instant(found.reaches_on) + timedelta(days=1), line.slope) >= 100 - 1e-6
    elif found.reaches_on is not None:
        assert found.reaches_on > _day_after(pairs)
        day = _instant(found.reaches_on)
        assert line.at(day, line.slope) <= 100 + 1e-6
        assert line.at(day + timedelta(days=1), line.slope) >= 100 - 1e-6
    days = [each for each in (found.earliest_on, found.reaches_on, found.latest_on) if each is not None]
    assert days == sorted(days)
    assert (found.reaches_on is None) or (found.earliest_on is not None)
    assert (found.latest_on is None) or (found.reaches_on is not None)


@pytest.mark.parametrize(("last", "told"), [(9, False), (10, True), (11, True)])
def test_values_span_a_tenth_of_the_time_before_anything_is_forecast(last: int, told: bool) -> None:
    assert (ahead([(4, 1.0), (last, 2.0)]) is not None) == told


def test_a_line_takes_days_and_not_values() -> None:
    several = [Point(BEGIN + timedelta(hours=hour), float(hour)) for hour in (1, 30, 31, 32, 33)]
    assert trend(several) is None
    assert trend([*several, Point(BEGIN + timedelta(days=FEWEST - 1), 1.0)]) is not None
    twice = [
        Point(BEGIN, 0.0),
        Point(BEGIN + timedelta(days=20), 20.0),
        Point(BEGIN + timedelta(days=50), 9.0),
    ]
    corrected = [*twice, Point(BEGIN + timedelta(days=50, hours=1), 50.0)]
    line = trend(corrected)
    assert line is not None
    assert (line.slope, line.value) == (pytest.approx(1.0, abs=0.01), pytest.approx(50.0, abs=0.1))


def test_the_line_forgets_the_oldest_day_and_no_newer_one() -> None:
    bent = [(day, float(day * day)) for day in range(100, 300)]
    line = trend(points([(0, 0.0), *bent]))
    assert line == trend(points([(0, 0.0), *bent[-MOST:]]))
    assert line != trend(points([(0, 0.0), *bent[1 - MOST :]]))


def test_what_was_measured_before_the_start_makes_no_line() -> None:
    early = [Point(BEGIN - timedelta(days=day), 90.0) for day in (3, 2, 1)]
    later = points([(20, 10.0), (40, 20.0)])
    one, other = (forecast(part(), known, starts_on=START, due_on=DUE) for known in (early + later, later))
    assert one == other is not None
    assert one is not None
    assert one.value == pytest.approx(50)


@pytest.mark.parametrize(
    "kind", [{"type": "stay_above"}, {"type": "milestone", "unit_kind": "yes_no", "target": 1.0}]
)
def test_nothing_is_forecast_of_what_does_not_go_bit_by_bit(kind: dict[str, Any]) -> None:
    assert ahead([(20, 0.0), (40, 1.0), (60, 1.0)], **kind) is None


@given(
    st.lists(
        st.tuples(st.integers(1, 40), st.sampled_from(["moves", "unknown", "guard", "silent"])), max_size=6
    )
)
def test_a_goals_forecast_is_the_mean_of_what_can_be_told(kinds: list[tuple[int, str]]) -> None:
    known = ahead([(20, 10.0), (40, 20.0), (60, 30.0)])
    assert known.progress == pytest.approx(0.5)
    share = {"moves": Fraction(1, 2), "guard": Fraction(1)}
    parts = {
        "moves": part(current=30.0),
        "unknown": part(),
        "guard": part(type="stay_above", target=1.0, current=2.0),
        "silent": part(type="stay_above"),
    }
    found = predicted_progress(
        [parts[kind].model_copy(update={"weight": weight}) for weight, kind in kinds],
        [known if kind == "moves" else None for _, kind in kinds],
    )
    told = [(weight, share[kind]) for weight, kind in kinds if kind in share]
    if not any(kind == "moves" for _, kind in kinds):
        assert found is None
        return
    mean = sum(weight * each for weight, each in told) / sum(weight for weight, _ in told)
    assert found == pytest.approx(float(mean))


@given(st.lists(st.none() | st.integers(0, 100).map(lambda n: n / 100), max_size=20))
def test_a_heading_turns_only_beyond_both_bounds(course: list[float | None]) -> None:
    """Told as a thermostat: off below 0.7, on from 0.75, and first of all by 0.7 alone."""
    now: Heading | None = None
    for predicted in course:
        before, now = now, heading(predicted, before=now)
        if predicted is None:
            assert now is None
        elif before is None:
            assert now == ("reach" if predicted >= 0.7 else "miss")
        else:
            assert (now != before) == (predicted < 0.7 if before == "reach" else predicted >= 0.75)
