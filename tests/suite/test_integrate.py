"""The samples of docs/integrate read what a suite publishes: all of it, each once."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tests.faults.records import first_of_each, read_log
from tests.suite.house import PROJECT, House

SAMPLES = PROJECT / "docs" / "integrate"
TOPIC = "cairn.feedback.events"
IDLE_SECONDS = "8"
RUN_SECONDS = 120


async def send_again(house: House, count: int) -> None:
    """The first records once more, as a relay does that was killed at the wrong moment."""
    bootstrap = house.addresses.kafka
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
        await consumer.start()
        try:
            [part, *_] = [TopicPartition(TOPIC, number) for number in await producer.partitions_for(TOPIC)]
            consumer.assign([part])
            await consumer.seek_to_beginning()
            for _ in range(count):
                record: Any = await consumer.getone()
                headers = [*record.headers]
                await producer.send_and_wait(TOPIC, record.value, record.key, part.partition, None, headers)
        finally:
            await consumer.stop()


async def published(house: House) -> list[tuple[str, str]]:
    """Every event that lies on the topic, however often, as the bare client reads it."""
    log = first_of_each(await read_log(house.addresses.kafka))
    return sorted((each.attributes["type"], each.key) for each in log if each.topic == TOPIC)


def ran(command: Sequence[str], cwd: Path) -> list[dict[str, Any]]:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=RUN_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def installed(npm: Path, directory: Path) -> str:
    """Why not; nothing if it is."""
    command = [str(npm), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(
        command, cwd=directory, capture_output=True, text=True, timeout=RUN_SECONDS, check=False
    )
    return done.stderr[-300:] if done.returncode else ""


def require_all_once(found: Sequence[dict[str, Any]], wanted: Sequence[tuple[str, str]]) -> None:
    assert sorted((each["type"], each["subject"]) for each in found) == list(wanted)
    assert len({each["data"]["id"] for each in found}) == len(found)


async def test_the_python_sample_says_every_event_once(house: House) -> None:
    house.require_rest()
    await send_again(house, 3)
    command = [sys.executable, str(SAMPLES / "follow.py"), house.addresses.kafka, TOPIC, IDLE_SECONDS]
    require_all_once(ran(command, SAMPLES), await published(house))


async def test_the_javascript_sample_says_every_event_once(house: House, tmp_path: Path) -> None:
    npm, node = (Path(sys.prefix) / "bin" / name for name in ("npm", "node"))
    for name in ("follow.mjs", "package.json", "package-lock.json"):
        (tmp_path / name).write_text((SAMPLES / name).read_text())
    trouble = installed(npm, tmp_path)
    if trouble:
        pytest.skip(f"kafkajs cannot be installed here: {trouble}")
    house.require_rest()
    await send_again(house, 3)
    command = [str(node), "follow.mjs", house.addresses.kafka, TOPIC, IDLE_SECONDS]
    require_all_once(ran(command, tmp_path), await published(house))
