"""Services die at points of their work that are armed from outside, and are started again."""

import asyncio
from collections.abc import Sequence

from deploy.local.services import SERVICES, STOP_SECONDS
from tests.faults.run import BITE_SECONDS, Fault, NoBiteError, Run

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
PASSAGES = {"mid_fan_out": (1, 3), "before_work": (1, 4)}
"""How often a point may be passed before it kills; between 2 and 12 times elsewhere."""
OVERTAKING = "overtaking:2"
"""So many of a hundred records come to their readers after later ones of the same key."""


async def restart_all(run: Run, service: str, fault: str = "", *, kill: bool = False) -> None:
    """Stop or kill the instances of a service and start them with what is wrong."""
    town = run.town
    each = [(service, number) for number in town.numbers(service)]
    instances = [town.instances[place] for place in each]
    await asyncio.gather(*(child.kill() if kill else child.stop(grace=STOP_SECONDS) for child in instances))
    await asyncio.gather(*(town.start_instance(*place, fault=fault, wait=False) for place in each))


async def die_in_turn(run: Run, service: str, points: Sequence[str], *, besides: str = "") -> None:
    """Have a service die at each of some points, armed for the next at each start.

    All instances are armed, since only one of them may hold the lease or the partitions.  They are
    left as the last death left them.
    """
    for turn, point in enumerate(points):
        what, town = f"crash:{point}", run.town
        before = town.bites()[what]
        after = run.dice.randint(*PASSAGES.get(point, (2, 12)))
        await restart_all(run, service, f"{what}:{after},{besides}", kill=turn > 0)
        if point == "mid_fan_out":
            await run.driver.launch_cycle()
        if not await run.bitten(what, before + 1):
            raise NoBiteError(f"{point} of {service} was not passed {after} times in {BITE_SECONDS:.0f} s")
        times = town.bites()[what] - before
        run.kills += times
        run.bit(f"crash_{point}", times)


async def crash(run: Run, service: str, *points: str, always: str = "") -> None:
    """Have a service die at points of its work and start it again; `always` stays wrong with it."""
    try:
        await die_in_turn(run, service, points, besides=always)
    finally:
        await restart_all(run, service, always, kill=True)


def crash_at(point: str) -> Fault:
    """A service dies at a point of its work."""

    async def fault(run: Run) -> None:
        await crash(run, run.dice.choice(AT[point]), point)
        await run.recovered(f"crash_{point}")

    return fault


async def overtaking(run: Run) -> None:
    """For a while, some records come to their readers after later ones of the same key."""
    before = run.town.bites()["overtaken"]
    await asyncio.gather(*(restart_all(run, service, OVERTAKING) for service in READERS))
    bitten = await run.bitten("overtaken", before + 1)
    await asyncio.sleep(5)
    await asyncio.gather(*(restart_all(run, service) for service in READERS))
    run.bit("overtaking", (run.town.bites()["overtaken"] - before) if bitten else 0)
    await run.recovered("overtaking")
