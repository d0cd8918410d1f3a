"""Scores, bands and the outcome that follows from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.goals.domain.grade import Retrospective, band, outcome_by_rule

ORDER = ("red", "yellow", "green", "full")


@pytest.mark.parametrize(
    ("score", "told", "outcome"),
    [
        (0.0, "red", "missed"),
        (0.2999, "red", "missed"),
        (0.3, "yellow", "partly_achieved"),
        (0.6999, "yellow", "partly_achieved"),
        (0.7, "green", "partly_achieved"),
        (0.9999, "green", "partly_achieved"),
        (1.0, "full", "achieved"),
    ],
)
def test_bands_are_those_of_the_field(score: float, told: str, outcome: str) -> None:
    assert (band(score), outcome_by_rule(score)) == (told, outcome)


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_is_never_a_lower_band(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert ORDER.index(band(low)) <= ORDER.index(band(high))


def test_without_a_score_nothing_follows_and_an_empty_retrospective_is_none() -> None:
    assert outcome_by_rule(None) is None
    with pytest.raises(ValueError, match="says what went well"):
        Retrospective(lessons="  ")
