"""Apache Kafka on one machine: one KRaft node, broker and controller in one process, on loopback.

Its topics are made by the suite's own provisioner; this module only brings the broker up and down.
"""

import asyncio
import base64
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.helpers import create_ssl_context

from deploy.local.child import Child
from deploy.local.data import DataDirectory
from deploy.local.errors import LocalError
from deploy.local.jars import Progress, kafka_jars
from deploy.local.machine import java
from deploy.local.ports import LOOPBACK

if TYPE_CHECKING:
    from deploy.local.locks import Locks

READY_SECONDS = 90.0
NODE_ID = 1
LOG_SETTINGS = Path(__file__).with_name("kafka-log4j2.properties")
HEAP = ("-Xms96m", "-Xmx512m")
QUICK = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto")
SAFE = ("-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true")
MEND = "If its data was damaged or made by another version, move the data directory away; its log"


@dataclass(kw_only=True)
class Kafka:
    """One broker whose records lie in the data directory.

    `advertised_port` is what it tells its clients, where something stands between it and them; with
    `locks` it takes nobody without a user.
    """

    data: DataDirectory
    port: int
    controller_port: int
    advertised_port: int | None = None
    locks: "Locks | None" = None
    child: Child | None = None
    jars: list[Path] | None = None

    @property
    def bootstrap(self) -> str:
        """Its address, as clients want it."""
        return f"{LOOPBACK}:{self.port}"

    async def fetch(self, progress: Progress = lambda _done, _all: None) -> None:
        """Get the verified jars that it runs from.

        Raises:
            JarsError: they cannot be fetched, or are not those of the release.
        """
        self.jars = await kafka_jars(progress)

    async def start(self) -> None:
        """Fetch what was not, format the directory the first time, start, and wait until it serves.

        Raises:
            LocalError: no java, bad jars, a damaged directory, or a broker that does not come up.
        """
        if self.jars is None:
            await self.fetch()
        command = [java(), *HEAP, *QUICK, *SAFE, f"-Dlog4j2.configurationFile={LOG_SETTINGS.as_uri()}"]
        command += ["-cp", os.pathsep.join(map(str, self.jars or ()))]
        settings = self._configure()
        if not (self.data.kafka / "records" / "meta.properties").exists():
            await self._format(command, settings)
        self.child = self._child("kafka", [*command, "kafka.Kafka", str(settings)])
        await self.child.start()
        await self.child.until(self._serves, within=READY_SECONDS)

    async def stop(self) -> None:
        """Shut it down, so that the next start need not recover."""
        if self.child:
            await self.child.stop()

    async def _format(self, command: Sequence[str], settings: Path) -> None:
        cluster = "c" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
        tool = ["kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", cluster, "-c", str(settings)]
        formatter = self._child("kafka-format", [*command, *tool])
        await formatter.start()
        try:
            await formatter.ended()
        finally:
            await formatter.kill()
        if formatter.status != 0:
            raise formatter.failure("Kafka's data directory could not be prepared")

    def _child(self, name: str, command: Sequence[str]) -> Child:
        return Child(name=name, command=command, log=self.data.log_of(name), mend=MEND)

    def _configure(self) -> Path:
        """Write the broker's settings, anew at each start since the ports may differ."""
        path = self.data.kafka / "server.properties"
        try:
            self.data.kafka.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"{key}={value}\n" for key, value in self._settings().items()))
        except OSError as error:
            raise LocalError(
                f"{path} cannot be written: {error.strerror}",
                mend="Make the data directory writable, or choose another with --data",
            ) from error
        return path

    def _settings(self) -> Mapping[str, object]:
        return {
            "process.roles": "broker,controller",
            "node.id": NODE_ID,
            "controller.quorum.voters": f"{NODE_ID}@{LOOPBACK}:{self.controller_port}",
            "controller.listener.names": "CONTROLLER",
            **self._doors(),
            "log.dirs": self.data.kafka / "records",
            **ONE_NODE,
            **SMALL,
            **SWIFT,
        }

    def _doors(self) -> Mapping[str, object]:
        advertised = self.advertised_port or self.port
        if self.locks:
            return self.locks.broker(
                port=self.port, controller_port=self.controller_port, advertised_port=advertised
            )
        return {
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{LOOPBACK}:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{advertised}",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        }

    async def _serves(self) -> bool:
        """Whether the broker is registered and answers."""
        if not await _listens(self.port):
            return False
        client = AIOKafkaClient(**self._way_in(), request_timeout_ms=2000)
        try:
            await client.bootstrap()
            brokers = cast("set[object]", client.cluster.brokers())
            return len(brokers) > 0
        except (KafkaError, OSError):
            return False
        finally:
            await client.close()

    def _way_in(self) -> dict[str, Any]:
        if self.locks is None:
            return {"bootstrap_servers": self.bootstrap}
        keys = self.locks.certificates
        context = create_ssl_context(cafile=str(keys.ca), certfile=str(keys.admin))
        nodes = f"{LOOPBACK}:{self.locks.nodes_port}"
        return {"bootstrap_servers": nodes, "security_protocol": "SSL", "ssl_context": context}


ONE_NODE: Mapping[str, object] = {
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
}
SMALL: Mapping[str, object] = {
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.num.partitions": 2,
    "share.coordinator.state.topic.num.partitions": 2,
    "num.network.threads": 2,
    "num.io.threads": 4,
    "background.threads": 2,
    "log.segment.bytes": 64 * 1024 * 1024,
    "log.index.size.max.bytes": 1024 * 1024,
    "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
    "log.cleaner.io.buffer.size": 256 * 1024,
}
# A killed broker cannot register again before its old session has ended: the session is short.
SWIFT: Mapping[str, object] = {
    "group.initial.rebalance.delay.ms": 0,
    "log.cleaner.backoff.ms": 2000,
    "broker.heartbeat.interval.ms": 500,
    "broker.session.timeout.ms": 3000,
}


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True
