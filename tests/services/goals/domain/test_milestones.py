"""What was reached when does not depend on when it was told."""

from datetime import UTC, datetime, timedelta
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from services.goals.domain import milestones
from services.goals.domain.history import Measurement
from services.goals.domain.key_result import KeyResult
from services.goals.domain.milestones import retell
from shared.ids import GoalId, KeyResultId

START = datetime(2026, 1, 1, tzinfo=UTC)
STEPS = "abcd"
PART = KeyResult.model_validate(
    {
        "key_result_id": "steps",
        "title": "Steps",
        "type": "milestone",
        "unit_kind": "milestones",
        "milestones": [
            {"milestone_id": each, "title": each, "weight": n + 1} for n, each in enumerate(STEPS)
        ],
    }
)


def told(number: int, milestone: str, *, day: int, reached: bool) -> Measurement:
    return Measurement(
        measurement_id=f"m{number}",
        goal_id=GoalId("g"),
        key_result_id=KeyResultId("steps"),
        value=0,
        measured_at=START + timedelta(days=day),
        taken_at=START + timedelta(days=100 + number),
        by_person_id=None,
        reached=(milestone,) if reached else (),
        milestone_id=milestone,
    )


@given(
    st.lists(
        st.tuples(st.sampled_from(STEPS), st.booleans()), max_size=8, unique_by=lambda each: each[0]
    ).flatmap(lambda said: st.tuples(st.just(said), st.permutations(range(len(said)))))
)
def test_told_in_any_order_the_same_is_reached(said: tuple[list[tuple[str, bool]], list[int]]) -> None:
    steps, order = said
    measurements = [
        told(number, *steps[day][:1], day=day, reached=steps[day][1]) for number, day in enumerate(order)
    ]
    stands = retell(PART, measurements).part
    assert set(stands.reached) == {milestone for milestone, reached in steps if reached}
    if steps:
        assert stands.value == sum(STEPS.index(each) + 1 for each in stands.reached)
        assert stands.measured_at == START + timedelta(days=len(steps) - 1)
    else:
        assert stands.current is None


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.booleans()), min_size=1, max_size=20), st.integers(1, 5))
def test_what_was_said_last_of_each_stands_for_all_that_is_older(
    said: list[tuple[str, bool]], most: int
) -> None:
    everything = [told(day, *each[:1], day=day, reached=each[1]) for day, each in enumerate(said)]
    older = {each.milestone_id: each for each in everything[:-most]}.values()
    with mock.patch.object(milestones, "MOST", most):
        whole, part = retell(PART, everything), retell(PART, [*older, *everything[-most:]])
    assert part.part == whole.part
    assert [*part.stale] == [*whole.stale]


def test_those_that_say_otherwise_are_named_and_no_others() -> None:
    first, second = told(0, "a", day=1, reached=True), told(1, "b", day=3, reached=True)
    second = second.model_copy(update={"reached": ("a", "b")})
    assert not retell(PART, [second, first]).stale
    late = told(2, "c", day=2, reached=True).model_copy(update={"reached": ("a", "c")})
    assert [each.measurement_id for each in retell(PART, [first, second, late]).stale] == ["m1"]
    old = first.model_copy(update={"milestone_id": None}), second.model_copy(update={"milestone_id": None})
    assert retell(PART, [*old, late]).reached["m1"] == ("a", "b", "c")
