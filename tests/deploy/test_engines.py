"""The real engines: what is stored stays, what is wrong is told, and nothing is left running."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from pymongo import AsyncMongoClient

from deploy.local.data import held
from deploy.local.engines import EnginePorts, engines_of, running
from deploy.local.errors import ChildDiedError, LocalError, PortTakenError
from deploy.local.ports import free_ports

START_SECONDS = 90


@pytest.fixture(autouse=True)
def _no_engines_of_the_user(monkeypatch):
    monkeypatch.delenv("CAIRN_KAFKA_BOOTSTRAP", raising=False)
    monkeypatch.delenv("CAIRN_MONGO_URL", raising=False)


def some_ports() -> EnginePorts:
    kafka, controller, mongo = free_ports(3)
    return EnginePorts(kafka=kafka, kafka_controller=controller, mongo=mongo)


class Holder:
    """A process that holds a pair of engines, and what it said in the end."""

    def __init__(self, data: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "deploy.local.hold", "--data", str(data), *arguments]
        self.addresses = data / "engines.json"
        self.addresses.unlink(missing_ok=True)
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def up(self) -> dict[str, str]:
        deadline = time.monotonic() + START_SECONDS
        while not self.addresses.exists():
            assert self.process.poll() is None, self.process.stderr.read()
            assert time.monotonic() < deadline, "the engines did not come up"
            time.sleep(0.05)
        return json.loads(self.addresses.read_text())

    def engines(self) -> dict[str, int]:
        """Process ids of the engines by the last part of their program's name."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return {Path(f"/proc/{pid}/exe").readlink().name: int(pid) for pid in children}

    def ended(self) -> tuple[int, str]:
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said


@pytest.fixture
def holding():
    """Starts holders, and ends what a failed test leaves of them."""
    started: list[Holder] = []

    def hold(data: Path, *arguments: str) -> Holder:
        started.append(Holder(data, *arguments))
        return started[-1]

    yield hold
    for holder in started:
        holder.process.kill()
        holder.process.wait()


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_none_runs(pids) -> None:
    deadline = time.monotonic() + 20
    while any(runs(pid) for pid in pids):
        assert time.monotonic() < deadline, "an engine was orphaned"
        time.sleep(0.05)


async def store(kafka: str, mongo: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic("kept", 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as producer:
        await producer.send_and_wait("kept", b"record")
    async with (
        AsyncMongoClient(mongo) as client,
        client.start_session() as session,
        await session.start_transaction(),
    ):
        await client.kept.documents.insert_one({"_id": "document"}, session=session)


async def stored(kafka: str, mongo: str) -> tuple[bytes, str]:
    consumer = AIOKafkaConsumer("kept", bootstrap_servers=kafka, group_id="g", auto_offset_reset="earliest")
    async with consumer, AsyncMongoClient(mongo) as client:
        record = await consumer.getone()
        document = await client.kept.documents.find_one()
        return record.value, document["_id"]


async def test_data_survives_a_killed_holder_and_a_start_on_other_ports(tmp_path, holding):
    first = holding(tmp_path)
    before = first.up()
    await store(**before)
    pids = first.engines()
    assert set(pids) == {"java", "mongod"}
    first.process.kill()
    wait_until_none_runs(pids.values())

    second = holding(tmp_path)
    after = second.up()
    assert after["kafka"] != before["kafka"]
    assert await stored(**after) == (b"record", "document")
    pids = second.engines()
    second.process.send_signal(signal.SIGTERM)
    assert second.ended() == (0, "")
    wait_until_none_runs(pids.values())
    assert not second.addresses.exists()


def test_dead_engine_takes_the_other_down_and_is_named(tmp_path, holding):
    holder = holding(tmp_path)
    holder.up()
    pids = holder.engines()
    os.kill(pids["mongod"], signal.SIGKILL)
    code, said = holder.ended()
    assert code == 1
    assert "mongod stopped by itself (killed by SIGKILL). If its data was damaged" in said
    assert "Traceback" not in said
    wait_until_none_runs(pids.values())


def test_holder_ends_with_the_process_it_was_tied_to(tmp_path, holding):
    with subprocess.Popen(["sleep", "600"]) as other:
        holder = holding(tmp_path, "--while-process", str(other.pid))
        holder.up()
        pids = holder.engines()
        other.kill()
    assert holder.ended() == (0, "")
    wait_until_none_runs(pids.values())


def test_second_holder_of_a_directory_is_refused(tmp_path, holding):
    with held(tmp_path):
        code, said = holding(tmp_path).ended()
    assert code == 1
    assert f"in use by another suite (process {os.getpid()})" in said


async def test_taken_port_is_told_before_anything_starts(tmp_path):
    ports = some_ports()
    with socket.socket() as other, held(tmp_path) as data:
        other.bind(("127.0.0.1", ports.mongo))
        other.listen()
        engines = engines_of(data, ports)
        with pytest.raises(PortTakenError, match=f"port {ports.mongo}, wanted for MongoDB"):
            await engines.start()
    assert engines.children == []


async def test_damaged_kafka_data_is_told_and_leaves_no_mongod_behind(tmp_path):
    (tmp_path / "kafka" / "records").mkdir(parents=True)
    (tmp_path / "kafka" / "records" / "meta.properties").write_text("version=99\n")
    with held(tmp_path) as data:
        engines = engines_of(data, some_ports())
        with pytest.raises(
            ChildDiedError, match=r"(?s)kafka stopped by itself.*move the data directory away.*it ends:"
        ):
            await engines.start()
    assert not any(child.alive for child in engines.children)


async def test_damaged_mongo_data_is_told(tmp_path):
    (tmp_path / "mongo").mkdir()
    (tmp_path / "mongo" / "WiredTiger").write_text("garbage")
    (tmp_path / "mongo" / "WiredTiger.wt").write_text("garbage")
    (tmp_path / "mongo" / "storage.bson").write_text("garbage")
    with held(tmp_path) as data:
        engines = engines_of(data, some_ports())
        with pytest.raises(
            ChildDiedError, match=r"(?s)mongod stopped by itself.*move the data directory away.*it ends:"
        ):
            await engines.start()
    assert not any(child.alive for child in engines.children)


@pytest.mark.parametrize("part", ["kafka", "mongo"])
async def test_file_where_an_engine_keeps_its_data_is_told(tmp_path, part):
    (tmp_path / part).write_text("")
    with held(tmp_path) as data, pytest.raises(LocalError, match=rf"{tmp_path}.*{part}.* cannot be"):
        await engines_of(data, some_ports()).start()


async def test_servers_of_the_user_replace_the_engines_wholly(tmp_path, monkeypatch):
    monkeypatch.setenv("CAIRN_KAFKA_BOOTSTRAP", "broker:9092")
    monkeypatch.setenv("CAIRN_MONGO_URL", "mongodb://database/")
    with held(tmp_path) as data:
        async with running(engines_of(data, some_ports())) as engines:
            assert (engines.kafka, engines.mongo) == ("broker:9092", "mongodb://database/")
            assert engines.children == []


async def test_topics_are_never_made_by_asking_for_them(engines):
    admin = AIOKafkaAdminClient(bootstrap_servers=engines.kafka)
    await admin.start()
    try:
        (described,) = await admin.describe_configs([ConfigResource(ConfigResourceType.BROKER, "1")])
    finally:
        await admin.close()
    settings = {entry[0]: entry[1] for entry in described.resources[0][4]}
    assert settings["auto.create.topics.enable"] == "false"
    assert settings["group.initial.rebalance.delay.ms"] == "0"
    assert settings["listeners"].startswith("PLAINTEXT://127.0.0.1:")


async def test_abandoned_transactions_let_their_locks_go_soon(engines):
    async with AsyncMongoClient(engines.mongo) as client:
        told = await client.admin.command({"getParameter": 1, "transactionLifetimeLimitSeconds": 1})
        options = await client.admin.command("getCmdLineOpts")
    assert told["transactionLifetimeLimitSeconds"] == 5
    assert options["parsed"]["net"]["bindIp"] == "127.0.0.1"
