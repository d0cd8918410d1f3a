"""What happens to instances of services: they are killed, stand still, misread the clock."""

import asyncio
import signal
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka.errors import KafkaError
from bson import ObjectId
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from deploy.local.services import SERVICES, STOP_SECONDS
from tests.faults.groups import Members, goes_on_without_one, members_by_group
from tests.faults.run import BITE_SECONDS, Fault, NoBiteError, Run

STORM_SECONDS = 30.0
RELAY = "relay"
"""The name of its lease."""
LEASE_SECONDS = 4.0
"""Longer than a lease lasts."""
NEAR = timedelta(minutes=10)
"""As near as a clock that is an hour off may be to that hour."""


def kill_storm(seconds: float = STORM_SECONDS, services: Sequence[str] = SERVICES) -> Fault:
    """Random instances are killed, and again as soon as they are back, for so long."""

    async def storm(run: Run) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            each = run.dice.choice([place for place in run.town.instances if place[0] in services])
            for _ in range(2):
                await run.town.instances[each].kill()
                run.bit("kill_instance")
                run.kills += 1
                await run.town.start_instance(*each)
        await run.recovered("kill_instance")

    return storm


async def roll_instances(run: Run) -> None:
    """Every instance is stopped in order and started again, one at a time, as in an upgrade."""
    for place in [*run.town.instances]:
        await run.town.instances[place].stop(grace=STOP_SECONDS)
        run.bit("roll_instances")
        await run.town.start_instance(*place)
    await run.recovered("roll_instances")


@asynccontextmanager
async def _frozen(run: Run, place: tuple[str, int]) -> AsyncGenerator[None]:
    """While an instance stands still."""
    child = run.town.instances[place]
    child.send(signal.SIGSTOP)
    try:
        yield
    finally:
        child.send(signal.SIGCONT)


async def freeze_consumer(run: Run) -> None:
    """An instance stands still until its groups go on without it, and then goes on itself."""
    service = run.dice.choice([each for each in SERVICES[2:] if len(run.town.numbers(each)) > 1])
    numbers = run.town.numbers(service)
    before = await _until(run, service, lambda groups: all(len(each) == len(numbers) for each in groups))

    def gone_on(groups: Sequence[Members]) -> bool:
        return all(map(goes_on_without_one, before.values(), groups))

    async with _frozen(run, (service, run.dice.choice(numbers))):
        left = await _until(run, service, gone_on)
    if not (before and left):
        raise NoBiteError(f"the groups of {service} did not go on without an instance that stood still")
    run.bit("freeze_instance", len(left))
    await run.recovered("freeze_instance")


async def _until(
    run: Run, service: str, wanted: Callable[[Sequence[Members]], bool]
) -> Mapping[str, Members]:
    """Wait until the groups of a service, by name, are as wanted; empty if they do not become so."""
    until = time.monotonic() + BITE_SECONDS
    while time.monotonic() < until:
        with suppress(KafkaError):  # the broker may well be away
            found = await members_by_group(run.town.broker.bootstrap, service)
            ordered = dict(sorted(found.items()))
            if ordered and wanted(tuple(ordered.values())):
                return ordered
        await asyncio.sleep(0.5)
    return {}


async def freeze_relay(run: Run) -> None:
    """The instance that relays stands still past its lease, and then goes on."""
    lost, until = 0, time.monotonic() + BITE_SECONDS
    while not lost and time.monotonic() < until:
        for number in run.town.numbers("goals"):  # whichever holds the lease is one of them
            before = await _holders(run)
            async with _frozen(run, ("goals", number)):
                await asyncio.sleep(LEASE_SECONDS)
                lost += int(await _holders(run) != before)
    run.bit("freeze_relay", lost)
    await run.recovered("freeze_relay")


async def _holders(run: Run) -> int:
    """How many have held the lease of the relay of goals."""
    async with AsyncMongoClient[Any](run.town.database.url) as client:
        lease = await client["cairn_goals"]["leases"].find_one({"_id": RELAY})
    return int(lease["token"]) if lease else 0


def wrong_clock(services: Sequence[str] = SERVICES) -> Fault:
    """One instance of each of some services has its clock an hour off until it has written so."""

    async def restart(run: Run, service: str, fault: str) -> None:
        number = run.town.numbers(service)[-1]
        await run.town.instances[service, number].stop(grace=10)
        await run.town.start_instance(service, number, fault=fault)

    async def trouble(run: Run) -> None:
        hour = run.dice.choice((-1, 1))
        began = datetime.now(UTC)
        await asyncio.gather(*(restart(run, service, f"clock:{hour * 3600}") for service in services))
        written = await asyncio.gather(*(_written_off(run, service, hour, began) for service in services))
        await asyncio.gather(*(restart(run, service, "") for service in services))
        in_time = [service for service, rows in zip(services, written, strict=True) if not rows]
        if in_time:
            raise NoBiteError(f"nothing that {', '.join(in_time)} wrote was an hour off")
        run.bit("wrong_clock", sum(written))
        await run.recovered("wrong_clock")

    return trouble


async def _written_off(run: Run, service: str, hour: int, began: datetime) -> int:
    """Wait until the last instance of a service has published what is an hour off; how many rows."""
    number, until, rows = run.town.numbers(service)[-1], time.monotonic() + BITE_SECONDS, 0
    while not rows and time.monotonic() < until:
        match service:  # these publish only when they are asked
            case "people":
                await run.driver.create_unit(at=number)
            case "reviews":
                await run.driver.launch_cycle(people=1, at=number)
            case _:
                await asyncio.sleep(0.5)
        with suppress(PyMongoError):
            rows = await _rows_off(run, service, hour, began)
    return rows


async def _rows_off(run: Run, service: str, hour: int, began: datetime) -> int:
    """Rows of an outbox whose time is off from when their id was made, which no fault touches."""
    since = {"_id": {"$gte": ObjectId.from_datetime(began)}}
    async with AsyncMongoClient[Any](run.town.database.url, tz_aware=True) as client:
        rows = client[f"cairn_{service}"]["outbox"].find(since, {"time": 1})
        return sum([is_off(row["time"], row["_id"].generation_time, hours=hour) async for row in rows])


def is_off(told: datetime, real: datetime, *, hours: int) -> bool:
    """Whether a clock that told the time was so many hours off, or nearly so."""
    return abs(told - real - timedelta(hours=hours)) < NEAR
