"""Everything that the faults happen to: services, a broker, three mongods, proxies, receivers."""

import asyncio
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from weakref import WeakSet

import httpx
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.asgi import serving
from deploy.local.child import Child
from deploy.local.data import DataDirectory, held
from deploy.local.issuer import AUDIENCE, Issuer, issuer_of
from deploy.local.kafka import Kafka
from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.services import ASKS_OTHERS, SERVICES, until_ready
from deploy.local.topics import make_topics, settings_of
from deploy.local.webhooks import webhook_secret_of
from tests.faults.proxy import Proxy
from tests.faults.replica_set import ReplicaSet
from tests.faults.serve import FAULT, POISON
from tests.faults.traps import BITES

TWICE: Mapping[str, int] = dict.fromkeys(SERVICES, 2)
"""How many instances of each service there are."""
MEMBERS = 3
STOP_SECONDS = 20.0
DISK_MB = 900
"""The disk of one member: room for a run, and quickly filled."""
Taken = defaultdict[str, list[float]]
"""When something was taken, each time, by its id."""
HOOKS = ("steady", "slow", "failing", "gone")
"""Webhook endpoints: one that answers, and three that misbehave from when they are told to."""


class Mailbox:
    """A mail server that notes when it has taken what, by Message-ID."""

    def __init__(self) -> None:
        self.taken: Taken = defaultdict(list)
        self._server: asyncio.Server | None = None
        self._sessions: WeakSet[SMTP] = WeakSet()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take one mail."""
        head = (envelope.original_content or b"").decode(errors="replace")
        ids = [
            line.partition(":")[2].strip() for line in head.splitlines() if line.lower()[:11] == "message-id:"
        ]
        self.taken[ids[0] if ids else ""].append(time.monotonic())
        return "250 OK"

    async def open(self, port: int) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()

        def session() -> SMTP:
            opened = SMTP(self, hostname="localhost", enable_SMTPUTF8=True, loop=loop)
            self._sessions.add(opened)
            return opened

        self._server = await loop.create_server(session, LOOPBACK, port)

    def close(self) -> None:
        """Be gone, for those who are connected too."""
        if self._server is not None:
            self._server.close()
        for session in self._sessions:
            if session.transport is not None:
                session.transport.close()


class Hooks:
    """Receivers of webhooks; `troubled` ones misbehave by name."""

    def __init__(self) -> None:
        self.troubled: set[str] = set()
        self.taken: dict[str, Taken] = {name: defaultdict(list) for name in HOOKS}
        self.bitten: Counter[str] = Counter()

    def app(self) -> Starlette:
        """All of them under one port."""
        return Starlette(routes=[Route("/{name}", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        name, id_ = request.path_params["name"], request.headers["webhook-id"]
        if name in self.troubled:
            self.bitten[name] += 1
            if name == "slow":
                await asyncio.sleep(10)
            else:
                return Response(status_code=500 if name == "failing" else 410)
        self.taken[name][id_].append(time.monotonic())
        return Response(status_code=204)


@dataclass(kw_only=True)
class Town:
    """What runs, and how to hurt it."""

    data: DataDirectory
    broker: Kafka
    database: ReplicaSet
    kafka_proxy: Proxy
    mongo_proxies: list[Proxy]
    issuer: Issuer
    mailbox: Mailbox
    hooks: Hooks
    smtp_port: int
    ports: Mapping[tuple[str, int], int]
    variables: dict[str, str]
    small_disk: Path | None = None
    """Where a member of the replica set lies on a small disk of its own, if mounting is allowed."""
    instances: dict[tuple[str, int], Child] = field(default_factory=dict[tuple[str, int], Child])

    @property
    def hook_urls(self) -> Sequence[str]:
        """Where webhooks are sent."""
        return self.variables["CAIRN_WEBHOOK_URLS"].split(",")

    @property
    def bites_file(self) -> Path:
        """Where services say what has happened to them."""
        return self.data.path / "bites"

    @property
    def poison_file(self) -> Path:
        """The keys whose events fail in notifications."""
        return self.data.path / "poison"

    def bites(self) -> Counter[str]:
        """What has happened in the services, by name."""
        lines = self.bites_file.read_text().splitlines() if self.bites_file.is_file() else []
        return Counter(lines)

    def numbers(self, service: str) -> list[int]:
        """The numbers of a service's instances."""
        return [number for each, number in self.ports if each == service]

    def url(self, service: str, number: int) -> str:
        """Where an instance answers."""
        return f"http://{LOOPBACK}:{self.ports[service, number]}"

    async def start_instance(self, service: str, number: int, *, fault: str = "", wait: bool = True) -> Child:
        """Start an instance, with something wrong if told so."""
        child = Child(
            name=f"{service}-{number}",
            command=[sys.executable, "-m", "tests.faults.serve", f"services.{service}"],
            log=self.data.log_of(f"{service}-{number}"),
            environment=self._environment(service, number) | {FAULT: fault},
        )
        self.instances[service, number] = child
        await child.start()
        if wait:
            async with httpx.AsyncClient(trust_env=False) as client:
                await until_ready(child, self.url(service, number), client)
        return child

    async def start_all(self, fault: str = "") -> None:
        """All instances of every service."""
        await asyncio.gather(*(self.start_instance(*each, fault=fault) for each in self.ports))

    async def stop_all(self) -> None:
        """Stop every instance in order."""
        await asyncio.gather(*(child.stop(grace=STOP_SECONDS) for child in self.instances.values()))

    def _environment(self, service: str, number: int) -> dict[str, str]:
        asking = {}
        if service == ASKS_OTHERS:
            token = self.issuer.sign(f"service:{service}", ["service"], lifetime=timedelta(days=1))
            asking = {"CAIRN_SERVICE_TOKEN": token}
        port = str(self.ports[service, number])
        return {
            **self.variables,
            "CAIRN_HTTP_HOST": LOOPBACK,
            "CAIRN_HTTP_PORT": port,
            **asking,
        }


async def _mounted(path: Path, stack: AsyncExitStack) -> Path | None:
    """A small file system of its own until the stack unwinds; None where nothing may be mounted."""
    path.mkdir(parents=True, exist_ok=True)

    async def unmount() -> None:
        await _call("umount", "-l", str(path))

    stack.push_async_callback(unmount)  # first, since what is told to stop while it mounts may have mounted
    options = ("-t", "tmpfs", "-o", f"size={DISK_MB}m", "cairn-faults")
    return path if await _call("mount", *options, str(path)) else None


async def _call(*command: str) -> bool:
    """Whether a program could be run, and was content."""
    try:
        called = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    except OSError:
        return False
    return await called.wait() == 0


@asynccontextmanager
async def running_town(
    directory: Path, seed: int, instances: Mapping[str, int] = TWICE
) -> AsyncGenerator[Town]:
    """A town without its services, which are started by whoever knows what is wrong with them."""
    async with AsyncExitStack() as stack:
        data = stack.enter_context(held(directory))
        ports = iter(free_ports(sum(instances.values()) + 2 * MEMBERS + 6))
        broker = Kafka(data=data, port=next(ports), controller_port=next(ports))
        kafka_proxy = Proxy(port=next(ports), target=broker.port, seed=seed)
        broker.advertised_port = kafka_proxy.port
        members = [next(ports) for _ in range(MEMBERS)]
        fronts = [next(ports) for _ in range(MEMBERS)]
        database = ReplicaSet(directory=data.path, ports=members, fronts=fronts)
        small_disk = await _mounted(data.path / f"mongo-{MEMBERS - 1}", stack)
        mongo_proxies = [
            Proxy(port=front, target=port, seed=seed + front)
            for front, port in zip(fronts, members, strict=True)
        ]
        issuer_port, smtp_port, hooks_port = next(ports), next(ports), next(ports)
        issuer, mailbox, hooks = issuer_of(data.path, issuer_port), Mailbox(), Hooks()
        for proxy in (kafka_proxy, *mongo_proxies):
            await proxy.start()
            stack.push_async_callback(proxy.stop)
        await stack.enter_async_context(serving(issuer.app(), issuer_port))
        await stack.enter_async_context(serving(hooks.app(), hooks_port))
        await mailbox.open(smtp_port)
        stack.callback(mailbox.close)
        stack.push_async_callback(broker.stop)
        stack.push_async_callback(database.stop)
        await asyncio.gather(broker.start(), database.start())
        numbered = [(service, number) for service in SERVICES for number in range(instances[service])]
        placed = {each: next(ports) for each in numbered}
        first = {service: f"http://{LOOPBACK}:{placed[service, 0]}" for service in SERVICES}
        town = Town(
            data=data,
            broker=broker,
            database=database,
            kafka_proxy=kafka_proxy,
            mongo_proxies=mongo_proxies,
            issuer=issuer,
            mailbox=mailbox,
            hooks=hooks,
            smtp_port=smtp_port,
            ports=placed,
            small_disk=small_disk,
            variables={
                "PYTHONPATH": str(Path.cwd()),
                "PYTHONUNBUFFERED": "1",
                BITES: str(data.path / "bites"),
                POISON: str(data.path / "poison"),
                "CAIRN_DEVELOPMENT": "true",
                "CAIRN_LOG_LEVEL": "warning",
                "CAIRN_MONGO_URL": database.url,
                "CAIRN_KAFKA_BOOTSTRAP": f"{LOOPBACK}:{kafka_proxy.port}",
                "CAIRN_KAFKA_SESSION_SECONDS": "6",
                "CAIRN_LEASE_SECONDS": "3",
                "CAIRN_OIDC_ISSUER": issuer.url,
                "CAIRN_OIDC_JWKS_URL": issuer.jwks_url,
                "CAIRN_OIDC_AUDIENCE": AUDIENCE,
                "CAIRN_OIDC_ALGORITHMS": "ES256",
                "CAIRN_SERVICE_URLS": ",".join(f"{name}={url}" for name, url in first.items()),
                "CAIRN_SMTP_HOST": LOOPBACK,
                "CAIRN_SMTP_PORT": str(smtp_port),
                "CAIRN_SMTP_SECURITY": "none",
                "CAIRN_SMTP_TIMEOUT_SECONDS": "5",  # what a killed sender has claimed waits for it too
                "CAIRN_WEBHOOK_URLS": ",".join(f"http://{LOOPBACK}:{hooks_port}/{name}" for name in HOOKS),
                "CAIRN_WEBHOOK_SECRET": webhook_secret_of(data.path),
                "CAIRN_WEBHOOK_ATTEMPTS": "20",
            },
        )
        await make_topics(settings_of(town.variables))
        stack.push_async_callback(town.stop_all)
        yield town
