"""Negative controls: a promise is broken on purpose, and the checker must see it.

Each aims what shows the broken promise, so that it is certain to show.  The same aim with the promise
kept must show nothing, so that no slow machine is taken for a broken promise.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.checker import Checker, Verdict
from tests.faults.crashes import READERS, crash
from tests.faults.driver import Driver, Ledger
from tests.faults.injected import put_records
from tests.faults.run import Run
from tests.faults.town import Town, running_town

GOALS = 60
RATE = 150.0
DRIVE_SECONDS = 8.0
SETTLE_SECONDS = 40.0
"""Longer than a session, a lease and a start: what waits after it is not under way but lost."""
CRASHES = 2
"""How often each reader dies with events in hand: once is enough to lose them."""
Aim = Callable[[Run, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Control:
    """A broken promise: in which services, what shows it, and what in the verdict says that it was seen."""

    services: tuple[str, ...]
    aim: Aim
    seen: Callable[[Verdict], int]
    always: str = ""
    """What is wrong in these services besides, whether or not the promise is kept."""


@asynccontextmanager
async def _driven(run: Run) -> AsyncGenerator[None]:
    """While commands come."""
    async with run.driver.running():
        yield


async def _crash_before_work(run: Run, always: str) -> None:
    """Readers die between taking events and applying them: committed offsets make that a loss."""
    async with _driven(run):
        for _ in range(CRASHES):
            for service in READERS:
                await crash(run, service, "before_work", always=always)


async def _repeat(run: Run, _: str) -> None:
    """Old events come again, once no new ones follow that would cover what they have done."""
    async with _driven(run):
        await asyncio.sleep(DRIVE_SECONDS)
    await put_records(run)


async def _commit_late(run: Run, _: str) -> None:
    """Two processes write, and what one of them began earlier is committed later."""
    async with _driven(run):
        await asyncio.sleep(DRIVE_SECONDS)


CONTROLS: Mapping[str, Control] = {
    "ack_first": Control(READERS, _crash_before_work, lambda verdict: verdict.lost + verdict.behind),
    "guard_off": Control(READERS, _repeat, lambda verdict: verdict.doubled + verdict.misfolded),
    "relay_by_id": Control(("goals",), _commit_late, lambda verdict: verdict.unsent, "late_commits"),
}


async def control(directory: Path, name: str, *, seed: int) -> tuple[bool, Verdict, Verdict]:
    """Whether the checker sees the broken promise in what it must show in, and nothing where it is kept."""
    this = CONTROLS[name]
    broken = await _lived(directory / "broken", this, [this.always, f"control:{name}"], seed=seed)
    kept = await _lived(directory / "kept", this, [this.always], seed=seed)
    return this.seen(broken) > 0 and clean(kept), broken, kept


def clean(verdict: Verdict) -> bool:
    """Whether nothing at all was wrong."""
    return verdict.holds and not (verdict.unsent or verdict.behind or verdict.lag or verdict.misfolded)


async def _lived(directory: Path, this: Control, faults: Sequence[str], *, seed: int) -> Verdict:
    fault = ",".join(filter(None, faults))
    directory.mkdir(parents=True)
    async with running_town(directory, seed) as town:
        await _start(town, this, fault)
        async with Driver(town, Ledger(directory / "ledger.jsonl"), seed=seed, rate=RATE) as driver:
            await driver.import_people()
            await driver.set_goals(GOALS)
            await this.aim(Run(town, driver, random.Random(seed)), fault)
            checker = Checker(town.database.url, town.broker.bootstrap)
            await checker.settle(seconds=SETTLE_SECONDS)
            verdict = await checker.check(driver.ledger.entries())
            if any(not town.bites()[each] for each in faults if each):
                raise AssertionError(f"{fault} has not bitten")
            return verdict


async def _start(town: Town, this: Control, fault: str) -> None:
    """All services, with what is wrong in some of them."""
    await asyncio.gather(
        *(
            town.start_instance(service, number, fault=fault if service in this.services else "")
            for service, number in town.ports
        )
    )


__all__ = ["CONTROLS", "clean", "control"]
