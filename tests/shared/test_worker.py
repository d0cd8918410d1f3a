"""What can wait gives way to what cannot, and still comes to its turn."""

import asyncio
from types import SimpleNamespace

import pytest

from shared.worker import GivingWay

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


async def test_a_turn_waits_until_the_pressure_is_over(press: Press) -> None:
    waiting = asyncio.create_task(GivingWay(press.turn, press, most=1e9).turn())
    async with asyncio.timeout(30):
        while press.looks < 3:
            await asyncio.sleep(0)
        assert press.turns == []
        press.on = False
        assert await waiting
    assert len(press.turns) == 1


async def test_lasting_pressure_leaves_half_of_the_time(press: Press) -> None:
    giving, began = GivingWay(press.turn, press, most=MOST), press.now
    await giving.turn()
    waited = press.turns[0] - began
    assert MOST <= waited <= MOST + 1
    for _ in range(4):
        press.now += 0.9
        looks = press.looks
        await giving.turn()
        assert press.looks == looks, "it waits for nobody as long as it has waited"
    press.now += 2
    again = press.now
    await giving.turn()
    assert press.turns[-1] - again >= MOST
