"""Both engines of a suite: started side by side, or taken as they are where the user runs their own."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.local.child import Child
from deploy.local.data import DataDirectory
from deploy.local.errors import LocalError
from deploy.local.jars import Progress
from deploy.local.kafka import Kafka
from deploy.local.mongod import Mongod
from deploy.local.ports import require_free
from deploy.local.watch import together

if TYPE_CHECKING:
    from deploy.local.locks import Locks

KAFKA_VARIABLE = "CAIRN_KAFKA_BOOTSTRAP"
MONGO_VARIABLE = "CAIRN_MONGO_URL"


@dataclass(frozen=True, kw_only=True)
class EnginePorts:
    """Where embedded engines listen on loopback."""

    kafka: int
    kafka_controller: int
    mongo: int


@dataclass(kw_only=True)
class Engines:
    """Addresses of Kafka and MongoDB, and the engines behind them where they are embedded."""

    kafka: str
    mongo: str
    broker: Kafka | None = None
    database: Mongod | None = None

    @property
    def children(self) -> list[Child]:
        """The processes that must stay alive."""
        return [engine.child for engine in (self.broker, self.database) if engine and engine.child]

    async def prepare(self, progress: Progress = lambda _done, _all: None) -> None:
        """Refuse ports that are taken, and fetch what is embedded and not there yet.

        Raises:
            LocalError: what is in the way.
        """
        require_free(self._wanted())
        if self.broker:
            await self.broker.fetch(progress)

    async def start(self) -> None:
        """Start what is embedded, side by side; one that fails takes the other down with it.

        Raises:
            LocalError: an engine that cannot start, and why.
        """
        require_free(self._wanted())
        try:
            await together(*(engine.start() for engine in (self.broker, self.database) if engine))
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop what is embedded, side by side."""
        await asyncio.gather(*(engine.stop() for engine in (self.broker, self.database) if engine))

    def _wanted(self) -> dict[str, int]:
        ports: dict[str, int] = {}
        if self.broker:
            ports |= {"Kafka": self.broker.port, "Kafka's controller": self.broker.controller_port}
            if self.broker.locks:
                ports |= {"Kafka's nodes": self.broker.locks.nodes_port}
        if self.database:
            ports |= {"MongoDB": self.database.port}
        return ports


def engines_of(
    data: DataDirectory, ports: EnginePorts, *, test_commands: bool = False, locks: "Locks | None" = None
) -> Engines:
    """The engines of a data directory, not started; an address in the environment replaces one wholly.

    Raises:
        LocalError: with `locks`, which are of embedded engines, there are others in the environment.
    """
    kafka, mongo = os.environ.get(KAFKA_VARIABLE), os.environ.get(MONGO_VARIABLE)
    if locks and (kafka or mongo):
        raise LocalError(
            "doors are locked of embedded engines alone", mend=f"Unset {KAFKA_VARIABLE} and {MONGO_VARIABLE}"
        )
    broker = Kafka(data=data, port=ports.kafka, controller_port=ports.kafka_controller, locks=locks)
    database = Mongod(data=data, port=ports.mongo, test_commands=test_commands, locks=locks)
    return Engines(
        kafka=kafka or broker.bootstrap,
        mongo=mongo or database.url,
        broker=None if kafka else broker,
        database=None if mongo else database,
    )


@asynccontextmanager
async def running(engines: Engines, progress: Progress = lambda _done, _all: None) -> AsyncGenerator[Engines]:
    """The engines while they run; stopped on the way out."""
    await engines.prepare(progress)
    await engines.start()
    try:
        yield engines
    finally:
        await engines.stop()
