"""Lets the Kafka client hear that a connection was cut.

On uvloop to write to a connection that the other side has closed raises a RuntimeError, where asyncio's own
loop says nothing and aiokafka expects an OSError (its issue 1038, open).  The client takes it for an
error of its own: its fetcher or coordinator ends for good, and the process stays a member of its group
that reads nothing.
"""

from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

_send: Any = vars(AIOKafkaConnection)["send"]


def _send_if_open(self: Any, request: Any, expect_response: bool = True) -> Any:  # noqa: FBT001, FBT002  as called
    writer = self._writer
    if writer is not None and writer.is_closing():
        self.close(reason=CloseReason.CONNECTION_BROKEN)
        raise KafkaConnectionError(f"Connection at {self.host}:{self.port} was cut")
    return _send(self, request, expect_response)


def hear_of_cut_connections() -> None:
    """Have all clients of this process connect again where they would end; safe to call again."""
    setattr(AIOKafkaConnection, "send", _send_if_open)  # noqa: B010
