"""One stack of containers for all tests here, from nothing, and taken away again."""

import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.live import client as live
from deploy.live import figures
from deploy.live.client import SuiteClient
from deploy.live.quarter import IMPORTER
from deploy.local.addresses import Addresses
from deploy.local.issuer import issuer_of
from tests.compose.stack import Compose, standing

LAST = (
    "test_data_is_kept_when_all_containers_are_taken_away",
    "test_goals_come_back_from_a_backup_and_go_on",
    "test_erasures_and_anchors_of_the_audit_outlive_the_databases",
)
"""After which others would find less than they need: numbers that begin again, then no databases."""


@pytest.hookimpl(trylast=True)  # whatever the order of the others is
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let those that take away what others stand on come at the end."""
    items.sort(key=lambda item: LAST.index(item.name) + 1 if item.name in LAST else 0)


@pytest.fixture(scope="session")
def compose() -> Iterator[Compose]:
    if shutil.which("docker") is None:
        pytest.fail("there is no docker on this machine")
    with standing(Compose()) as compose:
        yield compose


@pytest.fixture
def host(compose: Compose, tmp_path: Path) -> Path:
    """A data directory of the host, as the `cairn` commands want it."""
    directory = tmp_path / "host"
    directory.mkdir()
    compose.run("cp", "trial:/trial/.cairn/host/.", str(directory))
    return directory


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have clients ask for longer: a container is away for longer than a process, and copies are as late."""
    monkeypatch.setattr(live, "PATIENCE_SECONDS", 180.0)
    monkeypatch.setattr(live, "LATE_COPY_SECONDS", 120.0)
    monkeypatch.setattr(figures, "SETTLE_SECONDS", 600.0)


@pytest.fixture
async def client(host: Path) -> AsyncIterator[SuiteClient]:
    """A client on the host, by way of the published ports."""
    addresses = Addresses.load(host)
    issuer = issuer_of(host, addresses.issuer_port)
    async with SuiteClient(addresses.services, issuer.sign, run=uuid.uuid4().hex) as client:
        client.roles[IMPORTER] = ("hr_admin",)
        yield client
