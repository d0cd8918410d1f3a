"""Units of key results, what is surely to be reached, and what would be more than asked for."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.goals.domain.key_result import KeyResult, KeyResultWording
from shared.errors import Invalid, NotFound

AT = datetime(2026, 2, 1, tzinfo=UTC)
WEIGHTS = st.floats(min_value=0.01, max_value=100)


def part(**said: Any) -> KeyResult:
    return KeyResult.model_validate({"key_result_id": "k", "title": "Some", "type": "milestone", **said})


def steps(*weights: float, **said: Any) -> KeyResult:
    milestones = [
        {"milestone_id": f"m{number}", "title": "A step", "weight": weight}
        for number, weight in enumerate(weights)
    ]
    return part(unit_kind="milestones", milestones=milestones, **said)


def test_a_unit_is_kept_without_the_blanks_around_it() -> None:
    units = [part(type="increase", target=9, unit=unit).unit for unit in (" calls ", "  ", "calls a day")]
    assert units == ["calls", "number", "calls a day"]


def test_a_yes_or_no_runs_from_0_to_1_and_is_either() -> None:
    certified = part(unit_kind="yes_no")
    assert (certified.start, certified.target, certified.unit, certified.progress) == (0, 1, "yes or no", 0)
    assert certified.measured(1, at=AT).progress == 1.0
    with pytest.raises(Invalid):
        certified.measured(0.5, at=AT)


@given(st.lists(WEIGHTS, min_size=1, max_size=20))
def test_a_list_of_milestones_is_all_of_the_way_once_all_are_reached(weights: list[float]) -> None:
    goes, before = steps(*weights), 0.0
    for number in range(len(weights)):
        goes = goes.with_milestone(f"m{number}", reached=True, at=AT)
        assert goes.progress is not None
        assert goes.progress >= before
        before = goes.progress
    assert (goes.progress, goes.mark) == (1.0, "target")


def test_milestones_count_by_their_weight_and_can_be_taken_back() -> None:
    opened = steps(1, 3).with_milestone("m1", reached=True, at=AT)
    assert (opened.value, opened.progress, opened.reached) == (3, 0.75, ("m1",))
    assert opened.with_milestone("m1", reached=False, at=AT).progress == 0.0
    with pytest.raises(Invalid):
        opened.with_milestone("m1", reached=True, at=AT)
    with pytest.raises(NotFound):
        opened.with_milestone("other", reached=True, at=AT)
    with pytest.raises(Invalid):
        opened.measured(4, at=AT)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"unit_kind": "money", "unit": "euro", "target": 9}, "ISO 4217"),
        ({"unit_kind": "money", "unit": "EEE", "target": 9}, "ISO 4217"),
        ({"unit_kind": "yes_no", "type": "increase"}, "type be milestone"),
        ({"unit_kind": "yes_no", "target": 5}, "from 0 to 1"),
        ({"unit_kind": "milestones"}, "target"),
        ({"unit_kind": "milestones", "target": 3}, "at least one"),
        ({"unit_kind": "milestones", "milestones": 5}, "milestones"),
        ({"unit_kind": "milestones", "milestones": [{"title": "One", "weight": 10**400}]}, "weight"),
        ({"unit_kind": [], "target": 1}, "unit_kind"),
        ({"unit_kind": "milestones", "milestones": [{"title": "One"}], "target": 7}, "the weights of all"),
        (
            {"unit_kind": "milestones", "milestones": [{"milestone_id": "a", "title": "One"}] * 2},
            "the same id",
        ),
        ({"target": 3, "milestones": [{"title": "One"}]}, "unit_kind milestones"),
        ({"type": "increase", "target": 10, "commit": 11}, "before the target"),
        ({"type": "increase", "target": 10, "commit": 0}, "beyond the start"),
        ({"type": "increase", "target": 10, "stretch": 10}, "beyond the target"),
        ({"type": "decrease", "start": 10, "target": 5, "stretch": 6}, "beyond the target"),
        ({"type": "decrease", "start": 10, "target": 5, "commit": 4}, "before the target"),
        ({"type": "stay_below", "target": 5, "stretch": 6}, "beyond the target"),
        ({"type": "baseline", "target": 5, "commit": 4}, "in part"),
        ({"unit_kind": "yes_no", "commit": 1}, "in part"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_way_to_mend_it(said: Any, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        part(**said)


@pytest.mark.parametrize(
    ("type_", "start", "marks", "told"),
    [
        ("increase", 0, (6, 10, 12), {5: None, 6: "commit", 10: "target", 13: "stretch"}),
        ("decrease", 10, (6, 4, 2), {7: None, 5: "commit", 4: "target", 1: "stretch"}),
        ("stay_above", 0, (80, 90, 95), {79: None, 85: "commit", 90: "target", 96: "stretch"}),
        ("stay_below", 0, (5, 3, 1), {6: None, 4: "commit", 3: "target", 0: "stretch"}),
        ("baseline", 0, (None, 1, None), {5: None}),
    ],
)
def test_the_highest_mark_that_is_reached_is_told(
    type_: str, start: float, marks: tuple[float | None, ...], told: dict[float, str | None]
) -> None:
    commit, target, stretch = marks
    goes = part(type=type_, start=start, target=target, commit=commit, stretch=stretch)
    assert goes.mark is None
    assert {value: goes.measured(value, at=AT).mark for value in told} == told


def test_what_goes_on_is_what_is_left() -> None:
    left = steps(1, 3).with_milestone("m1", reached=True, at=AT).going_on()
    assert ([each.milestone_id for each in left.milestones], left.target) == (["m0"], 1)
    grown = part(type="increase", target=10, commit=6, stretch=12).measured(7, at=AT).going_on()
    assert (grown.start, grown.target, grown.commit, grown.stretch) == (7, 10, None, 12)
    assert part(unit_kind="yes_no").going_on().start == 0
    sure = steps(1, 1, 1, commit=2).with_milestone("m1", reached=True, at=AT).going_on()
    assert (sure.target, sure.commit) == (2, 1)
    surer = steps(1, 1, 1, commit=1).with_milestone("m1", reached=True, at=AT).going_on()
    assert (surer.target, surer.commit) == (2, None)
    guarded = part(type="stay_above", target=90, commit=80, stretch=95).measured(97, at=AT).going_on()
    assert (guarded.commit, guarded.stretch) == (80, 95)
    assert type(left) is KeyResultWording
