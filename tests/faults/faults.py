"""The faults of engines, network and receivers, and how often each of all faults comes."""

import asyncio
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from tests.faults.crashes import crash_at, overtaking
from tests.faults.injected import inject, poison
from tests.faults.instances import freeze_consumer, freeze_relay, kill_storm, roll_instances, wrong_clock
from tests.faults.proxy import Mood
from tests.faults.run import BITE_SECONDS, Fault, NoBiteError, Run
from tests.faults.traps import POINTS

FULL_MINUTES, LONG_MINUTES = 15.0, 30.0
AWAY_SECONDS = 30.0
WAITING_SECONDS = 2.0
"""A mail that has not gone for so long waits for the mail server."""
MOOD_SECONDS = 6.0
RESET_PAUSE = 0.7
MEBIBYTE = 1_048_576


async def kill_primary(run: Run) -> None:
    """The primary mongod is killed; it comes back as a secondary."""
    member = await run.town.database.primary()
    await run.town.database.kill(member)
    run.bit("kill_mongod_primary")
    await run.recovered("kill_mongod_primary")
    await run.town.database.restart(member)


async def disk_full(run: Run) -> None:
    """The disk of one mongod is full; it is freed and the member starts again."""
    disk, member = run.town.small_disk, len(run.town.database.children) - 1
    if disk is None:
        run.skipped["disk_full"] = "mounting a small disk is not allowed here"
        return
    child, ballast = run.town.database.children[member], disk / "ballast"
    try:
        await asyncio.to_thread(_fill, ballast)
        async with asyncio.timeout(BITE_SECONDS):
            while child.alive:
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise NoBiteError("mongod did not mind a full disk") from None
    finally:
        ballast.unlink(missing_ok=True)
    run.bit("disk_full")
    await run.recovered("disk_full")
    await run.town.database.restart(member)


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"\0" * MEBIBYTE):
            pass


async def kill_broker(run: Run) -> None:
    """The broker is killed and comes back."""
    assert run.town.broker.child is not None
    await run.town.broker.child.kill()
    run.bit("kill_broker")
    await asyncio.sleep(1)
    await run.town.broker.start()
    await run.recovered("kill_broker")


async def restart_broker(run: Run) -> None:
    """The broker is stopped in order and started again."""
    await run.town.broker.stop()
    run.bit("restart_broker")
    await run.town.broker.start()
    await run.recovered("restart_broker")


def network(mood: Mood | Literal["resets"], seconds: float = MOOD_SECONDS) -> Fault:
    """The network between the services and both engines is bad for so long."""

    async def trouble(run: Run) -> None:
        proxies = [run.town.kafka_proxy, *run.town.mongo_proxies]
        if mood == "resets":
            for _ in range(round(seconds / RESET_PAUSE)):
                run.bit("network_resets", sum(proxy.reset() for proxy in proxies))
                await asyncio.sleep(RESET_PAUSE)
        else:
            before = sum(proxy.disturbed for proxy in proxies)
            chosen = [run.dice.choice(proxies)] if mood == "silent" else proxies
            for proxy in chosen:
                proxy.become(mood)
            await asyncio.sleep(seconds)
            for proxy in proxies:
                proxy.become("clear")
            run.bit(f"network_{mood}", sum(proxy.disturbed for proxy in proxies) - before)
        await run.recovered(f"network_{mood}")

    return trouble


def receivers_away(seconds: float = AWAY_SECONDS) -> Fault:
    """The mail server is away, and webhook endpoints are slow, failing and gone, until that was noticed."""

    async def trouble(run: Run) -> None:
        town, seen = run.town, dict[str, float]()
        before, refused, waiting = sum(town.hooks.bitten.values()), 0, 0
        town.hooks.troubled = {"slow", "failing", "gone"}
        town.mailbox.close()
        began = time.monotonic()
        try:
            while (passed := time.monotonic() - began) < BITE_SECONDS:
                if passed > seconds and waiting and refused:
                    break
                await run.driver.give_feedback()
                due = await _mails_due(run)
                seen = {each: seen.get(each, passed) for each in due}
                waiting = sum(passed - first > WAITING_SECONDS for first in seen.values())
                refused = sum(town.hooks.bitten.values()) - before
                await asyncio.sleep(0.5)
        finally:
            await town.mailbox.open(town.smtp_port)
            town.hooks.troubled = {"gone"}
        run.bit("smtp_away", waiting)
        run.bit("webhook_trouble", refused)
        await run.recovered("receivers_away")

    return trouble


async def _mails_due(run: Run) -> list[str]:
    due = {"state": "due", "channel": "email"}
    with suppress(PyMongoError):  # the database may well be away
        async with AsyncMongoClient[Any](run.town.database.url) as client:
            found = client["cairn_notifications"]["deliveries"].find(due, {"_id": 1})
            return [str(each["_id"]) async for each in found]
    return []


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A fault, how often it comes in a run of 15 minutes, and in one of 30."""

    fault: Fault
    often: int
    long: int = 0

    def times(self, minutes: float) -> int:
        """How often it comes in a run of so many minutes."""
        if minutes >= LONG_MINUTES:
            return max(self.often, self.long)
        return max(1, round(self.often * min(1.0, minutes / FULL_MINUTES)))


FAULTS: Mapping[str, Scheduled] = {
    **{f"crash_{point}": Scheduled(crash_at(point), 3, 10) for point in POINTS if point != "before_work"},
    "crash_before_work": Scheduled(crash_at("before_work"), 1, 3),  # what the control ack_first breaks
    "kill_instance": Scheduled(kill_storm(), 3),
    "roll_instances": Scheduled(roll_instances, 1),
    "freeze_instance": Scheduled(freeze_consumer, 3),
    "freeze_relay": Scheduled(freeze_relay, 2),
    "kill_mongod_primary": Scheduled(kill_primary, 3),
    "disk_full": Scheduled(disk_full, 1),
    "kill_broker": Scheduled(kill_broker, 2),
    "restart_broker": Scheduled(restart_broker, 1),
    "network_slow": Scheduled(network("slow"), 1),
    "network_resets": Scheduled(network("resets"), 2),
    "network_silent": Scheduled(network("silent"), 2),
    "network_sliced": Scheduled(network("sliced"), 1),
    "receivers_away": Scheduled(receivers_away(), 1),
    "wrong_clock": Scheduled(wrong_clock(), 1),
    "inject": Scheduled(inject, 2),
    "overtaking": Scheduled(overtaking, 2),
    "poison": Scheduled(poison, 1),
}


def plan(seed: int, only: str | None, *, minutes: float) -> list[tuple[str, Fault]]:
    """The faults of a run in the order in which they come: each once before any comes again."""
    dice, found = random.Random(seed), list[tuple[str, Fault]]()
    chosen = {name: each for name, each in FAULTS.items() if only is None or name == only}
    for number in range(max(each.times(minutes) for each in chosen.values())):
        turn = [(name, each.fault) for name, each in chosen.items() if each.times(minutes) > number]
        dice.shuffle(turn)
        found += turn
    return found


__all__ = ["FAULTS", "plan"]
