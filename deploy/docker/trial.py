"""What stands around the suite in a trial: a token issuer, a mail server and a receiver of webhooks.

    python -m deploy.docker.trial --port-base 8500 --data .cairn --secrets /run/cairn/secrets

It gives notifications the token with which it asks the others, and writes down where everything is: in
DATA as the containers see it, in DATA/host as the host does.  Whoever reads DATA may be anyone, and the
administrator of Kafka and MongoDB, whose secrets `deploy.docker.keys` has made before.  Mails that came are
shown at `/mails`, the newest first.
"""

import argparse
import asyncio
import os
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import uvicorn
from aiosmtpd.smtp import SMTP
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from deploy.certificates import ADMIN
from deploy.credentials import ADMIN_DIRECTORY
from deploy.docker.keys import SENDER, WEBHOOK_KEY_FILE
from deploy.local.addresses import Addresses
from deploy.local.entry import CA, PASSWORD, USERNAME
from deploy.local.issuer import KEY_FILE, Issuer, issuer_of
from deploy.local.kept import put
from deploy.local.mail import MailSink, newest, readable
from deploy.local.ports import LOOPBACK, Ports
from deploy.local.scim import SCIM_TOKEN_FILE, scim_token_of
from deploy.local.services import ASKS_OTHERS, SERVICES, service_urls
from deploy.local.webhooks import receiver

ANYWHERE = "0.0.0.0"  # noqa: S104  the containers' own network; the host publishes it on loopback
HTTP_PORT = 8000
SMTP_PORT = 8025
TOKEN_LIFETIME = timedelta(days=365)
MAIL, WEBHOOKS = "mail", "webhooks.jsonl"
DIRECTORY = "people"
SHOWN_MAILS = 50


def give_secrets(directory: Path, *, issuer: Issuer, scim_token: str) -> None:
    """Write what each service may know into a directory of its own, files named as its settings."""
    token = issuer.sign(f"service:{ASKS_OTHERS}", ["service"], lifetime=TOKEN_LIFETIME)
    put(directory / ASKS_OTHERS / "service_token", token)
    put(directory / DIRECTORY / "scim_token", scim_token)


def tell_addresses(data: Path, *, ports: Ports, issuer: Issuer, administrator: Path) -> None:
    """Write the addresses, and beside the host's what its commands sign and come in with."""
    host = data / "host"
    for name in (CA, USERNAME, PASSWORD):
        put(host / ADMIN_DIRECTORY / name, (administrator / name).read_text())
    user, password = ADMIN, quote((administrator / "mongo_password").read_text(), safe="")
    inside = Addresses(
        kafka="kafka:9092",
        mongo=f"mongodb://{user}:{password}@mongo:27017/?replicaSet=cairn&authSource=admin",
        issuer=issuer.url,
        issuer_port=ports.issuer,
        services={service: f"http://{service}:8000" for service in SERVICES},
        smtp=f"mail:{SMTP_PORT}",
        mail=str(data / MAIL),
        webhooks=str(data / WEBHOOKS),
        logs="`docker compose logs`",
        secrets=str(administrator),
    )
    outside = Addresses(
        kafka=f"{LOOPBACK}:{ports.kafka}",
        mongo=f"mongodb://{user}:{password}@{LOOPBACK}:{ports.mongo}/?directConnection=true&authSource=admin",
        issuer=issuer.url,
        issuer_port=ports.issuer,
        services=service_urls(ports),
        smtp=f"{LOOPBACK}:{ports.smtp}",
        mail=f"the container `trial` in {data / MAIL}",
        webhooks=f"the container `trial` in {data / WEBHOOKS}",
        logs="`docker compose logs`",
        secrets=ADMIN_DIRECTORY,
    )
    put(host / KEY_FILE, (data / KEY_FILE).read_text())
    put(host / SCIM_TOKEN_FILE, scim_token_of(data))
    inside.save(data)
    outside.save(host)


def trial_app(data: Path, *, issuer: Issuer, webhook_secret: str, smtp_port: int = SMTP_PORT) -> Starlette:
    """The issuer and the receiver of webhooks as one app, whose lifespan takes mail."""

    @asynccontextmanager
    async def taking_mail(_: Starlette) -> AsyncGenerator[None]:
        loop, sink = asyncio.get_running_loop(), MailSink(data / MAIL)
        server = await loop.create_server(
            lambda: SMTP(sink, hostname="mail", enable_SMTPUTF8=True, loop=loop), ANYWHERE, smtp_port
        )
        async with server:
            yield

    async def ready(_: Request) -> Response:
        return Response("ready")

    def mails(_: Request) -> Response:
        shown = (readable(path) for path in newest(data / MAIL, SHOWN_MAILS))
        return PlainTextResponse("\n".join(shown) or "no mail yet\n")

    webhooks = receiver(webhook_secret, data / WEBHOOKS)
    routes = [*issuer.app().routes, *webhooks.routes, Route("/readyz", ready), Route("/mails", mails)]
    return Starlette(routes=routes, lifespan=taking_mail)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m deploy.docker.trial")
    parser.add_argument("--port-base", type=int, required=True, help="where the ports on the host start")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--secrets", type=Path, required=True)
    wish = parser.parse_args(arguments)
    os.umask(0o077)
    data = wish.data.resolve()
    ports = Ports.from_base(wish.port_base)
    issuer = issuer_of(data, ports.issuer)
    give_secrets(wish.secrets, issuer=issuer, scim_token=scim_token_of(data))
    webhook_secret = (wish.secrets / SENDER / WEBHOOK_KEY_FILE).read_text()
    administrator = wish.secrets / ADMIN_DIRECTORY
    tell_addresses(data, ports=ports, issuer=issuer, administrator=administrator)
    app = trial_app(data, issuer=issuer, webhook_secret=webhook_secret)
    uvicorn.run(
        app, host=ANYWHERE, port=HTTP_PORT, log_level="warning", access_log=False, server_header=False
    )


if __name__ == "__main__":
    main()
