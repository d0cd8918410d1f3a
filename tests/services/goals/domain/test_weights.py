"""What one owner's goals weigh on any day."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.goals.domain.weights import WeightsExceedWhole, heaviest_day, require_room

FIRST = date(2026, 1, 1)


@dataclass(frozen=True)
class Load:
    weight: float
    starts_on: date
    due_on: date


def load(weight: float, first: int = 0, last: int = 89) -> Load:
    return Load(weight, FIRST + timedelta(days=first), FIRST + timedelta(days=last))


@st.composite
def loads(draw: st.DrawFn) -> Load:
    first = draw(st.integers(0, 60))
    return load(draw(st.floats(0, 100)), first, first + draw(st.integers(1, 40)))


@given(st.lists(loads(), max_size=8), loads())
def test_the_heaviest_day_is_the_heaviest_of_all_days(goals: list[Load], within: Load) -> None:
    days = [within.starts_on + timedelta(days=n) for n in range((within.due_on - within.starts_on).days + 1)]
    each = [sum(goal.weight for goal in goals if goal.starts_on <= day <= goal.due_on) for day in days]
    assert heaviest_day(goals, first=within.starts_on, last=within.due_on) == pytest.approx(max(each))


@pytest.mark.parametrize("others", [[100], [60, 40], [50, 30, 20], [33.33, 33.33, 33.34], [100 / 3] * 3])
def test_weights_may_add_up_to_the_whole(others: list[float]) -> None:
    *beside, last = [load(weight) for weight in others]
    require_room(last, beside=beside)


def test_what_exceeds_the_whole_is_refused_with_what_is_free() -> None:
    with pytest.raises(WeightsExceedWhole) as refused:
        require_room(load(40), beside=[load(50), load(20)])
    assert refused.value.facts == {"free": 30, "weight": 40}


def test_goals_of_other_times_leave_their_weight_free() -> None:
    require_room(load(100, 0, 89), beside=[load(100, 90, 180), load(100, -90, -1)])


def test_goals_that_follow_each_other_do_not_add_up() -> None:
    quarters = [load(60, 0, 89), load(60, 90, 180)]
    require_room(load(40, 0, 180), beside=quarters)
    with pytest.raises(WeightsExceedWhole):
        require_room(load(41, 0, 180), beside=quarters)


def test_the_last_day_still_counts() -> None:
    with pytest.raises(WeightsExceedWhole):
        require_room(load(50, 89, 120), beside=[load(60, 0, 89)])


def test_a_goal_without_weight_always_has_room() -> None:
    require_room(load(0), beside=[load(100), load(80)])
