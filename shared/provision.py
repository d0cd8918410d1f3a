"""Prepares the engines before the services start.

    python -m shared.provision topics
    python -m shared.provision services.people services.goals

The first makes the topics of all contracts, the second the collections and indexes of the services
named.  Safe to run again: what exists is kept.  Settings come from CAIRN_ variables.
"""

import asyncio
import importlib
import os
import sys
from collections.abc import Sequence

from pymongo.errors import PyMongoError

from shared.contracts.catalogue import all_topics
from shared.logs import configure, logger
from shared.messaging.topics import Found, KafkaError, provision, topics_for
from shared.metrics import Metrics
from shared.runtime import Runtime
from shared.service import Service
from shared.settings import Settings, load

TOOL = "provision"
TOPICS = "topics"
PATIENCE_SECONDS = 60.0

_log = logger(TOOL)


async def provision_topics(settings: Settings, *, patience: float = PATIENCE_SECONDS) -> Sequence[Found]:
    """The topics of all contracts, made where they were missing.

    Raises the last `KafkaError` or `OSError` when Kafka stays out of reach for `patience` seconds.
    """
    deadline = asyncio.get_running_loop().time() + patience
    while True:
        try:
            return await provision(settings, topics_for(all_topics()))
        except (KafkaError, OSError) as error:
            if asyncio.get_running_loop().time() > deadline:
                raise
            _log.warning("Kafka is not ready", error=repr(error))
            await asyncio.sleep(0.5)


async def provision_database(service: Service, settings: Settings) -> None:
    """The collections and indexes of a service; raises `PyMongoError` when they cannot be made."""
    runtime = Runtime(service, settings, Metrics(service.name))
    try:
        await runtime.prepare_database()
    finally:
        runtime.client.close()


async def _provision_databases(modules: Sequence[str]) -> None:
    for module in modules:
        service: Service = importlib.import_module(f"{module}.app").SERVICE
        settings = load(service.name)
        await provision_database(service, settings)
        _log.info("database prepared", of=service.name, database=settings.mongo_database)


async def _provision_topics() -> None:
    for topic in await provision_topics(load(TOOL)):
        _log.info("topic", topic=topic.name, partitions=topic.partitions, made=topic.made)
        for remark in topic.remarks:
            _log.warning("topic differs", topic=topic.name, remark=remark)


def main(wanted: Sequence[str]) -> int:
    """Prepare what is named; 0, or 75 when an engine is out of reach or refuses."""
    configure(service=TOOL)
    try:
        asyncio.run(_provision_topics() if list(wanted) == [TOPICS] else _provision_databases(wanted))
    except (KafkaError, PyMongoError, OSError) as error:
        _log.error("could not be prepared", error=repr(error))
        return os.EX_TEMPFAIL
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
