"""A service with something wrong, as CAIRN_FAULT says: `python -m tests.faults.serve services.goals`.

    crash:<point>:<n>   dies by SIGKILL at the n-th time it passes the point, once it serves
    control:<name>      a guarantee is broken: ack_first, guard_off, relay_by_id
    clock:<seconds>     its clock is off
    overtaking:<share>  so many of a hundred records are taken after later ones of their key
    late_commits        some transactions commit later than others that have begun after them
    (always)            a reaction of notifications fails for the poisoned goal until it is mended

Several are separated by commas.  What is wrong is put on from outside, so that no service carries
a switch for it.  Each bite is a line in the file that CAIRN_FAULT_BITES names, written before the
process dies.
"""

import asyncio
import datetime as dt
import importlib
import itertools
import math
import os
import random
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, cast

from aiokafka.errors import KafkaError
from pymongo import monitoring

import shared.fan_out
import shared.serve
from shared.messaging.consumer import Consumer, Intake, to_record
from shared.messaging.guard import Line
from shared.messaging.relay import Relay
from shared.service import Service
from tests.faults.traps import Asynchronous, CommitListener, arm, bite, bite_once, put

FAULT, POISON = "CAIRN_FAULT", "CAIRN_FAULT_POISON"
FAN_OUT_PAGE = 10
GATHER_SECONDS = 0.3
LATE_COMMIT_SECONDS = 0.5


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
        bite_once("control:ack_first")
        await self._intake.take([to_record(raw) for raw in message.raw_message])

    put(Consumer, "_handle", handle)


def _guard_off() -> None:
    """Every record is applied, as it comes."""

    def admit(self: Any, queue: Any) -> None:
        bite_once("control:guard_off")
        self.ready.extend(queue)

    put(Line, "admit", admit)


def _relay_by_id() -> None:
    """The outbox is read from the last row seen, which passes by rows that commit late."""

    async def next_(self: Any) -> tuple[list[Any], bool]:
        last = getattr(self, "last", None)
        query = {"_id": {"$gt": last}} if last else {}
        rows = await self._outbox.find(query).sort("_id", 1).limit(self._size).to_list(None)
        if rows:
            self.last = rows[-1]["_id"]
            bite_once("control:relay_by_id")
        return rows, len(rows) == self._size

    put(Relay, "_next", next_)


def let_overtake(share: float) -> None:
    """Have some of the records of a batch taken after the later ones of their key."""
    original: Asynchronous = Intake.take
    dice = random.Random(os.getpid())

    async def take(self: Any, records: Any) -> None:
        await asyncio.sleep(GATHER_SECONDS)  # so that the next batch holds more than one of a key
        last = {record.key: record.offset for record in records}
        passable = [record for record in records if record.offset < last[record.key]]
        wanted = min(len(passable), math.ceil(len(records) * share / 100))
        late = {id(record) for record in dice.sample(passable, wanted)}
        if self.guard.subscription.strict and late:
            await original(self, [record for record in records if id(record) not in late])
            for _ in late:
                bite("overtaken")
            records = [record for record in records if id(record) in late]
        await original(self, records)

    put(Intake, "take", take)


def commit_late() -> None:
    """Have every fifth transaction wait before it commits."""
    passages = itertools.count(1)

    def linger() -> None:
        if not next(passages) % 5:
            bite_once("late_commits")
            time.sleep(LATE_COMMIT_SECONDS)

    monitoring.register(CommitListener(before=linger))


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

    def failing(reaction: Asynchronous) -> Asynchronous:
        @wraps(reaction)
        async def react(message: Any, tx: Any) -> Any:
            if file.is_file() and message.subject in file.read_text().split():
                raise ArithmeticError("poisoned")
            return await reaction(message, tx)

        return react

    reactions: Mapping[Any, Any] = {
        kind: tuple(failing(one) for one in cast("Any", each)) if isinstance(each, tuple) else failing(each)
        for kind, each in service.reactions.items()
    }
    return replace(service, reactions=reactions)


def put_on(fault: str) -> None:
    """Have one thing go wrong."""
    kind, _, rest = fault.partition(":")
    match kind:
        case "crash":
            point, _, after = rest.partition(":")
            arm(point, int(after))
        case "control":
            break_promise(rest)
        case "clock":
            set_clock(float(rest))
        case "overtaking":
            let_overtake(float(rest))
        case "late_commits":
            commit_late()
        case _:
            raise SystemExit(f"no such fault: {fault}")


def main(module: str) -> None:
    """Serve, with what is wrong."""
    shared.fan_out.PAGE = FAN_OUT_PAGE
    app: Any = importlib.import_module(f"{module}.app")
    if module.endswith("notifications") and POISON in os.environ:
        app.SERVICE = poisoned(app.SERVICE)
    for fault in filter(None, os.environ.get(FAULT, "").split(",")):
        put_on(fault)
    shared.serve.main(module)


if __name__ == "__main__":
    main(sys.argv[1])
