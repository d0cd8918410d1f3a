"""To a client whose connection was cut its sending says so, on the event loop that services run on."""

import asyncio
from typing import Any

import pytest
import uvloop
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.admin import ApiVersionRequest

import shared.messaging.kafka

MENDED = shared.messaging.kafka
"""Imported for what it does to the client."""


async def send_after_cut(bootstrap: Any, *, rounds: int) -> type[BaseException] | None:
    """What sending raises so many rounds of the event loop after the connection was cut.

    In the third round the client's own reader has heard of it; before, only who writes can.
    """
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        await producer.client.fetch_all_metadata()
        connection: Any = next(iter(producer.client._conns.values()))
        connection._writer.transport.abort()
        for _ in range(rounds):
            await asyncio.sleep(0)
        try:
            await connection.send(ApiVersionRequest())
        except (KafkaConnectionError, RuntimeError) as error:
            return type(error)
        return None
    finally:
        await producer.stop()


@pytest.mark.parametrize("rounds", [0, 1, 2, 3])
def test_to_send_on_a_connection_that_was_cut_says_so(engines: Any, rounds: int) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(send_after_cut(engines.kafka, rounds=rounds)) is KafkaConnectionError
