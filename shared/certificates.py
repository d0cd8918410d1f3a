"""Until when the certificates are good by which this process and its engines know each other.

Only those that the process was given as files; what an engine shows is `shared.peer_certificates`.  The files
are read again and again, but connections go on with what was read at the start: that a file was renewed is
told, so that somebody replaces the process.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from shared.logs import logger
from shared.metrics import Metrics
from shared.settings import Settings

OF_MONGO: Final[Mapping[str, str]] = {
    "tlscafile": "mongo_ca",
    "tlscertificatekeyfile": "mongo_certificate",
}
"""Options of a connection string, whose case does not matter, and the use of what they name."""
LONGEST_SUBJECT: Final = 200
_log = logger("certificates")


class CertificateFile(NamedTuple):
    """A PEM file, and what it is for: `kafka_ca`, `kafka_certificate`, `mongo_ca` or `mongo_certificate`."""

    use: str
    path: Path


def certificate_files(settings: Settings) -> Sequence[CertificateFile]:
    """The files that the settings name for connections by TLS, one a use."""
    found: dict[str, Path] = {}
    if settings.kafka_security_protocol.endswith("SSL"):
        named = {"kafka_ca": settings.kafka_ca_file, "kafka_certificate": settings.kafka_certificate_file}
        found |= {use: path for use, path in named.items() if path is not None}
    options = settings.mongo_url.get_secret_value().partition("?")[2]
    for option in options.replace(";", "&").split("&"):
        name, _, value = option.partition("=")
        if value and name.lower() in OF_MONGO:
            found[OF_MONGO[name.lower()]] = Path(unquote(value))
    return [CertificateFile(use, path) for use, path in found.items()]


class CertificateWatch:
    """The turn of a worker that reads the files and tells the metrics until when each certificate is good."""

    def __init__(self, files: Sequence[CertificateFile], metrics: Metrics) -> None:
        self._files = files
        self._metrics = metrics
        self._at_start: dict[str, frozenset[bytes]] = {}
        self._told: dict[str, set[str]] = {}
        self._unread: set[str] = set()

    async def turn(self) -> bool:
        """Read each file once; of one that cannot be read, what was told stays."""
        for file in self._files:
            try:
                found = await asyncio.to_thread(_read, file.path)
            except (OSError, ValueError) as error:
                self._miss(file, type(error).__name__)
            else:
                self._tell(file, found)
        return False

    def _miss(self, file: CertificateFile, error: str) -> None:
        if file.use not in self._unread:
            _log.warning(
                "a file of certificates cannot be read", use=file.use, file=file.path.name, error=error
            )
        self._unread.add(file.use)
        self._metrics.certificate_unread.labels(file.use, file.path.name).set(1)

    def _tell(self, file: CertificateFile, found: Sequence[x509.Certificate]) -> None:
        use, name = file.use, file.path.name
        self._unread.discard(use)
        self._metrics.certificate_unread.labels(use, name).set(0)
        prints = frozenset(each.fingerprint(hashes.SHA256()) for each in found)
        renewed = prints != self._at_start.setdefault(use, prints)
        self._metrics.certificate_renewed.labels(use, name).set(renewed)
        ends = _ends(found)
        for subject in self._told.get(use, set()) - set(ends):
            self._metrics.certificate_expires.remove(use, name, subject)
        for subject, at in ends.items():
            self._metrics.certificate_expires.labels(use, name, subject).set(at)
        self._told[use] = set(ends)


def _read(path: Path) -> Sequence[x509.Certificate]:
    """All certificates of a PEM file, which has keys and other things too; raises OSError and ValueError."""
    return x509.load_pem_x509_certificates(path.read_bytes())


def _ends(certificates: Sequence[x509.Certificate]) -> Mapping[str, float]:
    """By subject, when it ends, in seconds since 1970; of several of one subject, the first to end."""
    ends: dict[str, float] = {}
    for each in certificates:
        subject = each.subject.rfc4514_string()[:LONGEST_SUBJECT]
        at = each.not_valid_after_utc.timestamp()
        ends[subject] = min(at, ends.get(subject, at))
    return ends
