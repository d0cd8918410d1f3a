"""The storage held to the contract that scim2-server's makers ship for every storage."""

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from scim2_models import ScimProvider
from scim2_server.testing import AsyncScimStorageContract, BlockingStorage

from services.people.app import SCIM, SERVICE
from services.people.scim.commands import Commands
from services.people.scim.offer import provider
from services.people.scim.storage import Storage
from shared.metrics import Metrics
from shared.runtime import Runtime
from shared.work import Cause
from tests.services.house import settings_of

WRITTEN = ("people", "identifiers", "scim_users", "scim_names", "scim_groups", "people_guards", "outbox")


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """An event loop of its own, as the contract's tests know none."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def runtime(engines: Any, runner: asyncio.Runner) -> Iterator[Runtime]:
    """The people service on the real MongoDB, not started."""
    settings = settings_of(SERVICE, engines, database=f"t{uuid.uuid4().hex[:12]}")
    runtime = Runtime(SERVICE, settings, Metrics("people"))
    runner.run(runtime.prepare_database())
    yield runtime
    runner.run(runtime.work.close())
    runner.run(_dropped(runtime))
    runtime.client.close()


class TestStorage(AsyncScimStorageContract):
    """Through the real use cases."""

    @pytest.fixture
    def provider(self) -> ScimProvider:
        """What is offered."""
        return provider()

    @pytest.fixture
    def storage(self, runtime: Runtime, runner: asyncio.Runner) -> BlockingStorage:
        """An empty directory."""
        runner.run(_emptied(runtime))
        commands = Commands(runtime.work, runtime.metrics, SCIM, Cause())
        return BlockingStorage(Storage(runtime.db, commands, {}), runner)


async def _emptied(runtime: Runtime) -> None:
    await asyncio.gather(*(runtime.db[name].delete_many({}) for name in WRITTEN))


async def _dropped(runtime: Runtime) -> None:
    await runtime.client.drop_database(runtime.settings.mongo_database)
