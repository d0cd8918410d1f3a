"""Progress of key results, and of a goal by their weights."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.goals.domain.key_result import KeyResult, KeyResultWording, weighted_progress

AT = datetime(2026, 2, 1, tzinfo=UTC)
QUANTITIES = st.floats(min_value=-1e15, max_value=1e15)
WEIGHTS = st.floats(min_value=0.01, max_value=100)
TYPES = ("increase", "decrease", "milestone", "stay_above", "stay_below", "baseline")


def key_result(type_: str = "increase", **changes: Any) -> KeyResult:
    start, target = (10.0, 0.0) if type_ == "decrease" else (0.0, 10.0)
    said = {"key_result_id": "k", "title": "Some", "type": type_, "start": start, "target": target}
    return KeyResult.model_validate({**said, **changes})


@st.composite
def moving(draw: st.DrawFn) -> KeyResult:
    low, high = sorted((draw(QUANTITIES), draw(QUANTITIES)))
    assume(low < high)
    type_ = draw(st.sampled_from(("increase", "decrease", "milestone")))
    start, target = (high, low) if type_ == "decrease" else (low, high)
    return key_result(type_, start=start, target=target, weight=draw(WEIGHTS))


@st.composite
def any_key_result(draw: st.DrawFn) -> KeyResult:
    type_ = draw(st.sampled_from(TYPES))
    part = key_result(type_, weight=draw(WEIGHTS))
    value = draw(st.none() | st.floats(min_value=-20, max_value=20))
    return part if value is None else part.measured(value, at=AT)


@given(moving(), QUANTITIES)
def test_progress_is_a_share_whatever_is_measured(part: KeyResult, value: float) -> None:
    progress = part.measured(value, at=AT).progress
    assert progress is not None
    assert 0.0 <= progress <= 1.0


@given(moving(), QUANTITIES, QUANTITIES)
def test_going_towards_the_target_never_lowers_progress(part: KeyResult, one: float, other: float) -> None:
    near, far = sorted((one, other), reverse=part.target > part.start)
    closer, farther = part.measured(near, at=AT).progress, part.measured(far, at=AT).progress
    assert closer is not None
    assert farther is not None
    assert closer >= farther


@given(moving())
def test_the_way_begins_at_nothing_and_ends_at_all_of_it(part: KeyResult) -> None:
    assert part.progress == 0.0
    assert part.measured(part.start, at=AT).progress == 0.0
    assert part.measured(part.target, at=AT).progress == 1.0


@pytest.mark.parametrize(
    ("start", "target", "value", "progress"),
    [(10, 2, 6, 0.5), (10, 2, 12, 0), (10, 2, 1, 1), (0.08, 0.02, 0.05, 0.5), (5, -5, 0, 0.5)],
)
def test_what_is_to_decrease_progresses_downwards(
    start: float, target: float, value: float, progress: float
) -> None:
    part = key_result("decrease", start=start, target=target).measured(value, at=AT)
    assert part.progress == pytest.approx(progress)


@pytest.mark.parametrize(
    ("type_", "value", "progress"),
    [
        ("stay_above", None, None),
        ("stay_above", 10, 1),
        ("stay_above", 9.99, 0),
        ("stay_below", None, None),
        ("stay_below", 10, 1),
        ("stay_below", 10.01, 0),
        ("baseline", None, 0),
        ("baseline", -3, 1),
    ],
)
def test_a_threshold_holds_or_not_and_a_baseline_is_measured_or_not(
    type_: str, value: float | None, progress: float | None
) -> None:
    part = key_result(type_)
    assert (part if value is None else part.measured(value, at=AT)).progress == progress


@pytest.mark.parametrize("type_", ["increase", "decrease", "milestone"])
def test_nothing_to_achieve_is_refused(type_: str) -> None:
    with pytest.raises(ValidationError, match="target equals start"):
        key_result(type_, start=3, target=3)


@pytest.mark.parametrize("type_", ["stay_above", "stay_below", "baseline"])
def test_what_does_not_move_may_start_at_its_target(type_: str) -> None:
    assert key_result(type_, start=3, target=3).type == type_


@pytest.mark.parametrize(
    ("type_", "start", "target"), [("increase", 3, 1), ("decrease", 1, 3)], ids=["increase", "decrease"]
)
def test_the_wrong_direction_is_refused(type_: str, start: float, target: float) -> None:
    with pytest.raises(ValidationError, match=type_):
        key_result(type_, start=start, target=target)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e16, -1e16])
@pytest.mark.parametrize("field", ["start", "target"])
def test_quantities_are_numbers_that_can_be_told_apart(field: str, value: float) -> None:
    with pytest.raises(ValidationError):
        key_result("increase", **{field: value})


@pytest.mark.parametrize("weight", [0, -1, 100.1, float("nan")])
def test_a_weight_is_more_than_nothing_and_at_most_the_whole(weight: float) -> None:
    with pytest.raises(ValidationError):
        key_result(weight=weight)


def test_an_older_measurement_does_not_replace_the_newest() -> None:
    newest = key_result().measured(7, at=AT)
    assert newest.measured(3, at=AT - timedelta(days=1)) == newest
    assert newest.measured(8, at=AT).current == 8


def test_what_is_written_down_says_nothing_of_measurements() -> None:
    said = {
        "title": "Some",
        "type": "increase",
        "target": 1,
        "current": 1,
        "measured_at": "2999-01-01T00:00:00Z",
    }
    wording = KeyResultWording.model_validate(said)
    assert wording.model_dump().keys().isdisjoint({"current", "measured_at"})


@pytest.mark.parametrize("id_", ["", "two words", "a/b", "ä", "x" * 65])
def test_an_id_is_no_text(id_: str) -> None:
    with pytest.raises(ValidationError):
        key_result(key_result_id=id_)


def test_a_key_result_without_an_id_is_given_its_own() -> None:
    said = {"title": "Some", "type": "increase", "target": 1}
    one, other = (KeyResultWording.model_validate(said) for _ in range(2))
    assert one.key_result_id != other.key_result_id


@given(st.lists(any_key_result(), max_size=8))
def test_a_goals_progress_lies_between_those_of_its_parts(parts: list[KeyResult]) -> None:
    told = [part.progress for part in parts if part.progress is not None]
    progress = weighted_progress(parts)
    if progress is None:
        assert told == []
    else:
        assert min(told) - 1e-9 <= progress <= max(told) + 1e-9


@given(st.lists(any_key_result(), max_size=8), WEIGHTS)
def test_a_part_that_cannot_be_told_counts_neither_as_nothing_nor_at_all(
    parts: list[KeyResult], weight: float
) -> None:
    missing = key_result("stay_above", weight=weight)
    assert weighted_progress([*parts, missing]) == weighted_progress(parts)


@given(st.lists(any_key_result(), min_size=1, max_size=8), st.floats(min_value=0.1, max_value=1))
def test_only_the_proportions_of_weights_count(parts: list[KeyResult], scale: float) -> None:
    scaled = [part.model_copy(update={"weight": part.weight * scale}) for part in parts]
    progress = weighted_progress(parts)
    assert weighted_progress(scaled) == (None if progress is None else pytest.approx(progress))


@given(st.lists(any_key_result(), max_size=6), moving(), QUANTITIES, QUANTITIES)
def test_a_goal_gains_when_a_part_gains(
    others: list[KeyResult], part: KeyResult, one: float, other: float
) -> None:
    near, far = sorted((one, other), reverse=part.target > part.start)
    closer = weighted_progress([*others, part.measured(near, at=AT)])
    farther = weighted_progress([*others, part.measured(far, at=AT)])
    assert closer is not None
    assert farther is not None
    assert closer >= farther - 1e-9


def test_weights_are_relative_to_each_other() -> None:
    done, begun = key_result(weight=3).measured(10, at=AT), key_result(weight=1)
    assert weighted_progress([done, begun]) == pytest.approx(0.75)


def test_figures_of_a_confidential_goal_carry_no_unit() -> None:
    part = key_result(unit="lawsuits settled")
    assert part.figures().unit == "lawsuits settled"
    assert part.figures(confidential=True).unit is None
