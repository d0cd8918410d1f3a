"""The suite's topics, made on whatever Kafka it uses; the services wait for them."""

from collections.abc import Sequence

from aiokafka.errors import KafkaError
from pydantic import ValidationError

from deploy.local.errors import LocalError
from shared.contracts.catalogue import all_topics
from shared.messaging.topics import Found, provision, topics_for
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
