"""MongoDB on one machine: mongod as a replica set of one, on loopback, so that transactions work."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.child import Child
from deploy.local.data import DataDirectory
from deploy.local.errors import LocalError
from deploy.local.machine import mongod
from deploy.local.ports import LOOPBACK

if TYPE_CHECKING:
    from deploy.local.locks import Locks

Client = AsyncMongoClient[Mapping[str, Any]]
READY_SECONDS = 90.0
REPLICA_SET = "cairn"
CACHE_GB = 0.5
OPLOG_MB = 1024
"""Whole documents stay in the oplog until it wraps, also of people who were erased."""
SLOW_MILLISECONDS = 2_000_000_000
"""What takes longer is logged with its documents, by a server of any edition: nothing does."""
TRANSACTION_SECONDS = 5
# A set of one has nobody to hand over to: by itself it would wait 15 s for a successor.
STEP_DOWN_MILLISECONDS = 100
NOT_YET_INITIALISED, UNAUTHORISED, KNOWN_USER = 94, 13, 51003
MEND = "If its data was damaged or made by another version, move the data directory away; its log"


@dataclass(kw_only=True)
class Mongod:
    """One replica-set member whose documents lie in the data directory.

    With `test_commands` it takes fail points and other commands that no production server should; with
    `locks` it takes nobody without a user.
    """

    data: DataDirectory
    port: int
    test_commands: bool = False
    locks: "Locks | None" = None
    child: Child | None = None

    @property
    def url(self) -> str:
        """Its address, as clients want it: they wait until it belongs to its set.

        One that connects earlier has no sessions on that connection, whatever becomes of the server.
        Behind locked doors it is the administrator's.
        """
        if self.locks:
            return self.locks.administrator()["CAIRN_MONGO_URL"]
        return f"mongodb://{self._member}/?replicaSet={REPLICA_SET}"

    @property
    def _member(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    async def start(self) -> None:
        """Start it, make it a replica set the first time, and wait until it takes writes.

        Raises:
            LocalError: no mongod, a damaged directory, or a server that does not come up.
        """
        try:
            self.data.mongo.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LocalError(
                f"{self.data.mongo} cannot be used: {error.strerror}",
                mend="Make the data directory writable, or choose another with --data",
            ) from error
        self.child = Child(name="mongod", command=self._command(), log=self.data.log_of("mongod"), mend=MEND)
        await self.child.start()
        async with AsyncExitStack() as stack:
            anybody = await stack.enter_async_context(self._client())
            clients = [anybody]
            if self.locks:
                clients.append(await stack.enter_async_context(self._client(*self.locks.mongo_admin)))
            await self.child.until(lambda: self._takes_writes(*clients), within=READY_SECONDS)
            if self.locks:
                await self._make_administrator(anybody, *self.locks.mongo_admin)

    async def stop(self) -> None:
        """Shut it down with a checkpoint."""
        if self.child:
            await self.child.stop()

    def _client(self, user: str | None = None, password: str | None = None) -> Client:
        return AsyncMongoClient(
            f"mongodb://{self._member}",
            directConnection=True,
            serverSelectionTimeoutMS=300,
            username=user,
            password=password,
            **(self.locks.mongo_tls if self.locks else {}),
        )

    async def _make_administrator(self, anybody: Client, user: str, password: str) -> None:
        """The first user may be made by whoever is on the same machine, and by nobody once there is one."""
        try:
            await anybody.admin.command("createUser", user, pwd=password, roles=["root"])
        except OperationFailure as error:
            if error.code not in {UNAUTHORISED, KNOWN_USER}:
                raise

    def _command(self) -> list[str]:
        parameters: dict[str, object] = {
            "transactionLifetimeLimitSeconds": TRANSACTION_SECONDS,
            "diagnosticDataCollectionEnabled": "false",
            "shutdownTimeoutMillisForSignaledShutdown": STEP_DOWN_MILLISECONDS,
        }
        if self.test_commands:
            parameters["enableTestCommands"] = 1
        options: dict[str, object] = {
            "--replSet": REPLICA_SET,
            "--bind_ip": LOOPBACK,
            "--port": self.port,
            "--dbpath": self.data.mongo,
            "--wiredTigerCacheSizeGB": CACHE_GB,
            "--oplogSize": OPLOG_MB,
            "--slowms": SLOW_MILLISECONDS,
        }
        command = [mongod(), "--nounixsocket", "--quiet", *(self.locks.mongod if self.locks else ())]
        for option, value in options.items():
            command += [option, str(value)]
        for parameter, value in parameters.items():
            command += ["--setParameter", f"{parameter}={value}"]
        return command

    async def _takes_writes(self, *clients: Client) -> bool:
        """Whether it does; if its set is not what it should be, that is mended by whichever client may."""
        for client in clients:
            try:
                told = await client.admin.command("hello")
                if told.get("isWritablePrimary"):
                    return True
                if not told.get("secondary"):
                    await self._agree_on_members(client)
            except PyMongoError:
                pass
        return False

    async def _agree_on_members(self, client: Client) -> None:
        """Make the replica set, or move it to the port of this start."""
        try:
            found = await client.admin.command("replSetGetConfig")
        except OperationFailure as error:
            if error.code in {NOT_YET_INITIALISED, UNAUTHORISED}:
                members = [{"_id": 0, "host": self._member}]
                await client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
            return
        config = found["config"]
        if config["members"][0]["host"] != self._member:
            config["members"][0]["host"] = self._member
            config["version"] += 1
            await client.admin.command("replSetReconfig", config, force=True)
