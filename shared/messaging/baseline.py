"""Where a new group begins on a topic whose early events have expired: at the published state.

A source that was never seen must start at 1, or its events are held for ever.  A group that has no
watermark at all on a topic which no longer begins at its beginning takes, once, the (epoch,
sequence) of every aggregate from the publisher's state topic; events above those are applied, those
at or below are what the state already says.
"""

import logging
from collections.abc import Mapping
from typing import Any

from aiokafka import TopicPartition
from pymongo import UpdateOne

from shared import mongo
from shared.messaging import kafka
from shared.messaging.envelope import state_topic_beside
from shared.messaging.guard import WATERMARKS, Guard
from shared.messaging.states import newest_states
from shared.settings import Settings

log = logging.getLogger(__name__)
CHUNK = 1000


async def take_baseline(settings: Settings, db: mongo.Database, guard: Guard) -> int:
    """Give a new group its watermarks where it needs them; the number of aggregates, 0 mostly.

    Safe to run again and in several processes at once: what is known is never moved.
    """
    if not guard.subscription.strict or await db[WATERMARKS].find_one({"topic": guard.topic}) is not None:
        return 0
    if not await _has_expired(settings, guard.topic):
        return 0
    newest = await newest_states(settings, state_topic_beside(guard.topic))
    marks = [
        UpdateOne(
            {"_id": guard.mark_id(source)},
            {
                "$setOnInsert": {
                    "topic": guard.topic,
                    "source": source,
                    "epoch": last.epoch,
                    "sequence": last.sequence,
                    "state": "open",
                }
            },
            upsert=True,
        )
        for source, last in newest.items()
    ]
    for start in range(0, len(marks), CHUNK):
        await db[WATERMARKS].bulk_write(marks[start : start + CHUNK], ordered=False)
    log.warning("%s: early events have expired; %d aggregates begin at their state", guard.topic, len(marks))
    return len(marks)


async def _has_expired(settings: Settings, topic: str) -> bool:
    consumer: Any = kafka.reader(settings, topic)
    await consumer.start()
    try:
        first: Mapping[TopicPartition, int] = await consumer.beginning_offsets(consumer.assignment())
        return any(first.values())
    finally:
        await consumer.stop()
