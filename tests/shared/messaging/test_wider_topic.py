"""A topic that gets more partitions: keys change places, and their order is kept by their numbers."""

from aiokafka.admin import NewPartitions

from shared.messaging import kafka
from shared.messaging.guard import WATERMARKS
from shared.messaging.parked import PARKED
from shared.settings import Settings
from shared.work import Work
from tests.shared.messaging.test_consumer import read_all, record, send, settings, topic, until, work

__all__ = ["settings", "topic", "work"]

SOURCES = [f"g{n}" for n in range(60)]
BEFORE, AFTER = 4, 12


async def widened(settings: Settings, topic: str) -> None:
    admin = kafka.admin(settings)
    await admin.start()
    try:
        await admin.create_partitions({topic: NewPartitions(AFTER)})

        async def seen() -> bool:
            [described] = await admin.describe_topics([topic])
            return len(described["partitions"]) == AFTER

        await until(seen)
    finally:
        await admin.close()


async def test_events_keep_their_order_though_their_keys_change_places(
    work: Work, settings: Settings, topic: str
) -> None:
    """Of each key some are read before, some lie unread on its old partition, some on its new one."""

    async def told(*numbers: int) -> None:
        await send(settings, [record(source, n, topic=topic) for n in numbers for source in SOURCES])

    await told(1, 2)
    await read_all(work, settings, topic, applying=2 * len(SOURCES), partitions=BEFORE)
    await told(3, 4)
    await widened(settings, topic)
    await told(5, 6)
    await read_all(work, settings, topic, applying=6 * len(SOURCES), partitions=AFTER)
    seen = {doc["_id"]: doc["seen"] async for doc in work.db["logs"].find()}
    assert seen == {source: [1, 2, 3, 4, 5, 6] for source in SOURCES}
    assert await work.db[PARKED].count_documents({}) == 0
    assert await work.db[WATERMARKS].count_documents({"state": {"$ne": "open"}}) == 0
