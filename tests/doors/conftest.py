"""A suite whose engines take nobody without a user."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.credentials import Credentials
from deploy.local.ports import free_base
from deploy.local.suite import Suite, running_suite

READER, TELLER = "analyst", "hcm"


@dataclass(frozen=True)
class Locked:
    """The suite, and where each user of its engines has its secrets."""

    suite: Suite
    credentials: Credentials
    ca: Path

    @property
    def secrets(self) -> Path:
        return self.credentials.directory

    def password(self, holder: str) -> str:
        of_integrators = holder in {READER, TELLER}
        directory = self.credentials.integrators if of_integrators else self.secrets
        return (directory / holder / "kafka_sasl_password").read_text()


@pytest.fixture(scope="session")
async def locked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Locked]:
    """All tests here share it: what they try is mostly denied, and what is not changes nothing."""
    directory = tmp_path_factory.mktemp("locked")
    async with running_suite(directory, free_base(), locked=True) as suite:
        locks = suite.surroundings.locks
        assert locks is not None
        yield Locked(suite, locks.credentials, locks.certificates.ca)
