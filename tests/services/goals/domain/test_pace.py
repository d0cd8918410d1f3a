"""Whether a goal is where it should be by now, in figures and in words."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.goals.domain.goal import Goal
from services.goals.domain.pace import expected_progress, read_pace, share_of_time

START, DUE = date(2026, 1, 1), date(2026, 4, 10)
HALF = date(2026, 2, 19)


def part(**fields: Any) -> dict[str, Any]:
    plain = {"title": "Reach", "type": "increase", "start": 0, "target": 100, "current": 0}
    return plain | fields


def goal(*parts: dict[str, Any]) -> Goal:
    return Goal.model_validate(
        {
            "goal_id": "g",
            "owner_id": "anna",
            "title": "Grow",
            "starts_on": START,
            "due_on": DUE,
            "key_results": parts,
        }
    )


def test_time_goes_from_the_first_day_to_the_end_of_the_last() -> None:
    assert share_of_time(START, DUE, on=START - timedelta(days=1)) == 0
    assert share_of_time(START, DUE, on=START) == pytest.approx(0.01)
    assert share_of_time(START, DUE, on=HALF) == pytest.approx(0.5)
    assert share_of_time(START, DUE, on=DUE) == 1
    assert share_of_time(START, DUE, on=DUE + timedelta(days=400)) == 1


@pytest.mark.parametrize(
    ("current", "pace"),
    [
        (80, "on_track"),
        (50, "on_track"),
        (33.5, "on_track"),
        (33.4, "behind"),
        (17, "behind"),
        (16.9, "at_risk"),
    ],
)
def test_the_gap_decides(current: float, pace: str) -> None:
    assert read_pace(goal(part(current=current)), on=HALF).pace == pace


def test_the_reason_is_said_in_figures() -> None:
    behind = read_pace(goal(part(current=20)), on=HALF)
    assert behind.reason == (
        "Progress is 20% where 50% was to be expected by 19 February 2026: 30 points behind."
    )
    ahead = read_pace(goal(part(current=75)), on=HALF)
    assert ahead.reason.endswith("by 19 February 2026: 25 points ahead.")
    assert read_pace(goal(part(current=50)), on=HALF).reason.endswith("which is on track.")


def test_a_threshold_is_expected_to_hold_from_the_first_day() -> None:
    guarded = part(type="stay_above", target=10, current=12)
    assert expected_progress(goal(guarded), on=START) == 1
    assert read_pace(goal(guarded), on=START).pace == "on_track"
    assert read_pace(goal(guarded | {"current": 9}), on=START).pace == "at_risk"


def test_what_cannot_be_told_counts_neither_way() -> None:
    unknown = part(type="stay_below", target=10, current=None)
    assert read_pace(goal(unknown), on=HALF) == (
        "not_measured",
        HALF,
        None,
        None,
        None,
        "Nothing was measured that can be told.",
    )
    beside = read_pace(goal(unknown, part(current=50)), on=HALF)
    assert (beside.expected, beside.progress) == (pytest.approx(0.5), pytest.approx(0.5))


shares = st.floats(min_value=0, max_value=100, allow_nan=False)


@given(
    st.lists(st.tuples(shares, st.floats(min_value=0.01, max_value=100)), min_size=1, max_size=6),
    st.integers(min_value=-50, max_value=200),
    st.integers(min_value=0, max_value=50),
)
def test_expectation_is_a_share_grows_with_time_and_has_no_use_for_progress(
    measured: list[tuple[float, float]], day: int, later: int
) -> None:
    some = goal(*(part(current=value, weight=weight) for value, weight in measured))
    none = goal(*(part(weight=weight) for _, weight in measured))
    on = START + timedelta(days=day)
    expected = expected_progress(some, on=on)
    after = expected_progress(some, on=on + timedelta(days=later))
    assert expected is not None
    assert after is not None
    assert 0 <= expected <= after + 1e-9 <= 1 + 2e-9
    assert expected_progress(none, on=on) == pytest.approx(expected)
    assert (read_pace(some, on=on).gap or 0) <= (read_pace(none, on=on).gap or 0) + 1e-9


@pytest.mark.parametrize(
    "kind", [{"type": "milestone", "unit_kind": "yes_no"}, {"type": "baseline", "target": 1}]
)
def test_what_is_there_at_once_is_expected_by_its_last_day_and_not_bit_by_bit(kind: dict[str, Any]) -> None:
    signed = goal({"title": "Signed", **kind})
    assert read_pace(signed, on=HALF).pace == "on_track"
    assert expected_progress(signed, on=DUE) == 1.0
    assert read_pace(signed, on=DUE).pace == "at_risk"
