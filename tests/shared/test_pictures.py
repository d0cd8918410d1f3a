"""Ticks and places of charts, however odd the range is."""

import pytest

from shared.pictures import Scale, nice_ticks


@pytest.mark.parametrize(
    ("low", "high"),
    [(0, 10), (0, 5e-324), (1e15, 1e15 + 0.125), (3, 3), (-1e15, 1e15), (0.1, 0.3)],
)
def test_ticks_cover_the_range_and_are_several(low: float, high: float) -> None:
    ticks = nice_ticks(low, high)
    assert len(ticks) >= 2
    assert ticks[0] <= low
    assert high <= ticks[-1]
    scale = Scale(ticks[0], ticks[-1], 0, 100)
    assert 0 <= scale.at(low) <= scale.at(high) <= 100
