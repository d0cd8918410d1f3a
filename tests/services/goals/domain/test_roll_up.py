"""What stands below a goal, added up: bounds, weights, and what is left out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.goals.domain.roll_up import RollUp, Serving, roll_up


def serving(**changes: Any) -> Serving:
    plain: dict[str, Any] = {
        "status": "agreed",
        "outcome": None,
        "visibility": "line",
        "contribution": 1.0,
        "progress": 0.5,
        "pace": "on_track",
        "blockers": (),
        "below": None,
    }
    return Serving(**{**plain, **changes})


def test_what_serves_a_goal_counts_by_its_contribution() -> None:
    found = roll_up("g", [serving(progress=1.0, contribution=3), serving(progress=0.0)])
    assert (found.direct, found.below, found.progress) == (2, 2, pytest.approx(0.75))


def test_a_goal_without_figures_of_its_own_is_as_far_as_what_serves_it() -> None:
    below = RollUp(goal_id="c", direct=2, below=5, closed=1, progress=0.25, paces={"behind": 4})
    found = roll_up("g", [serving(progress=None, pace=None, below=below), serving(progress=0.75)])
    assert (found.direct, found.below, found.closed, found.progress) == (2, 7, 1, pytest.approx(0.5))
    assert found.paces == {"behind": 4, "not_measured": 1, "on_track": 1}
    own = roll_up("g", [serving(progress=1.0, below=below)])
    assert own.progress == 1.0


def test_what_cannot_be_told_is_no_zero() -> None:
    assert roll_up("g", [serving(progress=None), serving(progress=0.6)]).progress == pytest.approx(0.6)
    assert roll_up("g", [serving(progress=None)]).progress is None
    assert roll_up("g", []).progress is None


@pytest.mark.parametrize(
    "left_out",
    [
        {"status": "draft"},
        {"status": "proposed"},
        {"status": "closed", "outcome": "cancelled"},
        {"status": "closed", "outcome": "carried_over"},
        {"visibility": "private"},
    ],
)
def test_drafts_cancelled_and_private_goals_are_left_out(left_out: dict[str, Any]) -> None:
    below = RollUp(goal_id="c", direct=1, below=1, progress=0.1)
    assert roll_up("g", [serving(**left_out, below=below), serving()]) == roll_up("g", [serving()])


def test_what_is_closed_still_counts_and_blocks_nothing() -> None:
    found = roll_up("g", [serving(status="closed", outcome="missed", progress=0.2, blockers=("person",))])
    assert (found.direct, found.closed, found.progress) == (1, 1, 0.2)
    assert (found.paces, found.blockers) == ({}, {})


def test_blockers_are_counted_all_the_way_up() -> None:
    below = RollUp(goal_id="c", direct=1, below=1, blockers={"person": 2, "resource": 1})
    found = roll_up("g", [serving(blockers=("person", "process"), below=below)])
    assert found.blockers == {"person": 3, "process": 1, "resource": 1}


children = st.lists(
    st.builds(
        serving,
        status=st.sampled_from(["draft", "agreed", "closed"]),
        outcome=st.sampled_from([None, "achieved", "cancelled"]),
        visibility=st.sampled_from(["private", "line", "everyone"]),
        contribution=st.floats(min_value=0.01, max_value=100),
        progress=st.none() | st.floats(min_value=0, max_value=1),
    ),
    max_size=8,
)


@given(children, st.randoms())
def test_a_sum_is_a_share_and_has_no_order(goals: list[Serving], dice: Any) -> None:
    found = roll_up("g", goals)
    assert found.progress is None or -1e-9 <= found.progress <= 1 + 1e-9
    assert found.closed <= found.direct == found.below <= len(goals)
    shuffled = list(goals)
    dice.shuffle(shuffled)
    other = roll_up("g", shuffled)
    assert other.model_copy(update={"progress": None}) == found.model_copy(update={"progress": None})
    assert other.progress == pytest.approx(found.progress, abs=1e-9)
