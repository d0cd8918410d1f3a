"""What production brings of its own: settings, secrets, and an issuer that shows a certificate."""

import re
import shutil
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import uvicorn

from deploy.certificates import certificates_in
from deploy.docker.keys import give_away, make_keys
from deploy.local.issuer import Issuer, issuer_of
from deploy.local.ports import free_ports
from deploy.local.services import SERVICES
from tests.compose.stack import ROOT

EXAMPLE = ROOT / "deploy/docker/settings/example"
CA = "issuer-ca.pem"
START_SECONDS = 30


@dataclass(frozen=True)
class House:
    """The directories that docker-compose.production.yml asks for, and who signs."""

    settings: Path
    secrets: Path
    issuer: Issuer


@contextmanager
def issuer_at(address: str, directory: Path) -> Generator[Issuer]:
    """An issuer that answers by https at an address of this machine; its authority is `directory/ca.pem`."""
    (port,) = free_ports(1)
    made = certificates_in(directory, kafka=[address])
    issuer = Issuer(issuer_of(directory, port).key, f"https://{address}:{port}")
    told = uvicorn.Config(
        issuer.app(), host=address, port=port, ssl_certfile=made.kafka, log_level="warning", lifespan="off"
    )
    server = uvicorn.Server(told)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    try:
        while not server.started:
            assert time.monotonic() < deadline, "the issuer does not start"
            time.sleep(0.05)
        yield issuer
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)


@contextmanager
def furnished(directory: Path, *, address: str) -> Generator[House]:
    """Settings from the example, and secrets as docs/compose.md lists them, each for its container's user."""
    settings, secrets, signing = (directory / name for name in ("settings", "secrets", "issuer"))
    with issuer_at(address, signing) as issuer:
        shutil.copytree(EXAMPLE, settings)
        told = settings / "services.env"
        text = re.sub("(?m)^CAIRN_OIDC_ISSUER=.*$", f"CAIRN_OIDC_ISSUER={issuer.url}", told.read_text())
        told.write_text(f"{text}SSL_CERT_FILE=/run/cairn/secrets/{CA}\n")
        make_keys(secrets)
        for service in SERVICES:
            token = issuer.sign(f"service:{service}", ["service"], lifetime=timedelta(days=1))
            (secrets / service / "service_token").write_text(token)
            shutil.copy(signing / "ca.pem", secrets / service / CA)
        give_away(secrets)
        yield House(settings, secrets, issuer)
