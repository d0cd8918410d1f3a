"""A service with something wrong, as CAIRN_FAULT says: `python -m tests.faults.serve services.goals`.

    crash:<point>:<n>   dies by SIGKILL at the n-th time it passes the point, once it serves
    control:<name>      a guarantee is broken: ack_first, guard_off, relay_by_id
    clock:<seconds>     its clock is off
    (always)            a reaction of notifications fails for the poisoned goal until it is mended

What is wrong is put on from outside, so that no service carries a switch for it.  Each bite is a
line in the file that CAIRN_FAULT_BITES names, written before the process dies.
"""

import datetime as dt
import importlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError
from faststream.kafka.message import KafkaAckableMessage

import shared.fan_out
import shared.serve
import shared.work.engine
from services.notifications.channels.smtp import MailServer
from services.notifications.channels.webhook import WebhookPoster
from shared.fan_out import FanOutWorker
from shared.messaging.consumer import Consumer, to_record
from shared.messaging.guard import Line
from shared.messaging.relay import Relay
from shared.service import Service

FAULT, BITES, POISON = "CAIRN_FAULT", "CAIRN_FAULT_BITES", "CAIRN_FAULT_POISON"
FAN_OUT_PAGE = 10
POINTS = (
    "after_mongo_commit",
    "after_kafka_ack",
    "before_mark",
    "before_offset_commit",
    "mid_fan_out",
    "after_smtp",
    "after_webhook",
)
CONTROLS = ("ack_first", "guard_off", "relay_by_id")
Coroutine = Callable[..., Awaitable[Any]]


def bite(what: str) -> None:
    """Say that it has happened, so that it is known even if this process dies now."""
    file = os.open(os.environ[BITES], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, f"{what}\n".encode())
    os.fsync(file)
    os.close(file)


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


def around(owner: Any, name: str, *, before: Any = None, after: Any = None) -> None:
    """Have something called before a method, or after it with its result."""
    original: Coroutine = getattr(owner, name)

    @wraps(original)
    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        if before is not None:
            before()
        result = await original(*args, **kwargs)
        if after is not None:
            after(result)
        return result

    setattr(owner, name, wrapped)


def arm(point: str, after: int) -> None:
    """Have this process die at a point."""
    trap = Trap(point, after)

    def if_any(result: Any) -> None:
        if result:
            trap.passed()

    match point:
        case "after_mongo_commit":
            around(shared.work.engine, "_commit", after=lambda _: trap.passed())
        case "after_kafka_ack":
            around(Relay, "_acknowledged", after=if_any)
        case "before_mark":
            around(Relay, "_send", after=if_any)
        case "before_offset_commit":
            around(KafkaAckableMessage, "ack", before=trap.passed)
        case "mid_fan_out":
            around(FanOutWorker, "turn", after=if_any)
        case "after_smtp":
            around(MailServer, "send", after=lambda outcome: if_any(outcome.what == "taken"))
        case "after_webhook":
            around(WebhookPoster, "post", after=lambda outcome: if_any(outcome.what == "taken"))
        case _:
            raise SystemExit(f"no such point: {point}")


def break_promise(name: str) -> None:
    """Take one guarantee away."""
    match name:
        case "ack_first":
            _ack_first()
        case "guard_off":
            _guard_off()
        case "relay_by_id":
            _relay_by_id()
        case _:
            raise SystemExit(f"no such control: {name}")


def _ack_first() -> None:
    """Offsets are committed before the work, which is then done once, or not."""

    async def handle(self: Any, message: Any) -> None:
        try:
            await message.ack()
        except KafkaError:
            return
        bite("control:ack_first")
        await self._intake.take([to_record(raw) for raw in message.raw_message])

    Consumer._handle = handle


def _guard_off() -> None:
    """Every record is applied, as it comes."""

    def admit(self: Any, queue: Any) -> None:
        bite("control:guard_off")
        self.ready.extend(queue)

    Line.admit = admit


def _relay_by_id() -> None:
    """The outbox is read from the last row seen, which passes by rows that commit late."""

    async def next_(self: Any) -> tuple[list[Any], bool]:
        last = getattr(self, "last", None)
        query = {"_id": {"$gt": last}} if last else {}
        rows = await self._outbox.find(query).sort("_id", 1).limit(self._size).to_list(None)
        if rows:
            self.last = rows[-1]["_id"]
            bite("control:relay_by_id")
        return rows, len(rows) == self._size

    Relay._next = next_


def set_clock(seconds: float) -> None:
    """Have every module of the project that asks for the time be told another."""
    offset = dt.timedelta(seconds=seconds)
    real = dt.datetime

    class Kind(type(real)):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real)

    class Shifted(real, metaclass=Kind):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return real.now(tz) + offset

    for name, module in list(sys.modules.items()):
        if name.startswith(("shared.", "services.")) and getattr(module, "datetime", None) is real:
            setattr(module, "datetime", Shifted)  # noqa: B010
    bite("clock")


def poisoned(service: Service) -> Service:
    """The service, failing for what the poison file names until it is gone."""
    file = Path(os.environ[POISON])

    def failing(reaction: Coroutine) -> Coroutine:
        @wraps(reaction)
        async def react(message: Any, tx: Any) -> Any:
            if file.is_file() and message.subject in file.read_text().split():
                raise ArithmeticError("poisoned")
            return await reaction(message, tx)

        return react

    reactions: Mapping[Any, Any] = {
        kind: tuple(map(failing, each)) if isinstance(each, tuple) else failing(each)
        for kind, each in service.reactions.items()
    }
    return replace(service, reactions=reactions)


def main(module: str) -> None:
    """Serve, with what is wrong."""
    shared.fan_out.PAGE = FAN_OUT_PAGE
    app = importlib.import_module(f"{module}.app")
    if module.endswith("notifications") and POISON in os.environ:
        app.SERVICE = poisoned(app.SERVICE)
    kind, _, rest = os.environ.get(FAULT, "").partition(":")
    match kind:
        case "crash":
            point, _, after = rest.partition(":")
            arm(point, int(after or 1))
        case "control":
            break_promise(rest)
        case "clock":
            set_clock(float(rest))
        case _:
            pass
    shared.serve.main(module)


if __name__ == "__main__":
    main(sys.argv[1])
