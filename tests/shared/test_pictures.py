"""Ticks and places of charts, however odd the range is."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.pictures import Scale, apart, nice_ticks, thinned


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (0, 10),
        (0, 5e-324),
        (0, 2.5e-323),
        (1e-310, 3e-300),
        (1e15, 1e15 + 0.125),
        (3, 3),
        (-1e15, 1e15),
        (0.1, 0.3),
    ],
)
def test_ticks_cover_the_range_and_are_several(low: float, high: float) -> None:
    ticks = nice_ticks(low, high)
    assert len(ticks) >= 2
    assert ticks[0] <= low
    assert high <= ticks[-1]
    scale = Scale(ticks[0], ticks[-1], 0, 100)
    assert 0 <= scale.at(low) <= scale.at(high) <= 100


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(-1e6, 1e6)), max_size=400))
def test_a_thinned_line_keeps_its_ends_its_extremes_and_its_order(places: list[tuple[float, float]]) -> None:
    places.sort(key=lambda place: place[0])
    kept = thinned(places)
    assert len(kept) <= 4 * 51
    walked = iter(places)
    assert all(place in walked for place in kept)
    if places:
        assert (kept[0], kept[-1]) == (places[0], places[-1])
        assert min(y for _, y in kept) == min(y for _, y in places)
        assert max(y for _, y in kept) == max(y for _, y in places)


@given(st.lists(st.floats(0, 200), max_size=5))
def test_names_of_lines_do_not_stand_over_each_other(tops: list[float]) -> None:
    placed = apart(sorted(tops), least=13, low=10, high=190)
    assert all(10 <= top <= 190 for top in placed)
    assert all(after - before > 12.8 for before, after in pairwise(placed))
