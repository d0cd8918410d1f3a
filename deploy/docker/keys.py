"""What a trial's containers prove themselves with: made once, a directory for each who reads it.

    python -m deploy.docker.keys /run/cairn/keys [--host NAME] [--kafka NAME ...] [--mongo NAME ...]

The names are those of the brokers and of the members of the replica set, one of each if left out, and the
one by which other machines reach the brokers.  Runs as root before everything else, and gives each directory
to the user of its container: brokers, MongoDB and the project's own cannot read each other's.  Safe to run
again: what is there is kept, a certificate unless it lacks a name.
"""

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.certificates import Certificates, certificates_in
from deploy.credentials import ADMIN_DIRECTORY, Credentials, credentials_in
from deploy.local.entry import CA, PASSWORD, properties
from deploy.local.kept import kept, put
from deploy.local.mongod import REPLICA_SET
from deploy.local.services import SERVICES
from deploy.local.webhooks import new_webhook_secret

OURS, BROKERS, DATABASES = 10001, 1000, 999
"""The users of the containers."""
KAFKA_KEYS, MONGO_KEYS, AUTHORITY, INTEGRATORS = "kafka-keys", "mongo-keys", "authority", "integrators"
OWNERS: Final[Mapping[str, int]] = {
    **dict.fromkeys((*SERVICES, ADMIN_DIRECTORY, INTEGRATORS), OURS),
    KAFKA_KEYS: BROKERS,
    MONGO_KEYS: DATABASES,
}
SECRETS: Final = Path("/run/cairn/secrets")
"""Where a container of the project finds its own directory."""
MONGO_OPTIONS: Final = f"replicaSet={REPLICA_SET}&authSource=admin&tls=true&tlsCAFile={SECRETS / CA}"
MONGO_PORT: Final = 27017
KAFKA, MONGO = ("kafka",), ("mongo",)
"""The names of the engines where there is one of each."""
SENDER: Final = "notifications"
"""Who signs webhooks."""
WEBHOOK_KEY_FILE: Final = "webhook_secret"
CONSUMER: Final = "analyst"
"""The integrator as whom Kafka's own tools read in the broker's container."""


def make_keys(directory: Path, *, kafka: Sequence[str] = KAFKA, mongo: Sequence[str] = MONGO) -> None:
    """Make what is missing, for whoever runs this.

    Args:
        directory: where each gets a directory of its own.
        kafka: the names of the brokers.
        mongo: the names of the members of the replica set.

    Raises:
        DataDirectoryError, OSError: a file cannot be read or written.
    """
    certificates = certificates_in(directory / AUTHORITY, kafka=kafka, mongo=mongo)
    members = ",".join(f"{name}:{MONGO_PORT}" for name in mongo)
    at = f"{members}/?{MONGO_OPTIONS}"
    credentials = credentials_in(directory, services=SERVICES, mongo=at, authority=certificates.ca)
    kept(directory / SENDER / WEBHOOK_KEY_FILE, new_webhook_secret)
    _for_brokers(directory / KAFKA_KEYS, certificates, credentials)
    databases = directory / MONGO_KEYS
    put(databases / CA, certificates.ca.read_text())
    put(databases / "mongo.pem", certificates.mongo.read_text())
    kept(databases / "key", credentials.mongo_key.read_text)
    put(databases / "admin-password", credentials.mongo_password(ADMIN_DIRECTORY))
    put(credentials.of(ADMIN_DIRECTORY) / "kafka.pem", certificates.admin.read_text())


def _for_brokers(directory: Path, certificates: Certificates, credentials: Credentials) -> None:
    put(directory / CA, certificates.ca.read_text())
    put(directory / "kafka.pem", certificates.kafka.read_text())
    password = (credentials.integrators / CONSUMER / PASSWORD).read_text()
    more = {"group.id": CONSUMER, "enable.auto.commit": "false", "auto.offset.reset": "earliest"}
    told = properties(CONSUMER, password, ca=Path("/run/cairn/keys") / CA, more=more)
    put(directory / f"{CONSUMER}.properties", told)


def give_away(directory: Path) -> None:
    """Give each directory to the user of its container, and close it to others.

    Raises:
        OSError: this is not run as root.
    """
    for name, owner in OWNERS.items():
        for path in ((directory / name), *(directory / name).rglob("*")):
            os.chown(path, owner, owner)
            path.chmod(0o700 if path.is_dir() else 0o600)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make them, and give them away."""
    parser = argparse.ArgumentParser(prog="python -m deploy.docker.keys")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--host", default="127.0.0.1", metavar="NAME")
    parser.add_argument("--kafka", nargs="+", default=KAFKA, metavar="NAME")
    parser.add_argument("--mongo", nargs="+", default=MONGO, metavar="NAME")
    wish = parser.parse_args(arguments)
    os.umask(0o077)
    make_keys(wish.directory, kafka=(*wish.kafka, wish.host), mongo=wish.mongo)
    give_away(wish.directory)
    print("each container has its keys")


if __name__ == "__main__":
    main()
