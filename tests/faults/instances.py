"""What happens to instances of services: they die, stand still, misread the clock, read in disorder."""

import asyncio
import signal
import time
from typing import Any

from pymongo import AsyncMongoClient

from deploy.local.services import SERVICES
from tests.faults.run import BITE_SECONDS, Fault, NoBiteError, Run
from tests.faults.town import INSTANCES

READERS = ("reviews", "notifications")
"""They read events, where the next state of an aggregate cannot make up for one that was lost."""
AT: dict[str, tuple[str, ...]] = {
    "after_mongo_commit": SERVICES[1:],
    "after_kafka_ack": ("goals", "feedback", "notifications"),
    "before_mark": ("goals", "feedback", "notifications"),
    "before_work": READERS,
    "before_offset_commit": ("reviews", "notifications", "feedback"),
    "mid_fan_out": ("reviews",),
    "after_smtp": ("notifications",),
    "after_webhook": ("notifications",),
}
"""In which services a crash point lies on the way of the driver's commands."""
STORM_SECONDS = 30.0
RELAY = "relay"
"""The name of its lease."""
PASSAGES = {"mid_fan_out": (1, 3), "before_work": (1, 4)}
"""How often a point may be passed before it kills; between 2 and 12 times elsewhere."""


async def restart_all(run: Run, service: str, fault: str) -> None:
    """Stop the instances of a service and start them with what is wrong."""
    armed = [(service, number) for number in range(INSTANCES)]
    await asyncio.gather(*(run.town.instances[each].stop(grace=10) for each in armed))
    await asyncio.gather(*(run.town.start_instance(*each, fault=fault, wait=False) for each in armed))


async def crash(run: Run, point: str, service: str, *, always: str = "") -> None:
    """Have a service die at a point of its work, and start it again; `always` stays wrong with it.

    Both instances are armed, since only one of them may hold the lease or the partitions.
    """
    what, town = f"crash:{point}", run.town
    before = town.bites()[what]
    after = run.dice.randint(*PASSAGES.get(point, (2, 12)))
    await restart_all(run, service, f"{what}:{after},{always}")
    if point == "mid_fan_out":
        await run.driver.launch_cycle()
    bitten = await run.bitten(what, before + 1)
    armed = [(service, number) for number in range(INSTANCES)]
    for each in armed:
        await town.instances[each].kill()
    await asyncio.gather(*(town.start_instance(*each, fault=always, wait=False) for each in armed))
    if not bitten:
        raise NoBiteError(f"{point} of {service} was not passed {after} times in {BITE_SECONDS:.0f} s")
    times = town.bites()[what] - before
    run.kills += times
    run.bit(f"crash_{point}", times)


def crash_at(point: str) -> Fault:
    """A service dies at a point of its work."""

    async def fault(run: Run) -> None:
        await crash(run, point, run.dice.choice(AT[point]))
        await run.recovered(f"crash_{point}")

    return fault


async def kill_storm(run: Run) -> None:
    """Random instances are killed, and again as soon as they are back."""
    until = time.monotonic() + STORM_SECONDS
    while time.monotonic() < until:
        each = run.dice.choice(list(run.town.instances))
        for _ in range(2):
            await run.town.instances[each].kill()
            run.bit("kill_instance")
            run.kills += 1
            await run.town.start_instance(*each)
    await run.recovered("kill_instance")


async def freeze_consumer(run: Run) -> None:
    """An instance stands still past its session's end and its lease, and then goes on."""
    each = (run.dice.choice(("notifications", "reviews", "feedback")), run.dice.randrange(INSTANCES))
    child = run.town.instances[each]
    child.send(signal.SIGSTOP)
    await asyncio.sleep(9)  # the session lasts 6 s, the lease 3 s
    child.send(signal.SIGCONT)
    run.bit("freeze_instance")
    await run.recovered("freeze_instance")


async def freeze_relay(run: Run) -> None:
    """The instance that relays stands still past its lease, and then goes on."""
    async with AsyncMongoClient[Any](run.town.database.url) as client:
        leases: Any = client["cairn_goals"]["leases"]
        lost = 0
        for number in range(INSTANCES):  # whichever holds the lease is one of them
            before = await leases.find_one({"_id": RELAY})
            child = run.town.instances["goals", number]
            child.send(signal.SIGSTOP)
            await asyncio.sleep(4)
            child.send(signal.SIGCONT)
            after = await leases.find_one({"_id": RELAY})
            lost += int(before["token"] != after["token"])
    run.bit("freeze_relay", lost)
    await run.recovered("freeze_relay")


async def wrong_clock(run: Run) -> None:
    """One instance of each service has its clock an hour off for a while."""
    hour = run.dice.choice((-3600, 3600))

    async def restart(service: str, fault: str) -> None:
        await run.town.instances[service, 1].stop(grace=10)
        await run.town.start_instance(service, 1, fault=fault)

    await asyncio.gather(*(restart(service, f"clock:{hour}") for service in SERVICES))
    run.bit("wrong_clock", len(SERVICES))
    await asyncio.sleep(8)
    await asyncio.gather(*(restart(service, "") for service in SERVICES))
    await run.recovered("wrong_clock")


async def overtaking(run: Run) -> None:
    """For a while, 2 % of the records come to their readers after later ones of the same key."""
    before = run.town.bites()["overtaken"]
    await asyncio.gather(*(restart_all(run, service, "overtaking:2") for service in READERS))
    bitten = await run.bitten("overtaken", before + 1)
    await asyncio.sleep(5)
    await asyncio.gather(*(restart_all(run, service, "") for service in READERS))
    run.bit("overtaking", (run.town.bites()["overtaken"] - before) if bitten else 0)
    await run.recovered("overtaking")
