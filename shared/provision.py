"""Prepares the engines before the services start.

    python -m shared.provision topics
    python -m shared.provision users SECRETS [--integrators DIR] services.people services.goals
    python -m shared.provision services.people services.goals
    python -m shared.provision migrations [--again] services.people services.goals
    python -m shared.provision retired services.people services.goals

The first makes the topics of all contracts, the second the users of the services named with their
rights, as administrator (`shared.provision_users`), the third their collections and indexes.  Safe to run
again: what exists is kept.  The last two are for when all processes are of the new version: what older ones
have stored is brought to what the new ones store (`shared.migrations`), each migration once unless it is
asked for `--again`, and the indexes are dropped that only older ones ask for.  Settings come from CAIRN_
variables.
"""

import argparse
import asyncio
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pymongo.errors import PyMongoError

from shared import mongo
from shared.contracts.catalogue import all_topics
from shared.logs import configure, logger
from shared.messaging.topics import Found, KafkaError, provision, topics_for
from shared.metrics import Metrics
from shared.migrations import Migrated, migrate
from shared.provision_users import MissingSecret, WrongDoors, provision_users
from shared.runtime import Runtime, read_epoch
from shared.service import Service
from shared.settings import Settings, load
from shared.work import Unsettled

TOOL = "provision"
TOPICS, USERS, MIGRATIONS, RETIRED = "topics", "users", "migrations", "retired"
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
        service = _service(module)
        settings = load(service.name)
        await provision_database(service, settings)
        _log.info("database prepared", of=service.name, database=settings.mongo_database)


async def _drop_retired(modules: Sequence[str]) -> None:
    for service in map(_service, modules):
        settings = load(service.name)
        async with mongo.connect(settings.mongo_url.get_secret_value()) as client:
            database = mongo.database(client, settings.mongo_database)
            dropped = await mongo.drop_indexes(database, service.retired)
        _log.info("retired indexes dropped", of=service.name, indexes=dropped)


async def migrate_database(
    service: Service, settings: Settings, *, again: bool = False
) -> Sequence[Migrated]:
    """All migrations of a service, done to their ends; raises `PyMongoError` when one cannot be."""
    runtime = Runtime(service, settings, Metrics(service.name))
    try:
        runtime.work.epoch = await read_epoch(runtime.db)
        return await migrate(runtime.work, service.migrations, again=again)
    finally:
        await runtime.work.close()
        runtime.client.close()


async def _migrate(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog=f"python -m shared.provision {MIGRATIONS}")
    parser.add_argument("services", nargs="+")
    parser.add_argument("--again", action="store_true")
    wish = parser.parse_args(arguments)
    for service in map(_service, wish.services):
        for each in await migrate_database(service, load(service.name), again=wish.again):
            _log.info("migrated", of=service.name, migration=each.name, documents=each.documents)


async def _provision_topics() -> None:
    for topic in await provision_topics(load(TOOL)):
        _log.info("topic", topic=topic.name, partitions=topic.partitions, made=topic.made)
        for remark in topic.remarks:
            _log.warning("topic differs", topic=topic.name, remark=remark)


async def _provision_users(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m shared.provision users")
    parser.add_argument("secrets", type=Path)
    parser.add_argument("services", nargs="+")
    parser.add_argument("--integrators", type=Path)
    wish = parser.parse_args(arguments)
    services = [_service(module) for module in wish.services]
    rights = await provision_users(load(TOOL), services, secrets=wish.secrets, integrators=wish.integrators)
    _log.info("users prepared", rights_granted=rights.granted, rights_taken=rights.taken)
    for remark in rights.remarks:
        _log.warning("a right differs", remark=remark)


def _service(module: str) -> Service:
    return importlib.import_module(f"{module}.app").SERVICE


def main(wanted: Sequence[str]) -> int:
    """Prepare what is named; 0, 75 when an engine is out of reach or refuses, 78 for what must be mended."""
    configure(service=TOOL)
    try:
        if wanted[0] == USERS:
            asyncio.run(_provision_users(wanted[1:]))
        elif wanted[0] == MIGRATIONS:
            asyncio.run(_migrate(wanted[1:]))
        elif wanted[0] == RETIRED:
            asyncio.run(_drop_retired(wanted[1:]))
        elif list(wanted) == [TOPICS]:
            asyncio.run(_provision_topics())
        else:
            asyncio.run(_provision_databases(wanted))
    except (MissingSecret, WrongDoors) as error:
        _log.error("users cannot be prepared", error=str(error))
        return os.EX_CONFIG
    except mongo.IndexChangedError as error:
        _log.error("indexes cannot be made", error=str(error))
        return os.EX_CONFIG
    except (KafkaError, PyMongoError, OSError, Unsettled) as error:
        _log.error("could not be prepared", error=repr(error))
        return os.EX_TEMPFAIL
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
