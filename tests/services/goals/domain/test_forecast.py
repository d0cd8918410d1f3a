"""Where a goal is heading, by a line that a wrong value does not move."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import accumulate
from typing import Any, Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.goals.domain.forecast import (
    MOST,
    Point,
    forecast,
    heading,
    predicted_progress,
    trend,
)
from services.goals.domain.key_result import KeyResult
from shared.contracts.goals import Heading

START, DUE = date(2026, 1, 1), date(2026, 4, 10)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def after(days: float) -> datetime:
    return BEGIN + timedelta(days=days)


def points(*pairs: tuple[float, float]) -> list[Point]:
    return [Point(after(days), value) for days, value in pairs]


def part(**fields: Any) -> KeyResult:
    plain: dict[str, Any] = {"title": "Reach", "type": "increase", "start": 0, "target": 100}
    return KeyResult.model_validate(plain | fields)


def along(value_a_day: float, *, days: int = 50, start: float = 0) -> list[Point]:
    return points(*((day, start + value_a_day * day) for day in range(5, days + 1, 5)))


def test_what_goes_evenly_goes_on_so() -> None:
    found = forecast(part(), along(0.8), starts_on=START, due_on=DUE)
    assert found is not None
    assert found.value == pytest.approx(80)
    assert found.low == pytest.approx(80)
    assert found.high == pytest.approx(80)
    assert found.progress == pytest.approx(0.8)
    assert found.reaches_on == found.earliest_on == found.latest_on == (after(125)).date()


def test_one_wrong_value_moves_nothing_much() -> None:
    wrong = [*along(0.8), Point(after(51), 8_000.0)]
    found = forecast(part(), wrong, starts_on=START, due_on=DUE)
    assert found is not None
    assert found.value == pytest.approx(80, abs=5)


def test_a_decrease_is_followed_downwards() -> None:
    found = forecast(
        part(type="decrease", start=100, target=0),
        along(-0.5, start=100),
        starts_on=START,
        due_on=DUE,
    )
    assert found is not None
    assert found.value == pytest.approx(50)
    assert found.progress == pytest.approx(0.5)
    assert found.reaches_on == after(200).date()


def test_what_goes_the_wrong_way_never_arrives() -> None:
    found = forecast(part(), along(-0.5), starts_on=START, due_on=DUE)
    assert found is not None
    assert (found.progress, found.reaches_on, found.latest_on) == (0, None, None)


def test_the_range_spans_the_forecast_and_is_wider_when_values_scatter() -> None:
    scattered = points((10, 5), (20, 22), (30, 18), (40, 45), (50, 38))
    found = forecast(part(), scattered, starts_on=START, due_on=DUE)
    assert found is not None
    assert found.low < found.value < found.high
    assert found.reaches_on is not None
    assert found.earliest_on is not None
    assert found.earliest_on <= found.reaches_on
    assert found.latest_on is None or found.reaches_on <= found.latest_on


@pytest.mark.parametrize(
    "few",
    [[], points((20, 10)), points((1, 1), (2, 2), (3, 3)), points((40, 10), (40.1, 12), (40.2, 14))],
    ids=["none", "one", "all at the beginning", "all on one day"],
)
def test_too_few_measurements_make_no_forecast(few: list[Point]) -> None:
    assert forecast(part(), few, starts_on=START, due_on=DUE) is None


@pytest.mark.parametrize("type_", ["stay_above", "stay_below", "baseline"])
def test_what_does_not_move_has_no_forecast(type_: str) -> None:
    assert forecast(part(type=type_), along(0.8), starts_on=START, due_on=DUE) is None


def test_only_the_newest_values_make_the_trend() -> None:
    long_ago = [Point(after(n / 10), 0.0) for n in range(200)]
    lately = [Point(after(30 + n), 50.0 + n) for n in range(MOST)]
    line = trend([*long_ago, *lately])
    assert line is not None
    assert line.slope == pytest.approx(1)


def test_of_a_long_time_no_more_than_the_newest_days_make_the_trend() -> None:
    course = [Point(after(day), max(0.0, day - 240)) for day in range(300)]
    line = trend(course)
    assert line is not None
    assert (line.slope, line.lowest, line.highest) == (1, 1, 1)


def stalled(day: float, *, after_days: float, at: float) -> float:
    return min(day, after_days) * at / after_days


def heading_of(course: Callable[[float], float], *, every: float, until: float, due: date) -> Heading | None:
    measured = points(*((n * every, course(n * every)) for n in range(1, int(until / every) + 1)))
    found = forecast(part(target=10), measured, starts_on=START, due_on=due)
    return heading(found.progress if found else None, before=None)


STALLS: Final = st.tuples(st.integers(20, 200), st.floats(min_value=1, max_value=6.9))


@given(STALLS, st.sampled_from([0.25, 1, 2]), st.integers(0, 100))
def test_a_goal_that_stalls_heads_for_a_miss_within_a_third_of_the_time_that_it_took(
    stall: tuple[int, float], every: float, later: int
) -> None:
    days, at = stall
    until = days + max(days / 3, 4 * every) + 2 * every + later
    course = partial(stalled, after_days=days, at=at)
    due = (after(until) + timedelta(days=100)).date()
    assert heading_of(course, every=every, until=until, due=due) == "miss"


@pytest.mark.parametrize(("weeks_since", "now"), [(0, "reach"), (4, "miss"), (8, "miss")])
def test_a_goal_measured_weekly_that_stalls_turns_after_four_values(weeks_since: int, now: Heading) -> None:
    course = partial(stalled, after_days=30, at=6)
    assert heading_of(course, every=7, until=28 + 7 * weeks_since, due=date(2026, 3, 31)) == now


@given(st.floats(min_value=0.01, max_value=0.3), st.integers(40, 90))
def test_how_often_the_same_course_is_measured_does_not_decide_where_it_heads(
    pace: float, until: int
) -> None:
    assume(abs(pace * 100 - 7) > 1e-6)

    def course(day: float) -> float:
        return pace * day

    told = {heading_of(course, every=every, until=until, due=DUE) for every in (0.1, 0.25, 1, 3, 7)}
    assert told == {"reach" if pace * 100 >= 7 else "miss"}


@pytest.mark.parametrize("every", [0.25, 1, 3])
def test_a_spurt_long_ago_is_forgotten_however_often_it_is_measured(every: float) -> None:
    def course(day: float) -> float:
        return min(day, 20) * 0.2 + max(0, day - 20) * 0.02

    assert heading_of(course, every=every, until=18, due=DUE) == "reach"
    assert heading_of(course, every=every, until=42, due=DUE) == "miss"


@given(st.lists(st.floats(min_value=0, max_value=2), min_size=20, max_size=70))
def test_a_forecast_for_tomorrow_lies_near_the_value_of_today(steps: list[float]) -> None:
    """No farther than the steps of the newest three days, and the largest of those that make the trend."""
    values = [*accumulate(steps)]
    measured = points(*enumerate(values, 1))
    tomorrow = after(len(values) + 1).date() - timedelta(days=1)
    found = forecast(part(), measured, starts_on=START, due_on=tomorrow)
    assert found is not None
    lately = max(steps[-len(steps) // 3 - 5 :])
    assert abs(found.value - values[-1]) <= 3 * lately + 1e-6


@given(st.integers(5, 60), st.data(), st.floats(min_value=-1e4, max_value=1e4))
def test_one_wrong_value_anywhere_leaves_the_forecast_where_it_was(
    count: int, data: st.DataObject, wrong: float
) -> None:
    course = points(*((day, 0.8 * day) for day in range(1, count + 1)))
    place = data.draw(st.integers(0, count - 1))
    course[place] = course[place]._replace(value=wrong)
    line = trend(course)
    assert line is not None
    assert line.at(after(100), line.slope) == pytest.approx(80, abs=1e-6)


def test_what_is_reached_has_been_since_the_first_value_that_reached_it() -> None:
    held = points((10, 40), (20, 100), (30, 90), (40, 100), (50, 101), (60, 101), (70, 101))
    found = forecast(part(), held, starts_on=START, due_on=DUE)
    assert found is not None
    assert found.reaches_on == found.earliest_on == found.latest_on == after(40).date()


def test_a_goal_is_forecast_from_what_is_known_and_a_missing_part_is_no_zero() -> None:
    moving, unknown = part(weight=3), part(weight=5, title="Unknown")
    guard = part(type="stay_above", target=10, current=12, weight=1, title="Guard")
    found = forecast(moving, along(0.5), starts_on=START, due_on=DUE)
    assert predicted_progress([moving, unknown, guard], [found, None, None]) == pytest.approx(
        (3 * 0.5 + 1 * 1.0) / 4
    )
    assert predicted_progress([unknown, guard], [None, None]) is None


@pytest.mark.parametrize(
    ("predicted", "before", "now"),
    [
        (0.69, None, "miss"),
        (0.69, "reach", "miss"),
        (0.7, None, "reach"),
        (0.7, "miss", "miss"),
        (0.7, "reach", "reach"),
        (0.75, "miss", "reach"),
        (None, "miss", None),
        (None, "reach", None),
        (None, None, None),
    ],
)
def test_a_turn_takes_more_than_an_edge(
    predicted: float | None, before: Heading | None, now: Heading | None
) -> None:
    assert heading(predicted, before=before) == now


values = st.lists(
    st.tuples(st.integers(min_value=0, max_value=2_000), st.floats(min_value=-1e6, max_value=1e6)),
    min_size=3,
    max_size=30,
)


@given(values, st.floats(min_value=-1e3, max_value=1e3))
def test_a_line_follows_its_values_when_they_are_shifted_and_lies_within_its_range(
    pairs: list[tuple[int, float]], shift: float
) -> None:
    line = trend(points(*pairs))
    assume(line is not None)
    assert line is not None
    moved = trend(points(*((day, value + shift) for day, value in pairs)))
    assert moved is not None
    assert line.lowest <= line.slope <= line.highest
    assert moved.slope == pytest.approx(line.slope, abs=1e-3)
    assert moved.value == pytest.approx(line.value + shift, abs=1e-3)


@given(values)
def test_a_forecast_is_a_share_and_its_days_are_in_order(pairs: list[tuple[int, float]]) -> None:
    found = forecast(part(), points(*pairs), starts_on=START, due_on=DUE)
    assume(found is not None)
    assert found is not None
    assert 0 <= found.progress <= 1
    assert found.low <= found.value + 1e-6
    assert found.value <= found.high + 1e-6
