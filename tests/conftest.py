"""What every test may ask for: a real Kafka, a real MongoDB, and a name of its own in them.

One pair of engines serves the whole run, whatever the number of pytest-xdist workers: the first
test that asks starts it, the run takes it down at its end, and it goes with the run if that is
killed.  CAIRN_TEST_KAFKA and CAIRN_TEST_MONGO name a running pair to use instead.
"""

import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
from pymongo import MongoClient

hypothesis.settings.register_profile("cairn", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("cairn")
DIRECTORY = "CAIRN_TEST_DIRECTORY"
RUN = "CAIRN_TEST_RUN"
START_SECONDS = 120
STOP_SECONDS = 30


STANDING = ("suite", "doors")
"""Folders whose tests share a whole suite that runs from the first of them on."""


@pytest.hookimpl(trylast=True)  # whatever the order of the others is
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a suite stand for its own tests alone: it takes half a core even when nobody asks it."""
    here = Path(__file__).parent
    items.sort(key=lambda item: (None, *STANDING).index(_folder(item.path, here)))


def _folder(path: Path, here: Path) -> str | None:
    top = path.relative_to(here).parts[0] if path.is_relative_to(here) else ""
    return top if top in STANDING else None


@dataclass(frozen=True)
class Addresses:
    """Where the engines of this test run are: Kafka's bootstrap servers and MongoDB's URL."""

    kafka: str
    mongo: str


@pytest.fixture(scope="session")
def engines() -> Addresses:
    """A real Kafka broker and a real one-node replica set, with test commands."""
    kafka, mongo = os.environ.get("CAIRN_TEST_KAFKA"), os.environ.get("CAIRN_TEST_MONGO")
    if kafka and mongo:
        return Addresses(kafka, mongo)
    directory = Path(os.environ[DIRECTORY])
    with (directory / "start").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        return _started(directory)


@pytest.fixture
def name(engines: Addresses) -> Iterator[str]:
    """A name no other test uses; MongoDB databases that start with it are dropped afterwards."""
    mine = f"t{uuid.uuid4().hex[:12]}"
    yield mine
    with MongoClient(engines.mongo) as client:
        for database in client.list_database_names():
            if database.startswith(mine):
                client.drop_database(database)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[DIRECTORY] = tempfile.mkdtemp(prefix="cairn-tests-")
        os.environ[RUN] = str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        directory = Path(os.environ.pop(DIRECTORY))
        _stop(directory)
        shutil.rmtree(directory, ignore_errors=True)


def _started(directory: Path) -> Addresses:
    addresses = directory / "engines" / "engines.json"
    if not (directory / "holder").exists():
        _start(directory, addresses)
    return Addresses(**json.loads(addresses.read_text()))


def _start(directory: Path, addresses: Path) -> None:
    command = [sys.executable, "-m", "deploy.local.hold", "--data", str(addresses.parent), "--test-commands"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CAIRN_")}
    with (directory / "holder.log").open("wb") as log:
        holder = subprocess.Popen(
            [*command, "--while-process", os.environ[RUN]],
            cwd=Path(__file__).parent.parent,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (directory / "holder").write_text(str(holder.pid))
    deadline = time.monotonic() + START_SECONDS
    while not addresses.exists():
        if holder.poll() is not None or time.monotonic() > deadline:
            pytest.exit(f"the engines did not start:\n{(directory / 'holder.log').read_text()}", 3)
        time.sleep(0.05)


def _stop(directory: Path) -> None:
    try:
        holder = os.pidfd_open(int((directory / "holder").read_text()))
    except (FileNotFoundError, ProcessLookupError):
        return
    signal.pidfd_send_signal(holder, signal.SIGTERM)
    if not select.select([holder], [], [], STOP_SECONDS)[0]:
        signal.pidfd_send_signal(holder, signal.SIGKILL)
    os.close(holder)
