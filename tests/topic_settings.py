"""What Kafka has of a topic's configuration."""

from collections.abc import Mapping

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.messaging import kafka
from shared.settings import Settings

OF_THE_TOPIC = 1
"""Where a value comes from, as the protocol of Kafka has it."""


async def set_for(settings: Settings, topic: str) -> Mapping[str, str]:
    """What was set for the topic itself, and not for the broker or nowhere."""
    admin = kafka.admin(settings)
    await admin.start()
    try:
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    finally:
        await admin.close()
    ((*_, entries),) = answer.resources
    return {name: value for name, value, _, source, *_ in entries if source == OF_THE_TOPIC}


__all__ = ["set_for"]
