"""Until when the certificates are good that Kafka and MongoDB show.

Each address is spoken to by TLS, asked for nothing and told nothing; whether what it shows can be trusted is
for the clients to find.  Knows no names of files: what this process was given is `shared.certificates`.
"""

import asyncio
import ssl
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final
from urllib.parse import parse_qs, urlsplit

from cryptography import x509

from shared.metrics import Metrics
from shared.settings import Settings

Address = tuple[str, int]
ANSWER_SECONDS: Final = 5.0
KAFKA, MONGO = "kafka_peer", "mongo_peer"


def brokers(settings: Settings) -> Collection[Address]:
    """The brokers of the settings, none if they are not reached by TLS."""
    if not settings.kafka_security_protocol.endswith("SSL"):
        return []
    parts = (each.rpartition(":") for each in settings.kafka_bootstrap)
    return [(host.strip("[]"), int(port)) for host, _, port in parts]


def mongo_by_tls(settings: Settings) -> bool:
    """Whether MongoDB is reached by TLS, as its connection string says."""
    url = urlsplit(settings.mongo_url.get_secret_value())
    options = {name.lower(): value[-1] for name, value in parse_qs(url.query).items()}
    said = options.get("tls") or options.get("ssl") or ("true" if url.scheme == "mongodb+srv" else "")
    return said.lower() == "true"


class PeerWatch:
    """The turn of a worker that looks at what each engine shows and tells the metrics when it ends.

    `peers` gives, by use, the addresses as they are known now.  What cannot be reached is not told of.
    """

    def __init__(self, peers: Callable[[], Mapping[str, Iterable[Address]]], metrics: Metrics) -> None:
        self._peers = peers
        self._metrics = metrics
        self._told: set[tuple[str, str, str]] = set()

    async def turn(self) -> bool:
        """Look at each once."""
        asked = [(use, address) for use, known in self._peers().items() for address in known]
        shown = await asyncio.gather(*(_shown(address) for _, address in asked))
        ends = {
            (use, f"{host}:{port}", found.subject.rfc4514_string()): found.not_valid_after_utc.timestamp()
            for (use, (host, port)), found in zip(asked, shown, strict=True)
            if found is not None
        }
        for labels in self._told - set(ends):
            self._metrics.certificate_expires.remove(*labels)
        for labels, at in ends.items():
            self._metrics.certificate_expires.labels(*labels).set(at)
        self._told = set(ends)
        return False


async def _shown(address: Address) -> x509.Certificate | None:
    """What is shown there, also if it has ended; None if nothing is."""
    host, port = address
    looking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    looking.check_hostname, looking.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=looking, server_hostname=host)
    except (OSError, TimeoutError):
        return None
    try:
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return x509.load_der_x509_certificate(shown)
    except ValueError:
        return None
    finally:
        writer.transport.abort()
