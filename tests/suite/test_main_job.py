"""The whole main job through HTTP and Kafka on real engines, and what must be true of it afterwards."""

import asyncio
import json
import socket
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat

from deploy.live.client import SuiteClient
from deploy.live.quarter import Lived, live_quarter
from deploy.live.topics import Seen, disorder, events_of
from deploy.local.entry import kafka_options
from deploy.local.kafka_tools import Tool, tool_command
from deploy.local.suite import Suite, running_suite
from deploy.sample.organisation import organisation, write_csv
from shared import mongo

OTHERS = Path(__file__).parents[3] / "shared" / "data" / "organisation-126.csv"
SERVICES = ("people", "goals", "feedback", "reviews", "notifications")
KILL_AT = (0.15, 0.3, 0.45, 0.6, 0.75)
JOB_SECONDS = 1500
STAFF = 80
OFFSETS = (1, 2, 3, 4, 5, 9, 20, 21, 30, 40, 41)


class Progress:
    """Listens to how far the quarter is."""

    def __init__(self) -> None:
        self.share = 0.0
        self.moved = asyncio.Event()

    def began(self, step: str) -> None:
        pass

    def counted(self, step: str, done: int, of: int) -> None:
        if step == "a quarter":
            self.share = done / of
            self.moved.set()

    def ended(self, step: str) -> None:
        pass

    async def reaches(self, share: float) -> None:
        while self.share < share:
            self.moved.clear()
            await self.moved.wait()


@asynccontextmanager
async def suite_in(directory: Path) -> AsyncIterator[Suite]:
    """A suite of its own, on ports of its own."""
    async with running_suite(directory, free_base()) as suite:
        yield suite


def free_base() -> int:
    """Where a range of ports for a whole suite is free, as far as one can tell."""
    for base in range(21_000, 30_000, 60):
        try:
            for offset in OFFSETS:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + offset))
        except OSError:
            continue
        return base
    raise RuntimeError("no free ports")


async def lived_in(suite: Suite, people: Path, progress: Progress) -> Lived:
    addresses = suite.addresses()
    async with SuiteClient(addresses.services, suite.issuer.sign, run="test") as client:
        async with asyncio.timeout(JOB_SECONDS):
            return await live_quarter(client, people, kafka_options(addresses), progress)


async def effects_missing(suite: Suite, log: tuple[Seen, ...] | Any) -> list[str]:
    """Sources whose last event a subscriber has not applied, by the subscribers' own watermarks."""
    last: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for seen in log:
        last[seen.topic][seen.key] = max(seen.sequence, last[seen.topic].get(seen.key, 0))
    missing: list[str] = []
    async with mongo.connect(suite.engines.mongo) as client:
        for service in SERVICES:
            db = client[f"cairn_{service}"]
            topics = await db["watermarks"].distinct("topic")
            assert topics or service == "people", f"{service} has applied nothing"
            for topic in topics:
                marks = {m["source"]: m async for m in db["watermarks"].find({"topic": topic})}
                for source, sequence in last[topic].items():
                    mark = marks.get(source)
                    if mark is None or (mark["sequence"], mark["state"]) != (sequence, "open"):
                        missing.append(
                            f"{service} {topic} {source}: {mark and mark['sequence']} of {sequence}"
                        )
    return missing


async def notifications_doubled(suite: Suite) -> list[Any]:
    """(event, person, kind) of which there is more than one notification."""
    async with mongo.connect(suite.engines.mongo) as client:
        found = client["cairn_notifications"]["notifications"].find()
        counts = Counter([(d["event_id"], d["person_id"], d["kind"]) async for d in found])
    return [alert for alert, count in counts.items() if count > 1]


async def assert_all_holds(suite: Suite, lived: Lived) -> None:
    assert lived.wrong == []
    assert disorder(lived.log) == []
    assert await effects_missing(suite, lived.log) == []
    assert await notifications_doubled(suite) == []
    report = lived.report()
    assert (report["parked"], report["unsent"], report["lag"]) == (0, 0, 0)
    async with mongo.connect(suite.engines.mongo) as client:
        for service in SERVICES:
            db = client[f"cairn_{service}"]
            assert await db["outbox"].count_documents({"sent": False}) == 0
            assert await db["parked"].count_documents({}) == 0
            assert await db["fan_out_failures"].count_documents({}) == 0
            topic = f"cairn.{service}.events"
            rows = await db["outbox"].count_documents({"topic": topic})
            on_topic = {seen.attributes["id"] for seen in lived.log if seen.topic == topic}
            assert rows == len(on_topic), f"{service}: {rows} outbox rows, {len(on_topic)} on the topic"


@pytest.mark.timeout(1800)
async def test_the_main_job_holds_on_an_organisation_that_nobody_here_wrote(tmp_path: Path) -> None:
    if not OTHERS.is_file():
        pytest.skip("organisation-126.csv is not beside the project: ../shared/data is absent")
    async with suite_in(tmp_path / "suite") as suite:
        lived = await lived_in(suite, OTHERS, Progress())
        assert lived.report()["people"] == 126
        await assert_all_holds(suite, lived)


@pytest.mark.timeout(1800)
async def test_the_ledger_holds_when_every_service_is_killed_once_in_mid_run(tmp_path: Path) -> None:
    # Each of them reports to one that comes before.
    people = write_csv(tmp_path / "people.csv", organisation()[:STAFF])
    progress = Progress()
    killed: list[str] = []

    async def kill_each(suite: Suite) -> None:
        for service, share in zip(SERVICES, KILL_AT, strict=True):
            await progress.reaches(share)
            await suite.services[service].kill()
            killed.append(service)
            await suite.start_service(service)

    async with suite_in(tmp_path / "suite") as suite:
        killer = asyncio.create_task(kill_each(suite))
        lived = await lived_in(suite, people, progress)
        await killer
        assert killed == list(SERVICES)
        assert lived.report()["people"] == STAFF
        await assert_all_holds(suite, lived)
        await outsiders_can_read(suite, lived)


async def outsiders_can_read(suite: Suite, lived: Lived) -> None:
    """The CloudEvents SDK reads every event; Kafka's own console consumer prints them."""
    for seen in events_of(lived.log)[:2000]:
        event = from_binary(_as_message(seen), JSONFormat())
        assert event.get_id() == seen.attributes["id"]
        assert event.get_subject() == seen.key
        assert event.get_data() == seen.data
    options = ["--bootstrap-server", suite.engines.kafka, "--topic", "cairn.goals.events"]
    options += ["--from-beginning", "--max-messages", "25", "--timeout-ms", "30000"]
    options += ["--property", "print.key=true", "--property", "print.headers=true"]
    command = await tool_command(Tool.CONSOLE_CONSUMER, options)
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    lines = [line for line in out.decode().splitlines() if line.strip()]
    assert len(lines) == 25, err.decode()[-2000:]
    assert all("ce_type:cairn.goals." in line and "ce_sequence:" in line for line in lines)
    assert all(isinstance(json.loads(line[line.index("{") :]), dict) for line in lines)


def _as_message(seen: Seen) -> KafkaMessage:
    headers: Mapping[str, bytes] = {f"ce_{name}": value.encode() for name, value in seen.attributes.items()}
    return KafkaMessage(
        headers={**headers, "content-type": b"application/json"},
        key=seen.key.encode(),
        value=json.dumps(seen.data).encode(),
    )
