"""Points of a service's work at which its process can be made to die, and word of what has bitten."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, wraps
from typing import Any

from pymongo import monitoring
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from services.notifications.channels.smtp import MailServer
from services.notifications.channels.webhook import WebhookPoster
from services.notifications.domain.delivery import Outcome
from shared.fan_out import FanOutWorker
from shared.messaging.consumer import Consumer, Intake
from shared.messaging.relay import Relay

BITES = "CAIRN_FAULT_BITES"
COMMIT = "commitTransaction"
Asynchronous = Callable[..., Awaitable[Any]]


def nothing() -> None:
    """Do nothing."""


def bite(what: str) -> None:
    """Say that it has happened, so that it is known even if this process dies now."""
    file = os.open(os.environ[BITES], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, f"{what}\n".encode())
    os.fsync(file)
    os.close(file)


@cache
def bite_once(what: str) -> None:
    """The same, for what goes on for as long as this process lives."""
    bite(what)


def put(owner: Any, name: str, method: Asynchronous | Callable[..., None]) -> None:
    """Give a class another method, whether or not it is for others to know."""
    setattr(owner, name, method)


class Trap:
    """Springs at the n-th passage."""

    def __init__(self, point: str, after: int) -> None:
        self.point = point
        self.left = after

    def passed(self) -> None:
        """One passage."""
        self.left -= 1
        if self.left == 0:
            bite(f"crash:{self.point}")
            os.kill(os.getpid(), signal.SIGKILL)

    def passed_with(self, result: Any) -> None:
        """One passage, if there is a result."""
        if result:
            self.passed()

    def taken(self, outcome: Outcome) -> None:
        """One passage, if the other side has accepted."""
        self.passed_with(outcome.what == "taken")

    def after(self, owner: Any, name: str, passed: Callable[[Any], None]) -> None:
        """Be passed when a method has returned."""
        original: Asynchronous = getattr(owner, name)

        @wraps(original)
        async def wrapped(*args: Any, **kwargs: Any) -> Any:
            result = await original(*args, **kwargs)
            passed(result)
            return result

        put(owner, name, wrapped)


class CommitListener(CommandListener):
    """Called around each commit of a transaction, on the thread that waits for it."""

    def __init__(self, *, before: Callable[[], None] = nothing, after: Callable[[], None] = nothing) -> None:
        self._before = before
        self._after = after

    def started(self, event: CommandStartedEvent) -> None:
        """Of any command."""
        if event.command_name == COMMIT:
            self._before()

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Of any command."""
        if event.command_name == COMMIT:
            self._after()

    def failed(self, event: CommandFailedEvent) -> None:
        """What failed has no effect."""


def _committed(trap: Trap) -> None:
    monitoring.register(CommitListener(after=trap.passed))


def _first_acknowledged(trap: Trap) -> None:
    """Die when the broker has taken one row of some, while the others are under way."""
    original: Asynchronous = vars(Relay)["_acknowledged"]

    async def acknowledged(self: Any, pending: Any) -> Any:
        if pending:
            futures = [future for _, future in pending]
            done, _ = await asyncio.wait(
                futures, timeout=self._send_seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if any(future.exception() is None for future in done):
                trap.passed()
        return await original(self, pending)

    put(Relay, "_acknowledged", acknowledged)


def _all_acknowledged(trap: Trap) -> None:
    trap.after(Relay, "_send", trap.passed_with)


def _work_at_hand(trap: Trap) -> None:
    """Die with events in hand of which nothing has been done yet."""
    original: Asynchronous = Intake.take

    async def take(self: Any, records: Any) -> None:
        if self.guard.subscription.strict:
            trap.passed()
        await original(self, records)

    put(Intake, "take", take)


def _work_done(trap: Trap) -> None:
    original: Asynchronous = Consumer.commit_applied

    async def commit_applied(self: Any) -> None:
        trap.passed()
        await original(self)

    put(Consumer, "commit_applied", commit_applied)


def _page_done(trap: Trap) -> None:
    trap.after(FanOutWorker, "turn", trap.passed_with)


def _mail_taken(trap: Trap) -> None:
    trap.after(MailServer, "send", trap.taken)


def _webhook_taken(trap: Trap) -> None:
    trap.after(WebhookPoster, "post", trap.taken)


POINTS: Mapping[str, Callable[[Trap], None]] = {
    "after_mongo_commit": _committed,
    "after_kafka_ack": _first_acknowledged,
    "before_mark": _all_acknowledged,
    "before_work": _work_at_hand,
    "before_offset_commit": _work_done,
    "mid_fan_out": _page_done,
    "after_smtp": _mail_taken,
    "after_webhook": _webhook_taken,
}
"""The points, and how a trap is put there."""


def arm(point: str, after: int) -> None:
    """Have this process die at a point."""
    POINTS[point](Trap(point, after))
