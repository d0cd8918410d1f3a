"""Evidence is a fold of what happened: figures of goals, and feedback without its words."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.reviews.domain.cycle import Period
from services.reviews.domain.evidence import Evidence, FeedbackEvidence, GoalEvent, GoalEvidence, Reading
from shared.contracts import feedback, goals
from shared.ids import FeedbackId, GoalId, KeyResultId, PersonId

PERIOD = Period(starts_on=date(2026, 1, 1), ends_on=date(2026, 3, 31))
ANNA, BOSS = PersonId("anna"), PersonId("boss")
NAMED: Any = {"goal_id": GoalId("g"), "owner_id": ANNA, "visibility": "line"}
DATES: Any = {"starts_on": date(2026, 1, 5), "due_on": date(2026, 3, 31)}
DRAFTED = goals.GoalDrafted(**NAMED, **DATES, kind="objective", level="person", parent_id=None)
AGREED = goals.GoalAgreed(**NAMED, **DATES, by_person_id=BOSS)


def on(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def measured(value: float, *, at: datetime, key_result_id: str = "k1") -> goals.KeyResultMeasured:
    return goals.KeyResultMeasured(
        **NAMED,
        key_result_id=KeyResultId(key_result_id),
        value=value,
        measured_at=at,
        key_result_progress=value / 10,
        goal_progress=value / 10,
    )


def checked_in(confidence: float = 0.5) -> goals.GoalCheckedIn:
    return goals.GoalCheckedIn(
        **NAMED, by_person_id=ANNA, confidence=confidence, blocker_kinds=(), goal_progress=0.4
    )


def closed(outcome: goals.Outcome = "achieved") -> goals.GoalClosed:
    return goals.GoalClosed(**NAMED, by_person_id=BOSS, outcome=outcome, progress=1.0)


def fold(*events: tuple[GoalEvent, date]) -> GoalEvidence:
    goal = GoalEvidence.first(events[0][0])
    for event, day in events:
        goal = goal.after(event, at=on(day))
    return goal


def agreed_goal(*more: tuple[GoalEvent, date]) -> GoalEvidence:
    return fold((DRAFTED, date(2026, 1, 2)), (AGREED, date(2026, 1, 5)), *more)


def test_goal_is_known_by_its_figures() -> None:
    goal = agreed_goal(
        (measured(7, at=on(date(2026, 2, 1))), date(2026, 2, 1)),
        (checked_in(0.8), date(2026, 2, 2)),
        (closed(), date(2026, 4, 2)),
    )
    assert (goal.kind, goal.level, goal.person_id) == ("objective", "person", "anna")
    assert (goal.agreed_on, goal.closed_on, goal.outcome) == (date(2026, 1, 5), date(2026, 4, 2), "achieved")
    assert (goal.progress, goal.confidence) == (1.0, 0.8)
    assert [(latest.key_result_id, latest.value) for latest in goal.measurements] == [("k1", 7)]


def test_newest_measurement_is_the_one_that_held_last_not_the_one_reported_last() -> None:
    goal = agreed_goal(
        (measured(7, at=on(date(2026, 2, 20))), date(2026, 2, 20)),
        (measured(3, at=on(date(2026, 2, 1))), date(2026, 2, 21)),
        (measured(1, at=on(date(2026, 2, 1)), key_result_id="k2"), date(2026, 2, 21)),
    )
    assert [(latest.key_result_id, latest.value) for latest in goal.measurements] == [("k1", 7), ("k2", 1)]


def test_a_correction_leaves_what_counts_now() -> None:
    first, second = on(date(2026, 2, 1)), on(date(2026, 2, 20))
    stands = {"key_result_progress": 0.3, "goal_progress": 0.3}
    said = {**NAMED, "key_result_id": "k1", "measurement_id": "m", "by_person_id": BOSS, "from_value": 7.0}
    back = goals.MeasurementCorrected(
        **said, to_value=None, measured_at=second, current=3.0, current_at=first, **stands
    )
    known = ((measured(3, at=first), date(2026, 2, 1)), (measured(7, at=second), date(2026, 2, 20)))
    goal = agreed_goal(*known, (back, date(2026, 3, 1)))
    assert goal.progress == 0.3
    assert [(latest.value, latest.measured_at) for latest in goal.measurements] == [(3, first)]
    none = back.model_copy(update={"current": None, "current_at": None, "goal_progress": None})
    assert agreed_goal(*known, (none, date(2026, 3, 1))).measurements == ()


def test_progress_that_cannot_be_told_is_not_zero() -> None:
    untold = checked_in().model_copy(update={"goal_progress": None})
    assert agreed_goal().progress is None
    assert agreed_goal((untold, date(2026, 2, 1))).progress is None


def test_dates_follow_what_is_agreed_last() -> None:
    later = goals.GoalChanged(**NAMED, starts_on=date(2026, 4, 1), due_on=date(2026, 6, 30))
    assert agreed_goal((later, date(2026, 2, 1))).starts_on == date(2026, 4, 1)


def test_a_goal_with_another_owner_is_evidence_of_that_one_and_progress_follows_its_new_targets() -> None:
    moved = goals.GoalChanged(
        **{**NAMED, **DATES, "owner_id": "ben"}, changes=("owner_id",), edition=2, progress=0.4
    )
    goal = agreed_goal((moved, date(2026, 2, 1)))
    assert (goal.person_id, goal.progress) == ("ben", 0.4)


def test_goal_that_became_private_is_private() -> None:
    private = goals.GoalChanged(**{**NAMED, **DATES, "visibility": "private"})
    assert agreed_goal((private, date(2026, 2, 1))).visibility == "private"


@pytest.mark.parametrize(
    ("events", "active"),
    [
        ([(DRAFTED, date(2026, 1, 2))], False),
        ([(DRAFTED, date(2026, 1, 2)), (AGREED, date(2026, 1, 5))], True),
        ([(DRAFTED, date(2026, 1, 2)), (closed("cancelled"), date(2026, 2, 1))], False),
        ([(AGREED, date(2025, 1, 5)), (closed(), date(2025, 12, 31))], False),
        ([(AGREED, date(2025, 1, 5)), (closed(), date(2026, 1, 1))], True),
        ([(AGREED, date(2026, 1, 5)), (closed("missed"), date(2026, 4, 9))], True),
    ],
)
def test_goal_is_active_from_agreement_to_close(
    events: Sequence[tuple[GoalEvent, date]], active: bool
) -> None:
    assert fold(*events).is_active_in(PERIOD) is active


def test_goal_that_starts_after_the_period_is_not_of_it() -> None:
    last = goals.GoalAgreed(**NAMED, by_person_id=BOSS, starts_on=date(2026, 3, 31), due_on=date(2026, 6, 1))
    after = last.model_copy(update={"starts_on": date(2026, 4, 1)})
    assert fold((last, date(2026, 3, 1))).is_active_in(PERIOD)
    assert not fold((after, date(2026, 3, 1))).is_active_in(PERIOD)


def test_goal_past_its_due_date_stays_active_until_somebody_closes_it() -> None:
    old = goals.GoalAgreed(**NAMED, by_person_id=BOSS, starts_on=date(2025, 1, 1), due_on=date(2025, 6, 30))
    assert fold((old, date(2025, 1, 1))).is_active_in(PERIOD)


def test_check_ins_count_once_a_day_and_within_the_period() -> None:
    days = [date(2025, 12, 31), date(2026, 2, 2), date(2026, 2, 2), date(2026, 3, 31), date(2026, 4, 1)]
    goal = agreed_goal(*[(checked_in(), day) for day in days])
    assert goal.check_ins_in(PERIOD) == 2


def given(visibility: feedback.Visibility = "public", *, day: date = date(2026, 2, 1)) -> FeedbackEvidence:
    event = feedback.FeedbackGiven(
        feedback_id=FeedbackId("f"),
        giver_id=BOSS,
        receiver_id=ANNA,
        kind="praise",
        visibility=visibility,
        goal_id=None,
        competency="craft",
        request_id=None,
    )
    return FeedbackEvidence.of(event, at=on(day))


@pytest.mark.parametrize(
    ("visibility", "readers"),
    [
        ("receiver", ["person"]),
        ("receiver_and_manager", ["person", "reviewer", "others"]),
        ("public", ["person", "reviewer", "others"]),
    ],
)
def test_what_was_said_to_the_receiver_alone_stays_there(
    visibility: feedback.Visibility, readers: Sequence[Reading]
) -> None:
    everybody: Sequence[Reading] = ("person", "reviewer", "others")
    found = {
        reading: Evidence.within(PERIOD, goals=[], feedback=[given(visibility)]).shown_to(reading).feedback
        for reading in everybody
    }
    assert [reading for reading in everybody if found[reading]] == readers


def test_private_goal_is_between_the_person_and_the_reviewer() -> None:
    private = agreed_goal().model_copy(update={"visibility": "private"})
    everybody: Sequence[Reading] = ("person", "reviewer", "others")
    evidence = Evidence.within(PERIOD, goals=[private], feedback=[])
    seen = [bool(evidence.shown_to(each).goals) for each in everybody]
    assert seen == [True, True, False]


def test_feedback_belongs_to_the_period_in_which_it_was_given() -> None:
    days = [PERIOD.starts_on - timedelta(1), PERIOD.starts_on, PERIOD.ends_on, PERIOD.ends_on + timedelta(1)]
    found = Evidence.within(PERIOD, goals=[], feedback=[given(day=day) for day in days])
    assert [each.given_on for each in found.feedback] == days[1:3]
