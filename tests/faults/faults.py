"""The faults, each of which says how often it has bitten and how long the suite took to get over it."""

import asyncio
import json
import random
import signal
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from deploy.local.services import SERVICES
from shared.messaging.sweeper import ask_redrive
from tests.faults.checker import INJECTED, Recorded, read_log
from tests.faults.driver import Driver
from tests.faults.serve import POINTS
from tests.faults.town import INSTANCES, Town

BITE_SECONDS = 60.0
RECOVERY_SECONDS = 300.0
AT: Mapping[str, tuple[str, ...]] = {
    "after_mongo_commit": SERVICES[1:],
    "after_kafka_ack": ("goals", "feedback", "notifications"),
    "before_mark": ("goals", "feedback", "notifications"),
    "before_offset_commit": ("reviews", "notifications", "feedback"),
    "mid_fan_out": ("reviews",),
    "after_smtp": ("notifications",),
    "after_webhook": ("notifications",),
}
"""In which services a crash point lies on the way of the driver's commands."""


class NoBiteError(AssertionError):
    """A fault had no effect, so that surviving it proves nothing."""


@dataclass
class Run:
    """What the faults work on, and what they leave behind."""

    town: Town
    driver: Driver
    dice: random.Random
    bites: dict[str, int] = field(default_factory=dict[str, int])
    recoveries: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    kills: int = 0
    injected_bad: list[str] = field(default_factory=list[str])
    poisoned: str = ""
    skipped: dict[str, str] = field(default_factory=dict[str, str])

    def bit(self, name: str, times: int = 1) -> None:
        """The fault took place; raises `NoBiteError` if it touched nothing."""
        if not times:
            raise NoBiteError(f"{name} touched nothing")
        self.bites[name] = self.bites.get(name, 0) + times

    async def recovered(self, name: str) -> None:
        """Wait until a new command has reached two other services, and note how long that took."""
        began = time.monotonic()
        async with asyncio.timeout(RECOVERY_SECONDS):
            goal = await self.driver.new_goal()
            given = await self.driver.give_feedback()
            async with AsyncMongoClient[Any](self.town.database.url) as client:
                while not await _arrived(client, goal.goal_id, given):
                    await asyncio.sleep(0.1)
        self.recoveries.setdefault(name, []).append(time.monotonic() - began)


async def _arrived(client: Any, goal_id: str, feedback_id: str) -> bool:
    try:
        copy = await client["cairn_feedback"]["known_goals"].find_one({"_id": goal_id})
        told = await client["cairn_notifications"]["notifications"].find_one({"about_id": goal_id})
        evidence = await client["cairn_reviews"]["evidence_feedback"].find_one({"_id": feedback_id})
    except PyMongoError:  # the database may well be away
        return False
    return None not in (copy, told, evidence)


Fault = Callable[[Run], Awaitable[None]]


def crash_at(point: str) -> Fault:
    """An instance dies at a point of its work."""

    async def crash(run: Run) -> None:
        town, service = run.town, run.dice.choice(AT[point])
        before = town.bites()[f"crash:{point}"]
        after = run.dice.randint(1, 3) if point == "mid_fan_out" else run.dice.randint(2, 12)
        armed: list[tuple[str, int]] = [(service, number) for number in range(INSTANCES)]
        for each in armed:  # both, since only one of them may hold the lease or the partitions
            await town.instances[each].stop(grace=10)
            await town.start_instance(*each, fault=f"crash:{point}:{after}", wait=False)
        if point == "mid_fan_out":
            await run.driver.launch_cycle()
        try:
            async with asyncio.timeout(BITE_SECONDS):
                while town.bites()[f"crash:{point}"] == before:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise NoBiteError(
                f"{point} of {service} was not passed {after} times in {BITE_SECONDS:.0f} s"
            ) from None
        for each in armed:
            await town.instances[each].kill()
        await asyncio.gather(*(town.start_instance(*each, wait=False) for each in armed))
        times = town.bites()[f"crash:{point}"] - before
        run.kills += times
        run.bit(f"crash_{point}", times)
        await run.recovered(f"crash_{point}")

    return crash


async def kill_storm(run: Run) -> None:
    """A random instance is killed, and again as soon as it is back."""
    until = time.monotonic() + run.dice.uniform(12, 18)
    while time.monotonic() < until:
        each = run.dice.choice(list(run.town.instances))
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
    for number in range(INSTANCES):
        child = run.town.instances["goals", number]
        child.send(signal.SIGSTOP)
        await asyncio.sleep(4)
        child.send(signal.SIGCONT)
        run.bit("freeze_relay")
    await run.recovered("freeze_relay")


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
    with ballast.open("wb") as file, suppress(OSError):
        while file.write(b"\0" * 1_048_576):
            file.flush()
    try:
        async with asyncio.timeout(BITE_SECONDS):
            while child.alive:
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise NoBiteError("mongod did not mind a full disk") from None
    finally:
        ballast.unlink()
    run.bit("disk_full")
    await run.recovered("disk_full")
    await run.town.database.restart(member)


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


def network(mood: str) -> Fault:
    """The network between the services and both engines is bad for a while."""

    async def trouble(run: Run) -> None:
        proxies = [run.town.kafka_proxy, *run.town.mongo_proxies]
        if mood == "resets":
            for _ in range(8):
                run.bit("network_resets", sum(proxy.reset() for proxy in proxies))
                await asyncio.sleep(0.7)
        else:
            before = sum(proxy.disturbed for proxy in proxies)
            chosen = [run.dice.choice(proxies)] if mood == "silent" else proxies
            for proxy in chosen:
                proxy.become(mood)
            await asyncio.sleep(6)
            for proxy in proxies:
                proxy.become("clear")
            run.bit(f"network_{mood}", sum(proxy.disturbed for proxy in proxies) - before)
        await run.recovered(f"network_{mood}")

    return trouble


async def receivers_away(run: Run) -> None:
    """SMTP is gone for a while; of the webhook endpoints one is slow, one fails, one is gone for good."""
    town = run.town
    before = sum(town.hooks.bitten.values())
    town.hooks.troubled = {"slow", "failing", "gone"}
    town.mailbox.close()
    for _ in range(10):
        await run.driver.give_feedback()
        await asyncio.sleep(0.5)
    await asyncio.sleep(5)
    await town.mailbox.open(town.smtp_port)
    town.hooks.troubled = {"gone"}
    run.bit("smtp_away")
    run.bit("webhook_trouble", sum(town.hooks.bitten.values()) - before)
    await run.recovered("receivers_away")


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


async def inject(run: Run) -> None:
    """Duplicates, old records, and records that nobody can read."""
    log = await read_log(run.town.broker.bootstrap)
    real = [each for each in log if not each.injected and each.topic.endswith(".events") and each.data]
    copies = run.dice.sample(real, max(1, len(real) // 20))
    old = run.dice.sample(real, max(1, len(real) // 50))
    async with AIOKafkaProducer(
        bootstrap_servers=run.town.broker.bootstrap, max_request_size=3_000_000
    ) as producer:
        for each in copies:
            await _again(producer, each, "duplicate")
        run.bit("inject_duplicates", len(copies))
        for each in sorted(old, key=lambda one: -one.sequence):
            await _again(producer, each, "reordered")
        run.bit("inject_reordered", len(old))
        for name, value, headers in _bad():
            topic = "cairn.goals.events"
            marked = [*headers, (INJECTED, name.encode())]
            try:
                await producer.send_and_wait(topic, value=value, key=f"bad-{name}".encode(), headers=marked)
            except KafkaError as error:
                run.skipped[f"inject {name}"] = f"the broker refuses it: {type(error).__name__}"
                continue
            run.bit(f"inject_{name}")
            if name != "unknown_type":
                run.injected_bad.append(name)
    await run.recovered("inject")


async def _again(producer: AIOKafkaProducer, each: Recorded, why: str) -> None:
    headers = [(f"ce_{name}", value.encode()) for name, value in each.attributes.items()]
    await producer.send_and_wait(
        each.topic,
        value=json.dumps(each.data).encode(),
        key=each.key.encode(),
        headers=[*headers, ("content-type", b"application/json"), (INJECTED, why.encode())],
    )


def _bad() -> list[tuple[str, bytes | None, list[tuple[str, bytes]]]]:
    """Records that are wrong: name, value, headers."""

    def headers(type_: str = "cairn.goals.goal_agreed.v1", **changed: bytes) -> list[tuple[str, bytes]]:
        key = uuid.uuid4().hex
        attributes = {
            "id": key.encode(),
            "source": b"/cairn/goals",
            "specversion": b"1.0",
            "type": type_.encode(),
            "subject": f"bad-{key}".encode(),
            "time": b"2026-11-22T10:00:00.000Z",
            "sequence": b"000000000001",
            "epoch": b"0",
        } | changed
        return [(f"ce_{name}", value) for name, value in attributes.items()]

    return [
        ("bad_json", b'{"half": ', headers()),
        ("bad_header", b"{}", headers(sequence=b"seven")),
        ("no_headers", b"{}", []),
        ("null_value", None, headers()),
        ("two_megabytes", b'"' + b"x" * 2_000_000 + b'"', headers()),
        ("unknown_type", b"{}", headers("cairn.goals.goal_admired.v1")),
        ("future_version", b"{}", headers("cairn.goals.goal_agreed.v9")),
    ]


async def poison(run: Run) -> None:
    """The events of one goal fail in notifications; they are parked with their successors."""
    goal = await run.driver.new_goal()
    run.poisoned = goal.goal_id
    run.town.poison_file.write_text(goal.goal_id)
    for _ in range(4):
        await run.driver.measure(goal)
    async with AsyncMongoClient[Any](run.town.database.url) as client, asyncio.timeout(BITE_SECONDS):
        while not await _is_parked(client, goal.goal_id):
            await run.driver.measure(goal)
            await asyncio.sleep(1)
    run.bit("poison")


async def _is_parked(client: Any, goal_id: str) -> bool:
    with suppress(PyMongoError):
        row = await client["cairn_notifications"]["parked"].find_one({"source": goal_id, "reason": "failed"})
        return row is not None
    return False


async def redrive(run: Run) -> None:
    """The poison is gone, and what is parked is tried again."""
    run.town.poison_file.unlink(missing_ok=True)
    async with AsyncMongoClient[Any](run.town.database.url) as client:
        for service in SERVICES[1:]:
            await ask_redrive(client[f"cairn_{service}"])


FAULTS: Mapping[str, tuple[Fault, int]] = {
    **{f"crash_{point}": (crash_at(point), 3) for point in POINTS},
    "kill_instance": (kill_storm, 6),
    "freeze_instance": (freeze_consumer, 3),
    "freeze_relay": (freeze_relay, 2),
    "kill_mongod_primary": (kill_primary, 3),
    "disk_full": (disk_full, 1),
    "kill_broker": (kill_broker, 2),
    "restart_broker": (restart_broker, 1),
    "network_slow": (network("slow"), 1),
    "network_resets": (network("resets"), 2),
    "network_silent": (network("silent"), 2),
    "network_sliced": (network("sliced"), 1),
    "receivers_away": (receivers_away, 1),
    "wrong_clock": (wrong_clock, 1),
    "inject": (inject, 2),
    "poison": (poison, 1),
}
"""Each fault and how often it takes place in a full run."""

__all__ = ["FAULTS", "Fault", "NoBiteError", "Run", "redrive"]
