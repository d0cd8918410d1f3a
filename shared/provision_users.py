"""The users of Kafka and MongoDB, made from the files by which they prove themselves.

SECRETS holds a directory for each, with files named as the settings of a service: `kafka_sasl_password`,
`kafka_sasl_username` if it is not the one of `shared.doors`, and for services `mongo_url` with user and
password, and `mongo_database` if it is not `cairn_<service>`.  Integrators have a directory of their own:
their list as `shared.doors` reads it, `integrators.toml`, and for each `<user>/kafka_sasl_password`.
What is missing is told by its path.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from shared import database_users, mongo
from shared.doors import SERVICE_PREFIX, Door, WrongDoors, door_of, doors_of_integrators, kept_elsewhere
from shared.messaging import users
from shared.messaging.users import Rights
from shared.service import Service
from shared.settings import Settings

PASSWORD, USERNAME, URL, DATABASE = (
    "kafka_sasl_password",
    "kafka_sasl_username",
    "mongo_url",
    "mongo_database",
)
LIST = "integrators.toml"


class MissingSecret(Exception):  # noqa: N818  what an operator has yet to give
    """A user cannot be made: which file is not there, or does not say what it should."""


async def provision_users(
    settings: Settings, services: Sequence[Service], *, secrets: Path, integrators: Path | None = None
) -> Rights:
    """Make the users of these services and of the integrators, with exactly their rights.

    Args:
        settings: of users that may make users: `kafka_...` of a super user, `mongo_url` of an administrator.
            Who comes to Kafka by certificate and has `kafka_sasl_password` too is given that one as well.
        services: whose users are made.
        secrets: the directory that holds a directory for each.
        integrators: the directory with their list and their passwords.

    Raises:
        MissingSecret: a file is missing or wrong.
        WrongDoors: the list of integrators cannot be granted, or somebody has rights who is not in it; the
            users are made then.
        KafkaError, PyMongoError, OSError: an engine is out of reach or refuses.
    """
    doors = [_named(door_of(service), secrets) for service in services]
    passwords = {door.user: _read(secrets / door.holder / PASSWORD) for door in doors}
    if settings.kafka_sasl_username and settings.kafka_sasl_password:
        doors.append(Door("", settings.kafka_sasl_username, frozenset()))
        passwords[settings.kafka_sasl_username] = settings.kafka_sasl_password.get_secret_value()
    known: Sequence[str] | None = None
    if integrators is not None:
        text = _read(integrators / LIST)
        known, others = kept_elsewhere(text), doors_of_integrators(text)
        passwords |= {door.user: _read(integrators / door.holder / PASSWORD) for door in others}
        doors += others
    async with mongo.connect(settings.mongo_url.get_secret_value()) as client:
        for service in services:
            await _let_into_database(client, service.name, secrets / service.name)
    rights = await users.let_in(settings, doors, passwords)
    if known is not None:
        _require_known(rights, known)
    return rights


def _require_known(rights: Rights, known: Sequence[str]) -> None:
    """Refuse a user whose table was deleted: its rights would stay, and nobody would know."""
    ours = f"User:{SERVICE_PREFIX}"
    strange = [each for each in rights.others if each[0] not in known and not each[0].startswith(ours)]
    if strange:
        have = ", ".join(f"{principal} on {topic}" for principal, topic in strange)
        raise WrongDoors(
            f"rights of who is not in {LIST}: {have}. All others are prepared. To take rights away give the"
            " user an empty table ([user] and its password file); to leave them name it above the tables:"
            f' kept_elsewhere = ["{strange[0][0]}"]'
        )


async def _let_into_database(client: mongo.Client, service: str, secrets: Path) -> None:
    path = secrets / URL
    url = urlsplit(_read(path))
    if not url.username or not url.password:
        raise MissingSecret(f"{path} must have a user and a password: mongodb://USER:PASSWORD@HOST/...")
    database = _read(secrets / DATABASE) if (secrets / DATABASE).is_file() else f"cairn_{service}"
    user, password = unquote(url.username), unquote(url.password)
    await database_users.let_in(client, user=user, password=password, database=database)


def _named(door: Door, secrets: Path) -> Door:
    path = secrets / door.holder / USERNAME
    return replace(door, user=_read(path)) if path.is_file() else door


def _read(path: Path) -> str:
    try:
        text = path.read_text().strip()
    except OSError as error:
        raise MissingSecret(f"{path} cannot be read: {error.strerror}") from error
    if not text:
        raise MissingSecret(f"{path} is empty")
    return text


__all__ = ["MissingSecret", "WrongDoors", "provision_users"]
