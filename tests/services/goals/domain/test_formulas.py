"""The formulas of progress, marks, score and pace, each against itself worked out another way, exactly."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.goals.domain.closing import OutcomeMissing, close
from services.goals.domain.goal import Goal
from services.goals.domain.grade import band, outcome_by_rule
from services.goals.domain.key_result import KeyResult, weighted, weighted_progress
from services.goals.domain.outlook import check_ins
from services.goals.domain.pace import expected_progress, read_pace, share_of_time
from services.goals.domain.smart import missing_parts
from shared.ids import PersonId

AT = datetime(2026, 2, 1, tzinfo=UTC)
START, DUE = date(2026, 1, 1), date(2026, 4, 10)
MOVING = ("increase", "decrease", "milestone")
MARKS = (None, "commit", "target", "stretch")
values = st.integers(-1000, 1000).map(lambda n: n / 4)
weights = st.integers(1, 400).map(lambda n: n / 4)
"""Quarters: floats hold them exactly, so that two ways to reckon can be compared."""


def part(type_: str, *, value: float | None = None, **said: Any) -> KeyResult:
    made = KeyResult.model_validate({"key_result_id": "k", "title": "Some", "type": type_, **said})
    return made if value is None else made.measured(value, at=AT)


@st.composite
def ways(draw: st.DrawFn) -> dict[str, float]:
    """Start, target and both marks of something that grows, in order."""
    start, commit, target, stretch = sorted(draw(st.lists(values, min_size=4, max_size=4, unique=True)))
    return {"start": start, "commit": commit, "target": target, "stretch": stretch}


def mirrored(way: dict[str, float]) -> dict[str, float]:
    return {name: -value for name, value in way.items()}


def goal(*parts: KeyResult, **changes: Any) -> Goal:
    numbered = [each.model_copy(update={"key_result_id": f"k{n}"}) for n, each in enumerate(parts)]
    said = {"title": "Grow", "description": "More.", "relevance": "We grow.", "status": "agreed"}
    dated = {"goal_id": "g", "owner_id": "anna", "starts_on": START, "due_on": DUE}
    return Goal.model_validate({**said, **dated, "key_results": [dict(each) for each in numbered], **changes})


@given(ways(), values)
def test_progress_of_what_moves_is_the_exact_share_of_the_way(way: dict[str, float], value: float) -> None:
    share = Fraction(value - way["start"]) / Fraction(way["target"] - way["start"])
    progress = part("increase", value=value, **way).progress
    assert progress == pytest.approx(float(min(max(share, Fraction(0)), Fraction(1))), abs=1e-9)
    assert (progress == 1.0) == (value >= way["target"])
    assert (progress == 0.0) == (value <= way["start"])


@given(ways(), values, st.sampled_from([0.25, 2.0, 1024.0]), values)
def test_a_share_does_not_depend_on_the_unit_or_where_its_scale_begins(
    way: dict[str, float], value: float, factor: float, shift: float
) -> None:
    one = part("increase", value=value, **way)
    scaled = {name: each * factor + shift for name, each in way.items()}
    other = part("increase", value=value * factor + shift, **scaled)
    assert (other.progress, other.mark) == (pytest.approx(one.progress, abs=1e-9), one.mark)


@given(ways(), values)
def test_a_decrease_is_an_increase_seen_in_a_mirror(way: dict[str, float], value: float) -> None:
    up, down = part("increase", value=value, **way), part("decrease", value=-value, **mirrored(way))
    assert (up.progress, up.mark, up.direction) == (down.progress, down.mark, -down.direction)


@given(ways(), values)
def test_a_threshold_from_below_is_one_from_above_seen_in_a_mirror(
    way: dict[str, float], value: float
) -> None:
    above, below = part("stay_above", value=value, **way), part("stay_below", value=-value, **mirrored(way))
    assert above.progress == below.progress == float(value >= way["target"])
    assert above.mark == below.mark


@pytest.mark.parametrize("type_", ["increase", "decrease", "stay_above", "stay_below"])
@given(ways(), values, values)
def test_a_mark_is_the_highest_that_is_reached_and_more_is_never_a_lower_one(
    type_: str, way: dict[str, float], one: float, other: float
) -> None:
    towards = -1 if type_ in {"decrease", "stay_below"} else 1
    said = way if towards == 1 else mirrored(way)
    less, more = sorted((one, other), key=lambda value: value * towards)
    marks = [part(type_, value=value, **said).mark for value in (less, more)]
    assert MARKS.index(marks[0]) <= MARKS.index(marks[1])
    passed = sum(less * towards >= said[name] * towards for name in ("commit", "target", "stretch"))
    assert marks[0] == MARKS[passed]
    assert part(type_, **said).mark is None


@given(ways(), values)
def test_without_commit_and_stretch_only_the_target_is_a_mark(way: dict[str, float], value: float) -> None:
    plain = {"start": way["start"], "target": way["target"]}
    assert part("increase", value=value, **plain).mark == ("target" if value >= way["target"] else None)
    assert part("baseline", value=value, **plain).mark is None


@given(st.lists(st.tuples(weights, st.booleans()), min_size=1, max_size=12), st.randoms())
def test_milestones_are_the_weights_of_those_reached_over_all_whatever_their_order(
    steps: list[tuple[float, bool]], dice: Any
) -> None:
    milestones = [
        {"milestone_id": f"m{n}", "title": "A step", "weight": weight} for n, (weight, _) in enumerate(steps)
    ]
    goes = part("milestone", unit_kind="milestones", milestones=milestones)
    order = list(enumerate(steps))
    dice.shuffle(order)
    for n, _ in order:
        goes = goes.with_milestone(f"m{n}", reached=True, at=AT)
    for n, (_, reached) in order:
        if not reached:
            goes = goes.with_milestone(f"m{n}", reached=False, at=AT)
    whole = sum(Fraction(weight) for weight, _ in steps)
    done = sum(Fraction(weight) for weight, reached in steps if reached)
    assert goes.progress == pytest.approx(float(done / whole), abs=1e-9)
    assert goes.reached == tuple(f"m{n}" for n, (_, reached) in enumerate(steps) if reached)
    assert (goes.mark == "target") == (done == whole)


@given(st.lists(st.tuples(weights, st.none() | st.integers(0, 8).map(lambda n: n / 8)), max_size=10))
def test_a_whole_is_the_exact_mean_of_its_parts_by_weight(shares: list[tuple[float, float | None]]) -> None:
    told = [(Fraction(weight), Fraction(share)) for weight, share in shares if share is not None]
    if not told:
        assert weighted(shares) is None
        return
    mean = sum(weight * share for weight, share in told) / sum(weight for weight, _ in told)
    assert weighted(shares) == pytest.approx(float(mean))


@given(st.integers(0, 1000).map(lambda n: n / 1000))
def test_a_goal_ends_by_its_score_and_as_is_said_if_somebody_says(score: float) -> None:
    scored = goal(part("increase", start=0, target=1, value=score))
    ended, event = close(scored, outcome=None, by=PersonId("anna"), comment="", at=AT)
    by_rule = "achieved" if score == 1 else "partly_achieved" if score >= 0.3 else "missed"
    assert (ended.outcome, event.outcome, event.progress) == (by_rule, by_rule, score)
    said, _ = close(scored, outcome="missed", by=PersonId("anna"), comment="", at=AT)
    assert said.outcome == "missed"


def test_what_has_no_score_ends_as_somebody_says_and_not_as_nothing() -> None:
    unknown = goal(part("stay_above", target=3))
    assert missing_parts(unknown) == {}
    with pytest.raises(OutcomeMissing):
        close(unknown, outcome=None, by=PersonId("anna"), comment="", at=AT)


@given(st.integers(1, 400), st.integers(-10, 500))
def test_time_gone_is_the_days_gone_of_all_days(length: int, day: int) -> None:
    due_on, on = START + timedelta(days=length), START + timedelta(days=day)
    days = [START + timedelta(days=n) for n in range(length + 1)]
    gone = Fraction(sum(each <= on for each in days), len(days))
    assert share_of_time(START, due_on, on=on) == pytest.approx(float(gone))


KINDS = st.sampled_from(["increase", "stay_above", "yes_no"])


def kind_of(kind: str, weight: float, value: float | None) -> KeyResult:
    if kind == "yes_no":
        said = None if value is None else float(value >= 50)
        return part("milestone", unit_kind="yes_no", weight=weight, value=said)
    return part(kind, target=100, weight=weight, value=value)


@given(
    st.lists(st.tuples(KINDS, weights, st.none() | st.integers(0, 100)), min_size=1, max_size=6),
    st.integers(-3, 110),
)
def test_what_is_expected_is_the_mean_of_what_each_kind_is_to_be_by_then(
    kinds: list[tuple[str, float, float | None]], day: int
) -> None:
    on = START + timedelta(days=day)
    gone = min(Fraction(1), max(Fraction(0), Fraction(day + 1, (DUE - START).days + 1)))
    known = [each for each in kinds if not (each[0] == "stay_above" and each[2] is None)]
    some = goal(*(kind_of(*each) for each in kinds))
    found = expected_progress(some, on=on)
    if not known:
        assert found is None
        assert read_pace(some, on=on).pace == "not_measured"
        return
    each = {"increase": gone, "stay_above": Fraction(1), "yes_no": Fraction(gone == 1)}
    mean = sum(Fraction(weight) * each[kind] for kind, weight, _ in known) / sum(
        Fraction(weight) for _, weight, _ in known
    )
    assert found == pytest.approx(float(mean), abs=1e-8)
    reading = read_pace(some, on=on)
    assert reading.progress == some.progress
    assert reading.gap == pytest.approx((float(mean) - (some.progress or 0)) * 100, abs=1e-6)


@given(st.integers(0, 10_000))
def test_the_pace_is_decided_by_the_points_behind_and_a_lead_never_harms(hundredths: int) -> None:
    behind = hundredths / 100
    assume(min(abs(behind - 16.5), abs(behind - 33)) > 1e-6)
    reading = read_pace(goal(part("increase", target=100, value=100 - behind)), on=DUE)
    by_rule = "on_track" if behind < 16.5 else "behind" if behind < 33 else "at_risk"
    assert (reading.pace, reading.gap) == (by_rule, pytest.approx(behind))
    assert f"Progress is {100 - behind:.0f}%" in reading.reason
    begun = read_pace(goal(part("increase", target=100, value=behind)), on=START - timedelta(days=1))
    assert begun.pace == "on_track"


@pytest.mark.parametrize(("behind", "pace"), [(16.5, "on_track"), (33.0, "behind")])
def test_the_bounds_of_a_pace_belong_to_the_better_one(behind: float, pace: str) -> None:
    eighth = goal(part("increase", target=1000, value=1000 - behind * 10))
    reading = read_pace(eighth, on=DUE)
    assert (reading.gap, reading.pace) == (behind, pace)


@pytest.mark.parametrize("parts", [1, 2, 3, 7, 10])
@pytest.mark.parametrize(
    ("tenths", "found", "outcome"),
    [(3, "yellow", "partly_achieved"), (7, "green", "partly_achieved"), (10, "full", "achieved")],
)
@given(start=st.sampled_from([0.0, 2.1, -0.3, 1000.0]), way=st.sampled_from([1.0, -1.0, 0.1, 3.3]))
def test_the_bounds_of_a_band_belong_to_the_better_one(
    parts: int, tenths: int, found: str, outcome: str, start: float, way: float
) -> None:
    kind = "increase" if way > 0 else "decrease"
    value = start + way * tenths / 10
    some = [
        part(kind, start=start, target=start + way, value=value, weight=0.1 * (n + 1)) for n in range(parts)
    ]
    score = goal(*some).progress
    assert score is not None
    assert (band(score), outcome_by_rule(score)) == (found, outcome)


@given(st.integers(0, 200), st.integers(1, 30), st.integers(-20, 50), st.none() | st.integers(0, 90))
def test_check_ins_are_counted_one_by_one(day: int, every: int, agreed: int, last: int | None) -> None:
    """Each that was due on a day that is over, and not after the goal was, was missed."""
    checked = None if last is None else START + timedelta(days=last)
    some = goal(agreed_on=START + timedelta(days=agreed), checked_in_on=checked)
    on = START + timedelta(days=day)
    since = max(each for each in (START, some.agreed_on, checked) if each is not None)
    due = since + timedelta(days=every)
    missed = 0
    while due < min(on, DUE):
        missed, due = missed + 1, due + timedelta(days=every)
    assert check_ins(some, on=on, every=every) == (due, missed)


@given(ways(), values, values)
def test_progress_of_a_goal_is_that_of_its_parts_together(
    way: dict[str, float], value: float, guard: float
) -> None:
    parts = (part("increase", value=value, weight=3, **way), part("stay_below", target=guard, value=0.0))
    assert goal(*parts).progress == weighted_progress(parts)
