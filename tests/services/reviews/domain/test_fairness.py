"""A low rating that rests on nothing is flagged, and only that."""

from datetime import date

import pytest

from services.reviews.domain.cycle import Period
from services.reviews.domain.evidence import Evidence, FeedbackEvidence, GoalEvidence
from services.reviews.domain.fairness import flags_of, is_low
from shared.ids import FeedbackId, GoalId, PersonId

PERIOD = Period(starts_on=date(2026, 1, 1), ends_on=date(2026, 3, 31))
FLAG = ("low_rating_without_evidence",)


def goal(*checked_in_on: date) -> GoalEvidence:
    return GoalEvidence(
        goal_id=GoalId("g"),
        person_id=PersonId("anna"),
        visibility="line",
        agreed_on=date(2026, 1, 1),
        starts_on=date(2026, 1, 1),
        checked_in_on=checked_in_on,
    )


def feedback() -> FeedbackEvidence:
    return FeedbackEvidence(
        feedback_id=FeedbackId("f"),
        person_id=PersonId("anna"),
        giver_id=PersonId("boss"),
        kind="suggestion",
        visibility="receiver_and_manager",
        goal_id=None,
        competency=None,
        given_on=date(2026, 2, 1),
    )


@pytest.mark.parametrize(
    ("scale_max", "low"), [(5, [1, 2]), (4, [1]), (3, [1]), (2, [1]), (10, [1, 2, 3]), (7, [1, 2])]
)
def test_low_is_the_lowest_quarter_of_the_way(scale_max: int, low: list[int]) -> None:
    ratings = range(1, scale_max + 1)
    assert [rating for rating in ratings if is_low(rating, scale_max=scale_max)] == low


def test_low_rating_without_anything_is_flagged() -> None:
    assert flags_of(2, scale_max=5, evidence=Evidence(period=PERIOD)) == FLAG
    assert flags_of(2, scale_max=5, evidence=Evidence(period=PERIOD, goals=(goal(),))) == FLAG


def test_feedback_is_something() -> None:
    assert flags_of(1, scale_max=5, evidence=Evidence(period=PERIOD, feedback=(feedback(),))) == ()


def test_check_ins_are_no_feedback() -> None:
    """They are the person's own."""
    evidence = Evidence(period=PERIOD, goals=(goal(date(2026, 3, 31)),))
    assert evidence.check_ins == 1
    assert flags_of(1, scale_max=5, evidence=evidence) == FLAG


def test_other_ratings_and_none_are_not_flagged() -> None:
    assert flags_of(3, scale_max=5, evidence=Evidence(period=PERIOD)) == ()
    assert flags_of(None, scale_max=5, evidence=Evidence(period=PERIOD)) == ()
