"""What can wait gives way to what cannot, and still comes to its turn."""

import asyncio
from types import SimpleNamespace

import pytest

from shared.worker import HOUR_SECONDS, GivingWay, Hourly

MOST = 5.0


class Press:
    """Pressure that a test puts on and takes off, and a clock that moves a second at each look."""

    def __init__(self) -> None:
        self.on = True
        self.now = 1000.0
        self.looks = 0
        self.turns: list[float] = []

    def __call__(self) -> bool:
        self.now += 1
        self.looks += 1
        return self.on

    def monotonic(self) -> float:
        return self.now

    async def turn(self) -> bool:
        self.turns.append(self.now)
        return True


@pytest.fixture
def press(monkeypatch: pytest.MonkeyPatch) -> Press:
    press = Press()
    monkeypatch.setattr("shared.worker.time", SimpleNamespace(monotonic=press.monotonic))
    return press


async def test_without_pressure_a_turn_is_taken_at_once(press: Press) -> None:
    press.on = False
    assert await GivingWay(press.turn, press, most=MOST).turn()
    assert (len(press.turns), press.looks) == (1, 1)


async def test_a_turn_waits_until_the_pressure_is_over_and_is_taken_at_the_next_call(press: Press) -> None:
    giving = GivingWay(press.turn, press, most=1e9)
    waiting = asyncio.create_task(giving.turn())
    async with asyncio.timeout(30):
        while press.looks < 3:
            await asyncio.sleep(0)
        press.on = False
        assert await waiting, "there is more to do: whoever calls looks at the lease first"
    assert press.turns == []
    await giving.turn()
    assert len(press.turns) == 1


async def test_after_a_wait_comes_a_turn_even_if_the_pressure_lasts(press: Press) -> None:
    giving = GivingWay(press.turn, press, most=MOST)
    await giving.turn()
    press.now += 100
    await giving.turn()
    assert len(press.turns) == 1


async def test_lasting_pressure_leaves_half_of_the_time(press: Press) -> None:
    giving, began = GivingWay(press.turn, press, most=MOST), press.now
    await giving.turn()
    assert MOST <= press.now - began <= MOST + 2
    for number in range(4):
        press.now += 0.9
        looks = press.looks
        await giving.turn()
        assert (len(press.turns), press.looks) == (number + 1, looks), "it waits as long for nobody"
    press.now += 2
    await giving.turn()
    assert len(press.turns) == 4


async def test_hourly_work_is_done_to_its_end_and_then_left_for_an_hour(press: Press) -> None:
    more = iter([True, False, False])
    taken: list[float] = []

    async def turn() -> bool:
        taken.append(press.now)
        return next(more)

    hourly = Hourly(turn)
    assert [await hourly.turn() for _ in range(3)] == [True, False, False]
    press.now += HOUR_SECONDS
    await hourly.turn()
    assert len(taken) == 3


async def test_hourly_work_that_fails_is_tried_again_at_once(press: Press) -> None:
    async def turn() -> bool:
        raise RuntimeError(press.now)

    hourly = Hourly(turn)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await hourly.turn()
