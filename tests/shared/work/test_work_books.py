"""What a transaction numbers and tells beside its documents, and what a handler is kept from."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest

from shared import mongo
from shared.contracts.base import Event, State
from shared.work import Transaction, Work
from shared.work.engine import TRIES_ALONE, Ears


class Opened(Event):
    subject_field: ClassVar[str] = "door_id"
    door_id: str


class DoorState(State):
    subject_field: ClassVar[str] = "door_id"
    door_id: str


@pytest.fixture
async def client(engines: Any) -> AsyncIterator[mongo.Client]:
    async with mongo.connect(engines.mongo) as client:
        yield client


async def opened(door_id: str, tx: Transaction) -> None:
    doc = await tx.get("doors", door_id) or {"_id": door_id, "version": 0}
    tx.put("doors", doc)
    tx.publish(Opened(door_id=door_id))


async def painted(door_id: str, tx: Transaction) -> None:
    """A change that nobody is told of."""
    doc = await tx.get("doors", door_id)
    assert doc is not None
    tx.put("doors", doc | {"colour": "red"})


async def test_a_change_without_an_event_takes_no_number_and_forgets_none(
    client: mongo.Client, name: str
) -> None:
    work = Work(client, name)
    for change in (opened, opened, painted, painted, opened):
        await work.run(change, "d", key="d")
    rows = await work.db["outbox"].find({"key": "d"}).sort("_id", 1).to_list(None)
    assert [row["sequence"] for row in rows] == [1, 2, 3]
    doc = await work.db["doors"].find_one({"_id": "d"})
    assert doc is not None
    assert (doc["version"], doc["sequence"]) == (5, 3)


async def test_what_is_said_carries_the_epoch_of_its_writer(client: mongo.Client, name: str) -> None:
    await Work(client, name, epoch=3).run(opened, "d", key="d")
    row = await mongo.database(client, name)["outbox"].find_one({"key": "d"})
    assert row is not None
    assert (row["epoch"], row["sequence"]) == (3, 1)


async def test_the_relay_is_woken_after_a_commit_that_says_something_and_only_then(
    client: mongo.Client, name: str
) -> None:
    heard = list[str]()
    work = Work(client, name, ears=Ears(on_published=lambda: heard.append("published")))
    await work.run(opened, "d", key="d")
    assert heard == ["published"]
    await work.run(painted, "d", key="d")
    assert heard == ["published"]


async def test_an_error_that_does_not_pass_is_met_thrice_before_a_message_is_blamed(
    engines: Any, name: str
) -> None:
    met = Counter[str]()
    async with mongo.connect(engines.mongo, appname=name) as client:
        work = Work(client, name, ears=Ears(on_retry=lambda reason: met.update([reason])))
        await work.run(opened, "warm", key="warm")
        fail = {"failCommands": ["insert", "update"], "errorCode": 2, "appName": name}
        command = {"configureFailPoint": "failCommand", "data": fail}
        await client.admin.command({**command, "mode": {"times": TRIES_ALONE - 1}})
        try:
            await work.run(opened, "d", key="d")
        finally:
            await client.admin.command({**command, "mode": "off"})
        assert met.total() == TRIES_ALONE - 1
        assert await work.db["doors"].count_documents({"_id": "d"}) == 1


async def put_and_update(_: str, tx: Transaction) -> None:
    tx.put("doors", {"_id": "new", "version": 0})
    tx.update("doors", "other", {"$set": {"colour": "red"}})


async def put_unread(_: str, tx: Transaction) -> None:
    tx.put("doors", {"_id": "d", "version": 1})


async def say_nothing_new(_: str, tx: Transaction) -> None:
    tx.put("doors", {"_id": "new", "version": 0})
    tx.publish(DoorState(door_id="new"))


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        (put_and_update, "both put and updated"),
        (put_unread, "written but not read"),
        (say_nothing_new, "with the event"),
    ],
)
async def test_a_handler_that_breaks_the_engines_terms_is_told_and_changes_nothing(
    client: mongo.Client, name: str, handler: Any, told: str
) -> None:
    work = Work(client, name)
    await work.run(opened, "d", key="d")
    before = await work.db["doors"].find().to_list(None)
    with pytest.raises(TypeError, match=told):
        await work.run(handler, "d", key="d")
    assert await work.db["doors"].find().to_list(None) == before
