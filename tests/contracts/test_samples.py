"""The samples for integrators drop what comes twice, and take what is numbered again after a restore."""

import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

ROOT = Path(__file__).parents[2]
SENT = [(0, 1), (0, 2), (0, 2), (0, 3), (1, 2), (0, 3), (1, 3), (0, 4), (1, 3), (1, 4)]
TAKEN = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (1, 4)]
"""Epoch and sequence: the database was restored to what it was after the first event."""
RUN_SECONDS = 60


@pytest.fixture
async def topic(engines) -> str:
    """A topic with the events of one goal, some of them twice, some of a history that did not happen."""
    name = f"samples-{uuid.uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=engines.kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=engines.kafka) as producer:
        for epoch, sequence in SENT:
            said = {"ce_type": "t", "ce_subject": "goal_1", "ce_epoch": epoch, "ce_sequence": sequence}
            headers = [(key, str(value).encode()) for key, value in said.items()]
            value = json.dumps({"position": [epoch, sequence]}).encode()
            await producer.send_and_wait(name, value, b"goal_1", headers=headers)
    return name


def positions(command: Sequence[str]) -> list[tuple[int, int]]:
    """What a sample says of the first events that it takes."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as sample:
        assert sample.stdout is not None
        try:
            lines = list(islice(sample.stdout, len(TAKEN)))
        finally:
            sample.kill()
    found = (re.search(r"""["']position["']: \[(\d+), (\d+)\]""", line) for line in lines)
    return [(int(each[1]), int(each[2])) for each in found if each is not None]


@pytest.mark.timeout(RUN_SECONDS)
async def test_the_one_of_readme_takes_a_new_history_for_the_old(engines, topic: str, tmp_path: Path) -> None:
    (code,) = re.findall(
        r"```python\n(.*?AIOKafkaConsumer.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    code = code.replace("127.0.0.1:8420", engines.kafka).replace("cairn.goals.events", topic)
    (tmp_path / "sample.py").write_text(code.replace("my-subscriber", topic))
    assert positions([sys.executable, str(tmp_path / "sample.py")]) == TAKEN


@pytest.mark.timeout(RUN_SECONDS)
async def test_follow_takes_a_new_history_for_the_old(engines, topic: str) -> None:
    sample = str(ROOT / "docs/integrate/follow.py")
    assert positions([sys.executable, sample, engines.kafka, topic, "5"]) == TAKEN
