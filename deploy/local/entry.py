"""How commands come into the engines of a suite: as anyone, or as its administrator where doors are locked.

The administrator's directory holds `ca.pem`, `kafka_sasl_username` and `kafka_sasl_password`; the address of
MongoDB has user and password in it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from deploy.local.addresses import Addresses
from deploy.local.kept import put

MECHANISM: Final = "SCRAM-SHA-512"
PROTOCOL: Final = "SASL_SSL"
CA, USERNAME, PASSWORD = "ca.pem", "kafka_sasl_username", "kafka_sasl_password"
LOGIN: Final = "org.apache.kafka.common.security.scram.ScramLoginModule required"


def kafka_options(addresses: Addresses) -> dict[str, Any]:
    """What a client of aiokafka is told."""
    options: dict[str, Any] = {"bootstrap_servers": addresses.kafka}
    if not addresses.secrets:
        return options
    from aiokafka.helpers import create_ssl_context  # noqa: PLC0415  heavy, and not needed by every command

    user, password = _login(addresses)
    return options | {
        "security_protocol": PROTOCOL,
        "ssl_context": create_ssl_context(cafile=str(_ca(addresses))),
        "sasl_mechanism": MECHANISM,
        "sasl_plain_username": user,
        "sasl_plain_password": password,
    }


def mongo_options(addresses: Addresses) -> dict[str, Any]:
    """What a client of MongoDB is told besides the address."""
    return {"tls": True, "tlsCAFile": str(_ca(addresses))} if addresses.secrets else {}


def settings(addresses: Addresses) -> dict[str, str]:
    """The CAIRN_ variables by which the project's own code comes in."""
    variables = {"CAIRN_KAFKA_BOOTSTRAP": addresses.kafka, "CAIRN_MONGO_URL": addresses.mongo}
    if not addresses.secrets:
        return variables
    user, password = _login(addresses)
    return variables | {
        "CAIRN_KAFKA_SECURITY_PROTOCOL": PROTOCOL,
        "CAIRN_KAFKA_SASL_MECHANISM": MECHANISM,
        "CAIRN_KAFKA_CA_FILE": str(_ca(addresses)),
        "CAIRN_KAFKA_SASL_USERNAME": user,
        "CAIRN_KAFKA_SASL_PASSWORD": password,
    }


def tool_properties(addresses: Addresses) -> Path | None:
    """A file that Kafka's own tools read for it, written anew; none where anyone is taken."""
    if not addresses.secrets:
        return None
    path = Path(addresses.secrets) / "client.properties"
    put(path, properties(*_login(addresses), ca=_ca(addresses)))
    return path


def properties(user: str, password: str, *, ca: Path, more: Mapping[str, str] | None = None) -> str:
    """The settings of a client that is written in Java."""
    lines = {
        "security.protocol": PROTOCOL,
        "sasl.mechanism": MECHANISM,
        "sasl.jaas.config": f'{LOGIN} username="{user}" password="{password}";',
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(ca),
        **(more or {}),
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def _login(addresses: Addresses) -> tuple[str, str]:
    directory = Path(addresses.secrets)
    return (directory / USERNAME).read_text().strip(), (directory / PASSWORD).read_text().strip()


def _ca(addresses: Addresses) -> Path:
    return Path(addresses.secrets) / CA
