"""Where a goal is heading, by a line that a wrong value does not move."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

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
        (None, "miss", "miss"),
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
