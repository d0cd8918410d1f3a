"""Any mix of commands that conflict, refuse and fail equals some order of them, one after the other.

That holds too while commits fail, or are made and not confirmed.  What a refused command has read is part
of the order: nobody is refused for what has never been so.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import mongo
from shared.contracts.base import Event
from shared.errors import Refusal
from shared.work import Conflict, Transaction, Unsettled, Work

ACCOUNTS = ("a", "b", "c")
Kind = Literal["move", "refuse", "crash"]


class Moved(Event):
    subject_field: ClassVar[str] = "account"
    account: str
    amount: int


class TooPoor(Refusal):
    """With what was read."""

    def __init__(self, seen: Sequence[int]) -> None:
        super().__init__("too poor")
        self.seen = seen


@dataclass(frozen=True)
class Move:
    """Take from one account and give to another; an account never falls below nothing."""

    number: int
    kind: Kind
    giver: str
    taker: str
    amount: int


@dataclass
class World:
    """Two processes over one database."""

    works: list[Work]
    client: mongo.Client
    appname: str

    @asynccontextmanager
    async def trouble(self, fails: dict[str, Any] | None, times: int) -> AsyncIterator[None]:
        """What both send to the database fails so many times."""
        if fails is None:
            yield
            return
        point = {"configureFailPoint": "failCommand", "data": {**fails, "appName": self.appname}}
        await self.client.admin.command({**point, "mode": {"times": times}})
        try:
            yield
        finally:
            await self.client.admin.command({**point, "mode": "off"})

    async def reset(self) -> None:
        db = self.works[0].db
        for name in ("accounts", "outbox", "moves"):
            await db[name].delete_many({})
        await db["accounts"].insert_many(
            [{"_id": a, "version": 1, "sequence": 0, "sum": 5} for a in ACCOUNTS]
        )


async def move(command: Move, tx: Transaction) -> list[int]:
    giver = await tx.get("accounts", command.giver)
    taker = await tx.get("accounts", command.taker)
    assert giver is not None
    assert taker is not None
    seen = [giver["sum"], taker["sum"]]
    if command.kind == "refuse":
        raise TooPoor(seen)
    if command.giver == command.taker or giver["sum"] < command.amount:
        raise TooPoor(seen)
    giver["sum"] -= command.amount
    taker["sum"] += command.amount
    for doc in (giver, taker):
        tx.put("accounts", doc)
        tx.publish(Moved(account=doc["_id"], amount=command.amount))
    tx.put("moves", {"_id": command.number, "version": 0})
    if command.kind == "crash":
        raise ZeroDivisionError("crashed after its writes")
    return seen


moves = st.builds(
    Move,
    number=st.integers(1, 10**9),
    kind=st.sampled_from(["move", "move", "move", "refuse", "crash"]),
    giver=st.sampled_from(ACCOUNTS),
    taker=st.sampled_from(ACCOUNTS),
    amount=st.integers(1, 4),
)


@pytest.fixture
async def world(engines: Any, name: str) -> AsyncIterator[World]:
    async with mongo.connect(engines.mongo, appname=name, heartbeatFrequencyMS=500) as client:
        works = [Work(client, name) for _ in range(2)]
        for collection in ("accounts", "outbox", "moves"):
            await mongo.ensure_collection(works[0].db, collection)
        yield World(works, client, name)


TROUBLES: dict[str, dict[str, Any] | None] = {
    "none": None,
    "aborted": {
        "failCommands": ["commitTransaction"],
        "errorCode": 251,
        "errorLabels": ["TransientTransactionError"],
    },
    "cut": {"failCommands": ["commitTransaction"], "closeConnection": True},
    "unconfirmed": {
        "failCommands": ["commitTransaction"],
        "writeConcernError": {"code": 91, "errmsg": "down", "errorLabels": ["RetryableWriteError"]},
    },
    "conflict": {
        "failCommands": ["insert", "update"],
        "errorCode": 112,
        "errorLabels": ["TransientTransactionError"],
    },
    "reads cut": {"failCommands": ["find"], "closeConnection": True},
}


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(moves, max_size=16, unique_by=lambda each: each.number),
    st.sampled_from([*TROUBLES]),
    st.integers(1, 3),
)
async def test_any_mix_of_commands_equals_some_order_of_them(
    world: World, commands: list[Move], trouble: str, times: int
) -> None:
    await world.reset()

    async def run(command: Move, work: Work) -> tuple[Move, Any]:
        try:
            return command, await work.run(move, command, key=command.giver)
        except (TooPoor, ZeroDivisionError, Conflict, Unsettled) as error:
            return command, error

    async with world.trouble(TROUBLES[trouble], times):
        outcomes = await asyncio.gather(
            *(run(command, world.works[n % 2]) for n, command in enumerate(commands))
        )
    db = world.works[0].db
    sums = {doc["_id"]: doc["sum"] async for doc in db["accounts"].find()}
    done = {command.number: (command, seen) for command, seen in outcomes if isinstance(seen, list)}
    refused = [(command, error.seen) for command, error in outcomes if isinstance(error, TooPoor)]
    stored = {doc["_id"] async for doc in db["moves"].find()}
    assert stored == set(done)
    assert sum(sums.values()) == 5 * len(ACCOUNTS)
    assert min(sums.values()) >= 0
    assert _order_exists(list(done.values()), refused, dict.fromkeys(ACCOUNTS, 5), sums)
    assert not any(isinstance(seen, Unsettled) for _, seen in outcomes)
    assert all(
        isinstance(seen, ZeroDivisionError | TooPoor | Conflict) for c, seen in outcomes if c.kind == "crash"
    )
    for account in ACCOUNTS:
        rows = await db["outbox"].find({"key": account}).sort("sequence", 1).to_list(None)
        assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
        assert len(rows) == sum(account in (c.giver, c.taker) for c, _ in done.values())


Read = tuple[Move, Sequence[int]]


def _order_exists(
    done: Sequence[Read], refused: Sequence[Read], sums: dict[str, int], end: dict[str, int]
) -> bool:
    """Whether the commands can be put in an order in which each saw what it says it saw.

    What was refused has no effect, and takes its place as soon as it fits.
    """
    left = [(c, seen) for c, seen in refused if [*seen] != [sums[c.giver], sums[c.taker]]]
    if not done:
        return not left and sums == end
    tried: set[tuple[str, str, int]] = set()
    for index, (command, seen) in enumerate(done):
        alike = command.giver, command.taker, command.amount
        if seen != [sums[command.giver], sums[command.taker]] or alike in tried:
            continue
        tried.add(alike)
        after = dict(sums)
        after[command.giver] -= command.amount
        after[command.taker] += command.amount
        if _order_exists([*done[:index], *done[index + 1 :]], left, after, end):
            return True
    return False


@pytest.mark.parametrize(
    ("seen", "exists"), [([5, 5], True), ([4, 6], True), ([3, 5], False)], ids=["before", "after", "never"]
)
def test_a_refusal_counts_for_the_order(seen: list[int], exists: bool) -> None:
    took = Move(1, "move", "a", "b", 1)
    refused = Move(2, "refuse", "a", "b", 1)
    end = {"a": 4, "b": 6, "c": 5}
    assert _order_exists([(took, [5, 5])], [(refused, seen)], dict.fromkeys(ACCOUNTS, 5), end) is exists
