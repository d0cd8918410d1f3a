"""Kafka's own command-line tools, run with the jars of the embedded broker."""

import os
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from deploy.local.jars import kafka_jars
from deploy.local.kafka import LOG_SETTINGS, QUICK
from deploy.local.machine import java


class Tool(StrEnum):
    """Which tool, named as its script in Kafka's distribution."""

    CONSOLE_CONSUMER = "console-consumer"
    CONSOLE_PRODUCER = "console-producer"
    CONSUMER_GROUPS = "consumer-groups"
    TOPICS = "topics"


MAIN_CLASSES: Mapping[Tool, str] = {
    Tool.CONSOLE_CONSUMER: "org.apache.kafka.tools.consumer.ConsoleConsumer",
    Tool.CONSOLE_PRODUCER: "org.apache.kafka.tools.ConsoleProducer",
    Tool.CONSUMER_GROUPS: "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    Tool.TOPICS: "org.apache.kafka.tools.TopicCommand",
}

LOGINS: Mapping[Tool, str] = {
    Tool.CONSOLE_CONSUMER: "--consumer.config",
    Tool.CONSOLE_PRODUCER: "--producer.config",
}


def login_of(tool: Tool, properties: Path | None) -> Sequence[str]:
    """The arguments by which a tool is told how to come in; none where anyone is taken."""
    return [LOGINS.get(tool, "--command-config"), str(properties)] if properties else []


async def tool_command(tool: Tool, arguments: Sequence[str]) -> list[str]:
    """The command line of a tool, fetching the jars if need be.

    Raises:
        LocalError: no java, or bad jars.
    """
    jars = await kafka_jars()
    options = [*QUICK, f"-Dlog4j2.configurationFile={LOG_SETTINGS.as_uri()}"]
    return [java(), *options, "-cp", os.pathsep.join(map(str, jars)), MAIN_CLASSES[tool], *arguments]
