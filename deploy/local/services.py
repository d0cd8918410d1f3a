"""The five services as processes of this machine: how each is called, and what it is told at its start."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from deploy.local.child import Child
from deploy.local.data import DataDirectory
from deploy.local.ports import LOOPBACK, Ports

if TYPE_CHECKING:
    from deploy.local.locks import Locks

SERVICES = ("people", "goals", "feedback", "reviews", "notifications")
ASKS_OTHERS = "notifications"
"""The one service that asks others over HTTP, and so has a token: for titles of what it writes about."""
MODULE = "services.{service}"
READY_SECONDS = 120.0
STOP_SECONDS = 45.0


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the services are told of the world around them."""

    kafka: str
    mongo: str
    issuer: str
    jwks_url: str
    audience: str
    webhook_url: str
    webhook_secret: str
    ports: Ports
    locks: "Locks | None" = None

    def variables(self) -> dict[str, str]:
        """The settings that are the same for every service."""
        return {
            "CAIRN_DEVELOPMENT": "true",
            "CAIRN_TIMERS": "false",
            "CAIRN_ERASURE_RECHECK_SECONDS": "10",
            "CAIRN_KAFKA_BOOTSTRAP": self.kafka,
            "CAIRN_OIDC_ISSUER": self.issuer,
            "CAIRN_OIDC_JWKS_URL": self.jwks_url,
            "CAIRN_OIDC_AUDIENCE": self.audience,
            "CAIRN_OIDC_ALGORITHMS": "ES256",
            "CAIRN_SERVICE_URLS": ",".join(f"{name}={url}" for name, url in service_urls(self.ports).items()),
            "CAIRN_SMTP_HOST": LOOPBACK,
            "CAIRN_SMTP_PORT": str(self.ports.smtp),
            "CAIRN_SMTP_SECURITY": "none",
            "CAIRN_WEBHOOK_URLS": self.webhook_url,
            "CAIRN_WEBHOOK_SECRET": self.webhook_secret,
            **({} if self.locks else {"CAIRN_MONGO_URL": self.mongo}),
        }

    def entry(self, service: str) -> dict[str, str]:
        """By what a service comes into locked engines."""
        return self.locks.service(service) if self.locks else {}

    def tools(self) -> dict[str, str]:
        """All settings of what works on the suite without being one of its services."""
        return self.variables() | (self.locks.administrator() if self.locks else {})


def service_port(ports: Ports, service: str) -> int:
    """The port of a service, by its name."""
    return int(getattr(ports, service))


def service_urls(ports: Ports) -> dict[str, str]:
    """Where each service answers."""
    return {name: f"http://{LOOPBACK}:{service_port(ports, name)}" for name in SERVICES}


def service_child(
    service: str, *, surroundings: Surroundings, data: DataDirectory, extra: Mapping[str, str] | None = None
) -> Child:
    """One service, not started.

    Args:
        service: its name.
        surroundings: what it is told of the suite.
        data: where its log goes.
        extra: more variables for its environment.
    """
    port = service_port(surroundings.ports, service)
    own = {"CAIRN_HTTP_HOST": LOOPBACK, "CAIRN_HTTP_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    if service == "people":
        own["CAIRN_ERASURE_LOG_FILE"] = str(data.erasures)
    own["MALLOC_ARENA_MAX"] = "2"  # or each thread of the driver keeps memory of its own
    return Child(
        name=service,
        command=[sys.executable, "-m", "shared.serve", MODULE.format(service=service)],
        log=data.log_of(service),
        environment=surroundings.variables() | surroundings.entry(service) | own | dict(extra or {}),
    )


async def until_ready(child: Child, url: str, client: httpx.AsyncClient) -> None:
    """Wait until a service says that it is ready.

    Raises:
        ChildDiedError: it ended, or is not ready in time; then what it lacks is told too.
    """
    lacks = "and did not answer"

    async def ready() -> bool:
        nonlocal lacks
        try:
            answer = await client.get(f"{url}/readyz", timeout=2)
        except httpx.HTTPError as error:
            lacks = f"and did not answer ({type(error).__name__})"
            return False
        lacks = f"and said {answer.text[:300]}"
        return answer.is_success

    await child.until(ready, within=READY_SECONDS, lacking=lambda: lacks)
