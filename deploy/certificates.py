"""Certificates for a trial: an authority of its own, one for each engine, one for the administrator.

    python -m deploy.certificates DIR [--kafka NAME ...] [--mongo NAME ...]

Each is good for a year and for the names given besides this machine's own.  What lies in DIR is kept until a
month before its end, or until a name is given that it lacks, and then made anew with the names that it has
too; the authority keeps its key, so that
who knows its old certificate trusts what it signs now.  To have one made anew at once, delete it.  Each PEM
file but `ca.pem` holds a key, for its reader alone.  Brokers take who shows a certificate of this authority
with the name of SUPER_USERS for a super user: let the authority sign nothing else.  Production has its own.
"""

import argparse
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.local.kept import kept

VALID: Final = timedelta(days=365)
RENEWED_BEFORE: Final = timedelta(days=30)
CLOCKS_APART: Final = timedelta(hours=1)
THIS_MACHINE: Final = ("localhost", "127.0.0.1", "::1")
AUTHORITY, BROKER, DATABASE, ADMIN = "cairn-ca", "cairn-kafka", "cairn-mongo", "cairn-admin"
SUPER_USERS: Final = (f"User:CN={BROKER}", f"User:CN={ADMIN}", f"User:{ADMIN}")
"""As Kafka names who may everything: brokers to each other, and who makes users and topics, by certificate
before there are users and by password afterwards."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """Where they lie."""

    directory: Path

    @property
    def ca(self) -> Path:
        """The authority's certificate: who trusts it trusts the rest."""
        return self.directory / "ca.pem"

    @property
    def ca_key(self) -> Path:
        """The authority's key, which nobody but this script needs."""
        return self.directory / "ca-key.pem"

    @property
    def kafka(self) -> Path:
        """Of the brokers, to clients and to each other."""
        return self.directory / "kafka.pem"

    @property
    def mongo(self) -> Path:
        """Of the servers of MongoDB."""
        return self.directory / "mongo.pem"

    @property
    def admin(self) -> Path:
        """Of the administrator, to Kafka."""
        return self.directory / "admin.pem"


def certificates_in(directory: Path, *, kafka: Sequence[str] = (), mongo: Sequence[str] = ()) -> Certificates:
    """The certificates of a directory; those that are missing, lack a name or end within a month, are made.

    Args:
        directory: made if need be.
        kafka: names and addresses by which brokers are reached, besides this machine's own.
        mongo: the same of MongoDB.

    Raises:
        DataDirectoryError: a file cannot be read or written.
        ValueError: the authority's key or certificate is damaged.
    """
    found = Certificates(directory)
    key_text = kept(found.ca_key, _new_key)
    key = _key(key_text)
    _gone_unless_good(found.ca)
    authority = x509.load_pem_x509_certificate(kept(found.ca, partial(_authority, key)).encode())
    for path, name, hosts in (
        (found.kafka, BROKER, (*THIS_MACHINE, *kafka)),
        (found.mongo, DATABASE, (*THIS_MACHINE, *mongo)),
        (found.admin, ADMIN, ()),
    ):
        names = (*dict.fromkeys((*hosts, *_gone_unless_good(path, hosts))),)
        kept(path, partial(_signed, name, names, authority=authority, authority_key=key))
    return found


def _gone_unless_good(path: Path, hosts: Sequence[str] = ()) -> Sequence[str]:
    """Delete a certificate that is near its end or is not for one of the hosts; the names that it had."""
    if not path.exists():
        return ()
    found = x509.load_pem_x509_certificate(path.read_bytes())
    names = _names_of(found)
    if found.not_valid_after_utc - datetime.now(UTC) > RENEWED_BEFORE and {*hosts} <= {*names}:
        return ()
    path.unlink()
    return names


def _names_of(found: x509.Certificate) -> Sequence[str]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]


def _authority(key: ec.EllipticCurvePrivateKey) -> str:
    usage = _usage(signs_certificates=True)
    made = (
        _begun(AUTHORITY, key.public_key())
        .issuer_name(_named(AUTHORITY))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return _pem(made)


def _signed(
    name: str,
    hosts: Sequence[str],
    *,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
) -> str:
    """A key and its certificate; who answers at hosts is a server too."""
    key_text = _new_key()
    key = _key(key_text)
    purposes = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if hosts else [])]
    builder = (
        _begun(name, key.public_key())
        .issuer_name(authority.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
    )
    if hosts:
        names = x509.SubjectAlternativeName([_general(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    return key_text + _pem(builder.sign(authority_key, hashes.SHA256()))


def _begun(name: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_APART)
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _new_key() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )


def _key(text: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(text.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key is not one that was made here")
    return key


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def main(arguments: Sequence[str] | None = None) -> None:
    """Make what is missing, and say until when each is good."""
    parser = argparse.ArgumentParser(prog="python -m deploy.certificates")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--kafka", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--mongo", nargs="*", default=[], metavar="NAME")
    wish = parser.parse_args(arguments)
    found = certificates_in(wish.directory, kafka=wish.kafka, mongo=wish.mongo)
    for path in (found.ca, found.kafka, found.mongo, found.admin):
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        print(f"{path} is good until {certificate.not_valid_after_utc:%Y-%m-%d}")


if __name__ == "__main__":
    main()
