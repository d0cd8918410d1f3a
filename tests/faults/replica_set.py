"""Three small mongods as a replica set, each behind a proxy that its peers and clients go through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from deploy.local.child import Child
from deploy.local.machine import mongod
from deploy.local.ports import LOOPBACK

NAME = "faults"
CACHE_GB = 0.25
OPLOG_MB = 256
READY_SECONDS = 60.0
ELECTION_MS = 2000


@dataclass(kw_only=True)
class ReplicaSet:
    """The members by their own ports; `fronts` are the ports under which the world knows them."""

    directory: Path
    ports: Sequence[int]
    fronts: Sequence[int]
    children: list[Child] = field(default_factory=list[Child])

    @property
    def url(self) -> str:
        """For the services: through the proxies."""
        hosts = ",".join(f"{LOOPBACK}:{front}" for front in self.fronts)
        return f"mongodb://{hosts}/?replicaSet={NAME}&retryWrites=true"

    def direct(self, member: int) -> str:
        """One member, past its proxy."""
        return f"mongodb://{LOOPBACK}:{self.ports[member]}/?directConnection=true"

    async def start(self) -> None:
        """Start all, agree on the members, wait for a primary."""
        self.children = [self._child(number) for number in range(len(self.ports))]
        for child in self.children:
            await child.start()
        async with self._client(0) as client:
            await self.children[0].until(lambda: _answers(client), within=READY_SECONDS)
        for member in range(1, len(self.ports)):
            async with self._client(member) as client:
                await self.children[member].until(lambda c=client: _answers(c), within=READY_SECONDS)
        members = [{"_id": n, "host": f"{LOOPBACK}:{front}"} for n, front in enumerate(self.fronts)]
        settings = {"electionTimeoutMillis": ELECTION_MS, "heartbeatIntervalMillis": 500}
        config = {"_id": NAME, "members": members, "settings": settings}
        async with self._client(0) as client:
            await client.admin.command("replSetInitiate", config)
        await self.primary()

    async def primary(self) -> int:
        """The member that takes writes, once there is one."""
        found = -1

        async def there_is() -> bool:
            nonlocal found
            for member, child in enumerate(self.children):
                if child.alive and await self._is_primary(member):
                    found = member
                    return True
            return False

        watched = next(child for child in self.children if child.alive)
        await watched.until(there_is, within=READY_SECONDS)
        return found

    async def kill(self, member: int) -> None:
        """As a crash would."""
        await self.children[member].kill()

    async def restart(self, member: int) -> None:
        """Bring a member back and wait until it has caught up with the others."""
        child = self.children[member] = self._child(member)
        await child.start()
        async with self._client(member) as client:
            await child.until(lambda: _serves(client), within=READY_SECONDS)

    async def stop(self) -> None:
        """Stop all."""
        for child in self.children:
            await child.kill()

    async def _is_primary(self, member: int) -> bool:
        try:
            async with self._client(member) as client:
                told = await client.admin.command("hello")
        except PyMongoError:
            return False
        return bool(told.get("isWritablePrimary"))

    def _client(self, member: int) -> AsyncMongoClient[Mapping[str, Any]]:
        return AsyncMongoClient(self.direct(member), serverSelectionTimeoutMS=1000)

    def _child(self, member: int) -> Child:
        path = self.directory / f"mongo-{member}"
        path.mkdir(parents=True, exist_ok=True)
        options: dict[str, object] = {
            "--replSet": NAME,
            "--bind_ip": LOOPBACK,
            "--port": self.ports[member],
            "--dbpath": path,
            "--wiredTigerCacheSizeGB": CACHE_GB,
            "--oplogSize": OPLOG_MB,
        }
        parameters = {"transactionLifetimeLimitSeconds": 5, "diagnosticDataCollectionEnabled": "false"}
        command = [mongod(), "--nounixsocket", "--quiet"]
        command += [str(part) for option in options.items() for part in option]
        command += [
            part for name, value in parameters.items() for part in ("--setParameter", f"{name}={value}")
        ]
        return Child(
            name=f"mongod-{member}", command=command, log=self.directory / f"logs/mongod-{member}.log"
        )


async def _answers(client: AsyncMongoClient[Mapping[str, Any]]) -> bool:
    try:
        await client.admin.command("ping")
    except PyMongoError:
        return False
    return True


async def _serves(client: AsyncMongoClient[Mapping[str, Any]]) -> bool:
    try:
        told = await client.admin.command("hello")
    except PyMongoError:
        return False
    return bool(told.get("isWritablePrimary") or told.get("secondary"))
