"""Engines that take nobody without a user: those of a suite of this machine, which all tests here share."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.local.ports import LOOPBACK, free_base
from deploy.local.suite import Suite, running_suite
from shared.settings import Settings

READER, TELLER = "analyst", "hcm"


@dataclass(frozen=True, kw_only=True)
class Locked:
    """Where the engines are, and where each of their users has its secrets.

    `listeners` are the broker's as host:port, by who comes there: clients, nodes, controller.
    """

    listeners: Mapping[str, str]
    secrets: Path
    integrators: Path
    ca: Path
    administrator: Settings

    def password(self, holder: str) -> str:
        """Of a service or an integrator, at Kafka."""
        directory = self.integrators if holder in {READER, TELLER} else self.secrets
        return (directory / holder / "kafka_sasl_password").read_text()


@pytest.fixture(scope="session")
async def locked_suite(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Suite]:
    """What is tried on it is mostly denied, and what is not changes nothing."""
    async with running_suite(tmp_path_factory.mktemp("locked"), free_base(), locked=True) as suite:
        yield suite


@pytest.fixture(scope="session")
def locked(locked_suite: Suite) -> Locked:
    """Its engines."""
    locks, ports = locked_suite.surroundings.locks, locked_suite.ports
    assert locks is not None
    placed = {"clients": ports.kafka, "nodes": ports.kafka_nodes, "controller": ports.kafka_controller}
    return Locked(
        listeners={who: f"{LOOPBACK}:{port}" for who, port in placed.items()},
        secrets=locks.credentials.directory,
        integrators=locks.credentials.integrators,
        ca=locks.certificates.ca,
        administrator=locked_suite.settings,
    )
