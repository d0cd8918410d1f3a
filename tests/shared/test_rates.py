"""Nobody is let through more often than is granted, and nobody less often than they could have been."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rates import MOST_CALLERS, Rates, TooManyRequests


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def through(rates: Rates, subject: str = "anna") -> bool:
    try:
        rates.take(subject)
    except TooManyRequests:
        return False
    return True


def test_a_burst_is_let_through_and_then_so_many_a_second() -> None:
    clock = Clock()
    rates = Rates(rate=2, burst=5, clock=clock)
    assert [through(rates) for _ in range(7)] == [True] * 5 + [False] * 2
    clock.now += 0.5
    assert [through(rates) for _ in range(2)] == [True, False]
    clock.now += 3600
    assert [through(rates) for _ in range(6)] == [True] * 5 + [False]


def test_callers_do_not_wait_for_each_other() -> None:
    rates = Rates(rate=1, burst=1, clock=Clock())
    assert through(rates, "anna")
    assert not through(rates, "anna")
    assert through(rates, "ben")


def test_who_is_refused_is_told_when_to_ask_again_and_then_gets_through() -> None:
    clock = Clock()
    rates = Rates(rate=0.4, burst=1, clock=clock)
    rates.take("anna")
    with pytest.raises(TooManyRequests) as refused:
        rates.take("anna")
    assert refused.value.headers == {"Retry-After": "3"}
    clock.now += 3
    assert through(rates)


def test_a_rate_of_nothing_is_no_limit() -> None:
    rates = Rates(rate=0, burst=1, clock=Clock())
    assert all(through(rates) for _ in range(1000))


def test_callers_that_are_forgotten_take_no_room() -> None:
    rates = Rates(rate=1, burst=1, clock=Clock())
    for number in range(MOST_CALLERS + 50):
        rates.take(str(number))
    assert through(rates, "0")
    assert not through(rates, str(MOST_CALLERS + 49))


@given(
    pauses=st.lists(st.floats(0, 3), max_size=200),
    rate=st.floats(0.5, 20),
    burst=st.integers(1, 10),
)
def test_in_no_time_do_more_get_through_than_the_burst_and_the_rate(
    pauses: list[float], rate: float, burst: int
) -> None:
    clock = Clock()
    rates = Rates(rate=rate, burst=burst, clock=clock)
    passed: list[float] = []
    for pause in pauses:
        clock.now += pause
        if through(rates):
            passed.append(clock.now)
    for first, since in enumerate(passed):
        for last, until in enumerate(passed[first:], start=1):
            assert last <= burst + (until - since) * rate + 1e-6
