"""So many deliveries are under way that about one is taken and not committed."""

import asyncio
from collections.abc import Iterator

import pytest

from services.notifications.channels.under_way import UnderWay


@pytest.mark.parametrize(
    ("out", "kept", "lanes"), [(0.001, 0.01, 1), (0.02, 0.02, 2), (0.05, 0.01, 6), (10.0, 0.01, 8)]
)
def test_a_slow_receiver_has_more_lanes_than_a_quick_one(out: float, kept: float, lanes: int) -> None:
    under_way = UnderWay(8)
    assert under_way.wanted == 1, "nothing is known yet"
    asyncio.run(_work_off(under_way, range(50), {None: (out, kept)}))
    assert under_way.wanted == lanes


async def _work_off(under_way: UnderWay, numbers: range, took: dict[int | None, tuple[float, float]]) -> int:
    """Let lanes take all numbers, each in the time that is said of it; the most lanes that there were."""
    todo, done, running, most = iter(numbers), list[int](), 0, 0

    async def lane() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await _through(todo)
        running -= 1

    async def _through(numbers: Iterator[int]) -> None:
        for number in numbers:
            await asyncio.sleep(0)
            done.append(number)
            out, kept = took.get(number, took[None])
            if not under_way.took(out=out, kept=kept):
                return

    await under_way.work_off(lane)
    assert sorted(done) == [*numbers], "each once"
    assert running == 0
    return most


async def test_lanes_come_as_they_are_wanted_and_go_when_they_are_not() -> None:
    under_way = UnderWay(8)
    slow = dict.fromkeys(range(40), (1.0, 0.1))
    assert await _work_off(under_way, range(200), {None: (0.001, 0.1), **slow}) == 8
    assert under_way.wanted == 1
    assert await _work_off(under_way, range(50), {None: (0.001, 0.1)}) == 1


async def test_lanes_that_are_long_in_closing_do_not_take_the_last_one_with_them() -> None:
    under_way, todo, done = UnderWay(8), iter(range(60)), list[int]()

    async def lane() -> None:
        for number in todo:
            done.append(number)
            await asyncio.sleep(0)
            if not under_way.took(out=1.0 if number < 20 else 0.001, kept=0.1):
                break
        for _ in range(100):
            await asyncio.sleep(0)

    await under_way.work_off(lane)
    assert under_way.wanted == 1
    assert len(done) == 60


async def test_a_side_that_takes_no_further_lane_is_not_asked_again_and_again() -> None:
    under_way, todo, refused, done = UnderWay(8), iter(range(20)), 0, list[int]()

    async def lane() -> None:
        nonlocal refused
        if done:
            refused += 1
            under_way.no_more()
            return
        for number in todo:
            done.append(number)
            await asyncio.sleep(0)
            under_way.took(out=1.0, kept=0.1)

    await under_way.work_off(lane)
    assert len(done) == 20
    assert refused <= 7, "those that were begun before the first came back"


async def test_a_lane_that_fails_is_told() -> None:
    async def lane() -> None:
        raise ValueError("broken")

    with pytest.raises(ExceptionGroup):
        await UnderWay(4).work_off(lane)
