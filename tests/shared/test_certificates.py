"""Until when certificates are good is told of every file that was given, also of one that is renewed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.certificates import CertificateFile, CertificateWatch, certificate_files
from shared.metrics import Metrics
from shared.settings import Settings, read

EXPIRES = "cairn_certificate_expires_timestamp_seconds"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def settings(**fields: Any) -> Settings:
    given = {
        "mongo_url": "mongodb://127.0.0.1:1/?replicaSet=rs0",
        "kafka_bootstrap": ("127.0.0.1:1",),
        "oidc_issuer": "https://id.example.com",
    }
    return read("goals", **{**given, **fields})


def pem(name: str, *, days: int) -> bytes:
    """A certificate that is good for so many days, behind its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(named).issuer_name(named).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(NOW - timedelta(days=999))
    signed = made.not_valid_after(NOW + timedelta(days=days)).sign(key, hashes.SHA256())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + signed.public_bytes(serialization.Encoding.PEM)


class Watched:
    """A watch over one file, and what it tells."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.metrics = Metrics("goals")
        self.watch = CertificateWatch([CertificateFile("kafka_ca", path)], self.metrics)

    async def write(self, *certificates: bytes) -> None:
        self.path.write_bytes(b"".join(certificates))
        await self.watch.turn()

    @property
    def days(self) -> dict[str, float]:
        """By subject, how many days after `NOW` it ends."""
        samples = [each for family in self.metrics.registry.collect() for each in family.samples]
        found = [each for each in samples if each.name == EXPIRES]
        assert all((each.labels["use"], each.labels["file"]) == ("kafka_ca", "ca.pem") for each in found)
        return {each.labels["subject"]: (each.value - NOW.timestamp()) / 86400 for each in found}

    def told(self, what: str) -> float | None:
        labels = {"use": "kafka_ca", "file": "ca.pem"}
        return self.metrics.registry.get_sample_value(f"cairn_certificate_{what}", labels)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path / "ca.pem")


async def test_every_certificate_of_a_file_is_told_and_of_one_name_the_first_to_end(watched: Watched) -> None:
    await watched.write(pem("leaf", days=30), pem("ca", days=900), pem("ca", days=10))
    assert watched.days == {"CN=leaf": 30, "CN=ca": 10}
    assert (watched.told("unread"), watched.told("renewed")) == (0, 0)


async def test_a_renewed_file_is_told_without_a_restart_and_waits_for_one(watched: Watched) -> None:
    before = pem("old", days=5)
    await watched.write(before)
    await watched.write(pem("new", days=365))
    assert watched.days == {"CN=new": 365}
    assert watched.told("renewed") == 1
    await watched.write(before)
    assert watched.told("renewed") == 0, "it is what the process was started with"


@pytest.mark.parametrize("damage", ["gone", "no certificate", "torn"])
async def test_a_file_that_cannot_be_read_is_told_and_what_was_known_stays(
    watched: Watched, damage: str
) -> None:
    good = pem("ca", days=5)
    await watched.write(good)
    if damage == "gone":
        watched.path.unlink()
        await watched.watch.turn()
    else:
        await watched.write(b"nothing" if damage == "no certificate" else good[:-60])
    assert (watched.told("unread"), watched.told("renewed")) == (1, 0)
    assert watched.days == {"CN=ca": 5}
    await watched.write(good)
    assert (watched.told("unread"), watched.told("renewed")) == (0, 0)


def test_files_are_those_of_kafka_and_of_the_connection_string_of_mongo(tmp_path: Path) -> None:
    ca, own = tmp_path / "ca.pem", tmp_path / "own.pem"
    for path in (ca, own):
        path.touch()
    found = certificate_files(
        settings(
            kafka_security_protocol="SSL",
            kafka_ca_file=ca,
            kafka_certificate_file=own,
            mongo_url="mongodb://u:p@a:1,b:2/?tls=true&TLSCAFILE=%2Fx%20y%2Fca.pem&tlsCertificateKeyFile=/k.pem",
        )
    )
    assert dict(found) == {
        "kafka_ca": ca,
        "kafka_certificate": own,
        "mongo_ca": Path("/x y/ca.pem"),
        "mongo_certificate": Path("/k.pem"),
    }


def test_without_tls_there_is_nothing_to_watch(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.touch()
    assert certificate_files(settings(kafka_ca_file=ca)) == []
