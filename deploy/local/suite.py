"""The whole suite on one machine: engines, services and the small servers around them, up and down in order.

What it starts it watches and stops; what the services do is theirs.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from deploy.credentials import ADMIN_DIRECTORY
from deploy.local.addresses import Addresses, forget
from deploy.local.asgi import serving
from deploy.local.child import Child
from deploy.local.data import DataDirectory, held
from deploy.local.engines import EnginePorts, Engines, engines_of
from deploy.local.issuer import AUDIENCE, Issuer, issuer_of
from deploy.local.locks import locks_of
from deploy.local.mail import MailSink, mail_server
from deploy.local.ports import LOOPBACK, Ports, require_free
from deploy.local.scim import scim_variables
from deploy.local.services import (
    ASKS_OTHERS,
    SERVICES,
    STOP_SECONDS,
    Surroundings,
    service_child,
    service_port,
    service_urls,
    until_ready,
)
from deploy.local.steps import Silent, Steps
from deploy.local.topics import make_topics, make_users, settings_of
from deploy.local.watch import together, while_alive
from deploy.local.webhooks import PATH, receiver, webhook_secret_of
from shared.settings import Settings

Result = TypeVar("Result")
SERVICE_TOKEN_LIFETIME = timedelta(days=30)
ENGINES, USERS, TOPICS = "Kafka and MongoDB", "users", "topics"


@dataclass(kw_only=True)
class Suite:
    """A suite that runs, and what others need to use it."""

    data: DataDirectory
    ports: Ports
    engines: Engines
    issuer: Issuer
    surroundings: Surroundings
    steps: Steps
    services: dict[str, Child] = field(default_factory=dict[str, Child])

    @property
    def urls(self) -> dict[str, str]:
        """The base URL of each service, by its name."""
        return service_urls(self.ports)

    @property
    def children(self) -> list[Child]:
        """Every process that must stay alive."""
        return [*self.engines.children, *self.services.values()]

    def addresses(self) -> Addresses:
        """Where everything is."""
        locks = self.surroundings.locks
        return Addresses(
            kafka=self.engines.kafka,
            mongo=self.engines.mongo,
            issuer=self.issuer.url,
            issuer_port=self.ports.issuer,
            services=self.urls,
            smtp=f"{LOOPBACK}:{self.ports.smtp}",
            mail=str(self.data.mail),
            webhooks=str(self.data.webhooks),
            logs=str(self.data.logs),
            secrets=str(locks.credentials.of(ADMIN_DIRECTORY)) if locks else "",
        )

    async def while_alive(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do the work, but give it up when a process of the suite dies.

        Raises:
            ChildDiedError: which one, and the end of its log.
        """
        return await while_alive(work, lambda: self.children)

    @property
    def settings(self) -> Settings:
        """Settings for what works on the suite without being one of its services."""
        return settings_of(self.surroundings.tools())

    async def start(self) -> None:
        """Start all of it side by side: the services load while the engines come up, and wait for them.

        Raises:
            LocalError: an engine or a service that cannot start; what had been started still runs.
        """
        services = (self._start_first_time(service) for service in SERVICES)
        await self.while_alive(together(self._start_engines(), *services))

    async def _start_engines(self) -> None:
        self.steps.began(ENGINES)
        await self.engines.start()
        self.steps.ended(ENGINES)
        await self._make_users()
        await self._make_topics()  # the last: services wait for these, and then need their rights

    async def _make_topics(self) -> None:
        self.steps.began(TOPICS)
        await make_topics(self.settings)
        self.steps.ended(TOPICS)

    async def _make_users(self) -> None:
        if self.surroundings.locks:
            self.steps.began(USERS)
            await make_users(self.settings, self.surroundings.locks.credentials, SERVICES)
            self.steps.ended(USERS)

    async def _start_first_time(self, service: str) -> None:
        self.steps.began(service)
        await self.start_service(service)
        self.steps.ended(service)

    async def start_service(self, service: str) -> None:
        """Start one service, the first time or again, and wait until it is ready.

        Raises:
            ChildDiedError: it ended, or is not ready in time.
        """
        own = {**self._token(service), **scim_variables(service, self.data.path)}
        child = service_child(service, surroundings=self.surroundings, data=self.data, extra=own)
        self.services[service] = child
        require_free({service: service_port(self.ports, service)})
        await child.start()
        async with httpx.AsyncClient(trust_env=False) as client:
            await until_ready(child, self.urls[service], client)

    def _token(self, service: str) -> dict[str, str]:
        if service != ASKS_OTHERS:
            return {}
        token = self.issuer.sign(f"service:{service}", ["service"], lifetime=SERVICE_TOKEN_LIFETIME)
        return {"CAIRN_SERVICE_TOKEN": token}

    async def stop_services(self) -> None:
        """Stop all five side by side."""
        await asyncio.gather(*(child.stop(grace=STOP_SECONDS) for child in self.services.values()))


@asynccontextmanager
async def running_suite(
    data: Path, base: int, steps: Steps | None = None, *, locked: bool = False
) -> AsyncGenerator[Suite]:
    """A suite, up and ready; on the way out the services stop first, then the engines.

    Args:
        data: its data directory, made if need be.
        base: where its ports start.
        steps: hears how far it is.
        locked: whether its engines take nobody without a user.

    Raises:
        LocalError: what is in the way.
    """
    steps = steps or Silent()
    async with AsyncExitStack() as stack:
        directory = stack.enter_context(held(data))
        suite = _suite_of(directory, Ports.from_base(base), steps, locked=locked)
        require_free(_side_ports(suite.ports))
        await _start_side_servers(suite, stack)
        await suite.engines.prepare(lambda done, of: suite.steps.counted("Kafka's jars", done, of))
        stack.push_async_callback(suite.engines.stop)
        stack.push_async_callback(suite.stop_services)
        await suite.start()
        suite.addresses().save(directory.path)
        stack.callback(forget, directory.path)
        yield suite


def _suite_of(directory: DataDirectory, ports: Ports, steps: Steps, *, locked: bool) -> Suite:
    placed = EnginePorts(kafka=ports.kafka, kafka_controller=ports.kafka_controller, mongo=ports.mongo)
    keys = {"nodes_port": ports.kafka_nodes, "mongo_port": ports.mongo}
    locks = locks_of(directory, **keys, services=SERVICES) if locked else None
    engines, issuer = engines_of(directory, placed, locks=locks), issuer_of(directory.path, ports.issuer)
    surroundings = Surroundings(
        kafka=engines.kafka,
        mongo=engines.mongo,
        issuer=issuer.url,
        jwks_url=issuer.jwks_url,
        audience=AUDIENCE,
        webhook_url=f"http://{LOOPBACK}:{ports.webhooks}{PATH}",
        webhook_secret=webhook_secret_of(directory.path),
        ports=ports,
        locks=locks,
    )
    return Suite(
        data=directory, ports=ports, engines=engines, issuer=issuer, surroundings=surroundings, steps=steps
    )


def _side_ports(ports: Ports) -> dict[str, int]:
    wanted = {service: service_port(ports, service) for service in SERVICES}
    return wanted | {"the issuer": ports.issuer, "mail": ports.smtp, "webhooks": ports.webhooks}


async def _start_side_servers(suite: Suite, stack: AsyncExitStack) -> None:
    ports, data = suite.ports, suite.data
    webhooks = receiver(suite.surroundings.webhook_secret, data.webhooks)
    await stack.enter_async_context(serving(suite.issuer.app(), ports.issuer))
    await stack.enter_async_context(serving(webhooks, ports.webhooks))
    await stack.enter_async_context(mail_server(MailSink(data.mail), ports.smtp))
