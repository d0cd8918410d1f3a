"""A producer that can be let go of with what it still holds."""

import asyncio
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import ProducerClosed

REQUEST_SECONDS = 15.0
"""How long the broker may take for one request."""
STOP_SECONDS = 2.0


class Producer(AIOKafkaProducer):
    """Idempotent: what it was given it sends once and in order, and tries for ever."""

    def __init__(self, **options: Any) -> None:
        """The options of `AIOKafkaProducer`, but for what makes it so."""
        timeout = int(REQUEST_SECONDS * 1000)
        super().__init__(enable_idempotence=True, acks="all", request_timeout_ms=timeout, **options)

    async def abandon(self) -> None:
        """Stop without what it still holds; only requests that are under way may still arrive.

        `stop` would go on until the broker has everything, beside whoever sends it instead.
        """
        sending: asyncio.Task[None] | None = self._sender.sender_task
        if sending is not None:
            sending.cancel()  # it waits for requests under way, and begins no others
            await asyncio.wait({sending}, timeout=REQUEST_SECONDS + 5)
            self._message_accumulator.fail_all(ProducerClosed())
        await asyncio.wait({asyncio.ensure_future(self.stop())}, timeout=STOP_SECONDS)


__all__ = ["REQUEST_SECONDS", "Producer"]
