"""The suite's topics and users, made on whatever engines it uses; the services wait for them."""

import asyncio
import importlib
from collections.abc import Sequence

from aiokafka.errors import KafkaError
from pydantic import ValidationError
from pymongo.errors import PyMongoError

from deploy.credentials import Credentials
from deploy.local.errors import LocalError
from shared.contracts.catalogue import all_topics
from shared.messaging.topics import Found, provision, topics_for
from shared.provision_users import MissingSecret, WrongDoors, provision_users
from shared.service import Service
from shared.settings import Settings, read

TOOL = "cairn"


def settings_of(variables: dict[str, str]) -> Settings:
    """Settings for what works on the suite without being one of its services.

    Args:
        variables: what the services are told, `CAIRN_...` by name; the environment adds the rest.

    Raises:
        LocalError: a variable of the environment is wrong.
    """
    given = {name.removeprefix("CAIRN_").lower(): value for name, value in variables.items()}
    try:
        return read(TOOL, **given)
    except ValidationError as error:
        wrong = "; ".join(str(part["msg"]) for part in error.errors(include_input=False))
        raise LocalError(
            f"the settings in the environment are wrong: {wrong}", mend="Mend the CAIRN_ variables"
        ) from error


async def make_topics(settings: Settings) -> Sequence[Found]:
    """Make what is missing; topics that exist keep their partitions.

    Raises:
        LocalError: Kafka refuses or is out of reach.
    """
    try:
        return await provision(settings, topics_for(all_topics()))
    except (KafkaError, OSError) as error:
        raise LocalError(
            f"the topics could not be made: {error!r}",
            mend="See that Kafka is reached at CAIRN_KAFKA_BOOTSTRAP and that topics may be made there",
        ) from error


async def make_users(settings: Settings, credentials: Credentials, services: Sequence[str]) -> None:
    """Make the users of these services and of integrators, with their rights and passwords.

    Raises:
        LocalError: an engine refuses or is out of reach, or a secret is missing.
    """
    known = await asyncio.to_thread(_services, services)
    secrets, integrators = credentials.directory, credentials.integrators
    try:
        await provision_users(settings, known, secrets=secrets, integrators=integrators)
    except (KafkaError, PyMongoError, OSError, MissingSecret, WrongDoors) as error:
        raise LocalError(
            f"the users could not be made: {error!r}", mend=f"See to the engines and to {secrets}"
        ) from error


def _services(names: Sequence[str]) -> Sequence[Service]:
    return [importlib.import_module(f"services.{name}.app").SERVICE for name in names]
