"""Certificates of a trial: made once, good for the names they are for, trusted by who knows the authority."""

import ipaddress
import ssl
import stat
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from deploy.certificates import RENEWED_BEFORE, SUPER_USERS, Certificates, certificates_in, main
from deploy.credentials import INTEGRATORS, credentials_in


@pytest.fixture
def made(tmp_path: Path) -> Certificates:
    return certificates_in(tmp_path.parent / f"{tmp_path.name}-made", kafka=["kafka"], mongo=["mongo"])


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def verify(made: Certificates, path: Path, name: x509.DNSName | x509.IPAddress) -> None:
    store = Store([certificate(made.ca)])
    PolicyBuilder().store(store).build_server_verifier(name).verify(certificate(path), [])


def test_servers_are_who_they_say_by_every_name_of_theirs_and_by_no_other(made):
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    for path, name in ((made.kafka, "kafka"), (made.mongo, "mongo")):
        verify(made, path, loopback)
        verify(made, path, x509.DNSName("localhost"))
        verify(made, path, x509.DNSName(name))
    with pytest.raises(VerificationError):
        verify(made, made.kafka, x509.DNSName("mongo"))


def test_an_administrator_is_no_server(made):
    usage = certificate(made.admin).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert "User:CN=cairn-admin" in SUPER_USERS
    assert certificate(made.admin).subject.rfc4514_string() == "CN=cairn-admin"


def test_they_are_good_for_a_year(made):
    for path in (made.ca, made.kafka, made.mongo, made.admin):
        left = certificate(path).not_valid_after_utc - datetime.now(UTC)
        assert timedelta(days=364) < left <= timedelta(days=365)


def test_keys_are_with_their_certificates_and_for_their_owner_alone(made):
    for path in (made.kafka, made.mongo, made.admin):
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        assert key.public_key() == certificate(path).public_key()
        ssl.create_default_context().load_cert_chain(path)
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.directory.iterdir()} == {0o600}
    assert "PRIVATE KEY" not in made.ca.read_text()


def test_what_is_there_is_kept_and_what_was_deleted_is_signed_by_the_same_authority(made, capsys):
    before = {path: path.read_bytes() for path in made.directory.iterdir()}
    main([str(made.directory)])
    assert {path: path.read_bytes() for path in made.directory.iterdir()} == before
    assert "kafka.pem is good until 2" in capsys.readouterr().out
    made.kafka.unlink()
    certificates_in(made.directory)
    assert made.kafka.read_bytes() != before[made.kafka]
    verify(made, made.kafka, x509.DNSName("localhost"))
    assert made.ca.read_bytes() == before[made.ca]


def test_what_lacks_a_name_that_is_asked_for_is_made_anew_with_those_that_it_has(made):
    before = {path: path.read_bytes() for path in made.directory.iterdir()}
    main([str(made.directory), "--kafka", "broker.example.com", "192.0.2.7"])
    assert [path for path in before if path.read_bytes() != before[path]] == [made.kafka]
    for name in (x509.DNSName("kafka"), x509.DNSName("broker.example.com")):
        verify(made, made.kafka, name)
    verify(made, made.kafka, x509.IPAddress(ipaddress.ip_address("192.0.2.7")))


def test_what_is_near_its_end_is_made_anew_with_its_names_and_trusted_by_who_knows_the_old_authority(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("deploy.certificates.VALID", RENEWED_BEFORE - timedelta(minutes=1))
    made = certificates_in(tmp_path, kafka=["kafka", "192.0.2.7"], mongo=["mongo"])
    old = Store([certificate(made.ca)])
    before = {path: path.read_bytes() for path in made.directory.iterdir()}
    monkeypatch.undo()
    certificates_in(tmp_path)
    changed = {path.name for path in before if path.read_bytes() != before[path]}
    assert changed == {"ca.pem", "kafka.pem", "mongo.pem", "admin.pem"}
    for known in (old, Store([certificate(made.ca)])):
        for name in (x509.DNSName("kafka"), x509.IPAddress(ipaddress.ip_address("192.0.2.7"))):
            PolicyBuilder().store(known).build_server_verifier(name).verify(certificate(made.kafka), [])
    assert [*certificate(made.admin).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value] == [
        ExtendedKeyUsageOID.CLIENT_AUTH
    ]
    renewed = {path: path.read_bytes() for path in made.directory.iterdir()}
    certificates_in(tmp_path)
    assert {path: path.read_bytes() for path in made.directory.iterdir()} == renewed


def test_passwords_are_made_once_and_addresses_anew(tmp_path, made):
    def make(port: int):
        at = f"mongo:{port}/?replicaSet=cairn"
        return credentials_in(tmp_path, services=["goals", "people"], mongo=at, authority=made.ca)

    first = make(1)
    texts = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    make(2)
    assert {path.name for path in texts if path.read_text() != texts[path]} == {"mongo_url"}
    assert first.of("goals").joinpath("mongo_url").read_text().endswith("@mongo:2/?replicaSet=cairn")
    passwords = [text for path, text in texts.items() if "password" in path.name]
    others = tomllib.loads(INTEGRATORS.read_text())
    assert len(set(passwords)) == len(passwords) == 6 + len(others)
    assert {path.name for path in first.integrators.iterdir()} == {"integrators.toml", *others}
    key = first.mongo_key.read_text()
    assert 6 <= len(key) <= 1024
    assert set(key) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
