"""Follow a service's events from their beginning and say each of them once, in the order of its subject.

    python follow.py BOOTSTRAP TOPIC [IDLE_SECONDS]

Prints a JSON object a line.  Ends after so many seconds without a record; left out, never.  Needs aiokafka.
"""

import asyncio
import json
import sys

from aiokafka import AIOKafkaConsumer


async def follow(bootstrap: str, topic: str, idle: float | None) -> None:
    """Keep what was seen with what you make of it, in one transaction of your store; here it is memory."""
    last: dict[str, tuple[int, int]] = {}  # by subject: epoch and sequence
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=None,  # yours: with a group, commit after the work and never before
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        while True:
            try:
                record = await asyncio.wait_for(consumer.getone(), idle)
            except TimeoutError:
                return
            head = {name: value.decode() for name, value in record.headers}
            position = int(head["ce_epoch"]), int(head["ce_sequence"])
            if position <= last.get(head["ce_subject"], (-1, 0)):
                continue  # a record may come more than once
            last[head["ce_subject"]] = position
            data = None if record.value is None else json.loads(record.value)  # null: erased
            said = {"type": head["ce_type"], "subject": head["ce_subject"], "data": data}
            sys.stdout.write(json.dumps(said) + "\n")
    finally:
        await consumer.stop()


if __name__ == "__main__":
    asyncio.run(follow(sys.argv[1], sys.argv[2], float(sys.argv[3]) if len(sys.argv) > 3 else None))
