"""Many messages in one transaction: what each sees, what survives, who is blamed."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any, ClassVar

import pytest

from shared import mongo
from shared.contracts.base import Event, State
from shared.errors import Refusal
from shared.work import Conflict, Transaction, Unsettled, Work
from shared.work.engine import ByKey
from shared.work.job import Job
from tests.overlap import met_before_commit


class Added(Event):
    subject_field: ClassVar[str] = "account_id"
    account_id: str
    amount: int


class AccountState(State):
    subject_field: ClassVar[str] = "account_id"
    account_id: str
    total: int


class Unlucky(Refusal):
    pass


@pytest.fixture
async def client(engines: Any) -> AsyncIterator[mongo.Client]:
    async with mongo.connect(engines.mongo) as client:
        yield client


@pytest.fixture
async def work(client: mongo.Client, name: str) -> Work:
    return Work(client, name)


async def add(command: tuple[str, int], tx: Transaction) -> int:
    id_, amount = command
    doc = await tx.get("accounts", id_) or {"_id": id_, "version": 0, "total": 0, "parts": []}
    doc["total"] += amount
    doc["parts"].append(amount)
    tx.put("accounts", doc)
    tx.publish(Added(account_id=id_, amount=amount), AccountState(account_id=id_, total=doc["total"]))
    if amount == 13:
        raise Unlucky("thirteen is refused")
    if amount == 14:
        raise ZeroDivisionError
    return int(doc["total"])


async def settle(calls: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    return await asyncio.gather(*calls, return_exceptions=True)


async def sequences(work: Work, subject: str, topic_end: str = ".events") -> list[int]:
    rows = await work.db["outbox"].find({"key": subject}).sort("_id", 1).to_list(None)
    return [row["sequence"] for row in rows if row["topic"].endswith(topic_end)]


async def test_refusals_and_errors_touch_only_their_own_message(work: Work) -> None:
    amounts = [1, 13, 2, 14, 3] * 10
    results = await settle([work.run(add, ("a", n), key="a") for n in amounts])
    assert [type(result) for result in results[:5]] == [int, Unlucky, int, ZeroDivisionError, int]
    doc = await work.db["accounts"].find_one({"_id": "a"})
    assert doc is not None
    assert doc["parts"] == [1, 2, 3] * 10
    assert doc["version"] == doc["sequence"] == 30
    assert [r for r in results if isinstance(r, int)] == [sum(doc["parts"][: n + 1]) for n in range(30)]
    assert await sequences(work, "a") == list(range(1, 31))


async def test_of_the_states_of_one_transaction_only_the_newest_is_published(work: Work) -> None:
    await work.execute([Job("a", add, ("a", 1), work.clock.now()) for _ in range(5)], ByKey.plan)
    assert await sequences(work, "a") == [1, 2, 3, 4, 5]
    assert await sequences(work, "a", ".state") == [5]


async def test_a_document_shared_by_keys_loses_no_write(work: Work) -> None:
    results = await settle([work.run(add, ("shared", 1), key=n) for n in range(100)])
    assert sorted(results) == list(range(1, 101))


@pytest.mark.parametrize("blind", [False, True], ids=["put", "updated"])
async def test_a_rule_over_what_is_found_holds_between_keys_of_one_batch(work: Work, *, blind: bool) -> None:
    """Each may add only while there are fewer than three: a find must see what others just added."""

    async def join(id_: str, tx: Transaction) -> None:
        if len(await tx.find("members", {"club": "c"})) >= 3:
            raise Unlucky("full")
        await tx.get("elsewhere", id_)
        if blind:
            tx.update("members", id_, {"$set": {"club": "c"}})
        else:
            tx.put("members", {"_id": id_, "version": 0, "club": "c"})

    results = await settle([work.run(join, f"m{n}", key=n) for n in range(40)])
    assert sum(result is None for result in results) == 3
    assert await work.db["members"].count_documents({}) == 3


async def test_a_find_after_a_write_in_the_same_message_is_an_error(work: Work) -> None:
    async def confused(_: None, tx: Transaction) -> None:
        tx.put("rows", {"_id": "r", "version": 0})
        await tx.find("rows", {})

    with pytest.raises(TypeError, match="find after a write"):
        await work.run(confused, None, key="k")


@pytest.mark.parametrize("last", [False, True], ids=["kept", "last"])
@pytest.mark.parametrize("known", [False, True], ids=["new-guard", "known-guard"])
async def test_a_guard_document_keeps_two_processes_from_passing_each_other(
    engines: Any, name: str, *, last: bool, known: bool
) -> None:
    """There is room for one; both engines have seen it before either commits."""

    async def weigh(id_: str, tx: Transaction) -> None:
        (tx.hold_last if last else tx.hold)("weight_guards", "owner")
        total = sum(goal["weight"] for goal in await tx.find("goals", {"owner": "o"}))
        if total + 30 > 50:
            raise Unlucky("over 50")
        tx.put("goals", {"_id": id_, "version": 0, "owner": "o", "weight": 30})

    async with mongo.connect(engines.mongo) as one, mongo.connect(engines.mongo) as other:
        works = [Work(one, name), Work(other, name)]
        for collection in ("goals", "weight_guards"):
            await mongo.ensure_collection(works[0].db, collection)
        if known:
            await works[0].db["weight_guards"].insert_one({"_id": "owner", "version": 7})
        with met_before_commit() as met:
            results = await settle([work.run(weigh, f"g{n}", key=n) for n, work in enumerate(works)])
        assert met
        assert sorted(type(result).__name__ for result in results) == ["NoneType", "Unlucky"]
        assert await works[0].db["goals"].count_documents({}) == 1
        assert await works[0].db["weight_guards"].count_documents({}) == (0 if last else 1)


async def test_a_guard_that_is_held_for_the_last_time_still_keeps_who_comes_meanwhile(
    engines: Any, name: str
) -> None:
    """One engine takes the guard away for good while another holds it: they follow each other."""

    async def erase(_: None, tx: Transaction) -> None:
        tx.hold_last("guards", "person")
        for doc in await tx.find("things", {}):
            tx.delete("things", doc["_id"], version=doc["version"])

    async def add_one(_: None, tx: Transaction) -> int:
        tx.hold("guards", "person")
        known = len(await tx.find("things", {}))
        tx.put("things", {"_id": "new", "version": 0, "known": known})
        return known

    async with mongo.connect(engines.mongo) as one, mongo.connect(engines.mongo) as other:
        works = [Work(one, name), Work(other, name)]
        await works[0].db["guards"].insert_one({"_id": "person", "version": 1})
        await works[0].db["things"].insert_one({"_id": "old", "version": 1})
        with met_before_commit() as met:
            calls = [works[0].run(erase, None, key=0), works[1].run(add_one, None, key=1)]
            _, known = await settle(calls)
        assert met
        left = [doc["_id"] async for doc in works[0].db["things"].find()]
        assert (known, left) in [(0, ["new"]), (1, [])]
        assert await works[0].db["guards"].count_documents({}) == (0 if known else 1)


async def test_deleted_and_made_again_in_one_batch(work: Work) -> None:
    async def remove(id_: str, tx: Transaction) -> None:
        doc = await tx.get("accounts", id_)
        assert doc is not None
        tx.delete("accounts", id_, version=doc["version"])
        tx_writes_seen.append(await tx.get("accounts", id_))

    tx_writes_seen: list[Any] = []
    await work.run(add, ("a", 5), key="a")
    await settle([work.run(remove, "a", key="a"), work.run(add, ("a", 7), key="a")])
    assert tx_writes_seen[-1] is None
    doc = await work.db["accounts"].find_one({"_id": "a"})
    assert doc is not None
    assert doc["parts"] == [7]


async def test_a_tombstone_takes_the_next_sequence_and_no_value(work: Work) -> None:
    async def erase(id_: str, tx: Transaction) -> None:
        doc = await tx.get("accounts", id_)
        assert doc is not None
        tx.delete("accounts", id_, version=doc["version"])
        tx.tombstone(AccountState, id_)

    await work.run(add, ("a", 1), key="a")
    await work.run(erase, "a", key="a")
    row = await work.db["outbox"].find_one({"key": "a", "value": None})
    assert row is not None
    assert row["sequence"] == 2
    assert row["topic"].endswith(".state")
    assert await work.db["accounts"].count_documents({}) == 0


async def test_a_stale_version_fails_alone(work: Work) -> None:
    async def replace(command: tuple[str, int], tx: Transaction) -> None:
        id_, expected = command
        await tx.get("docs", id_)
        tx.put("docs", {"_id": id_, "version": expected})

    await settle([work.run(replace, (f"d{n}", 0), key=n) for n in range(20)])
    results = await settle([work.run(replace, (f"d{n}", 9 if n == 7 else 1), key=n) for n in range(20)])
    assert [n for n, result in enumerate(results) if isinstance(result, Conflict)] == [7]
    assert await work.db["docs"].count_documents({"version": 2}) == 19


async def test_a_write_that_the_database_rejects_fails_alone(work: Work) -> None:
    await work.db.create_collection("docs")

    async def push(id_: int, tx: Transaction) -> None:
        tx.update("docs", id_, {"$set": {"x": "y" * (17_000_000 if id_ == 5 else 1)}})
        tx.put("heads", {"_id": str(id_), "version": 0})
        tx.publish(Added(account_id=str(id_), amount=1))

    results = await settle([work.run(push, n, key=n) for n in range(10)])
    assert [n for n, result in enumerate(results) if result] == [5]
    assert await work.db["docs"].count_documents({}) == 9
    assert await work.db["outbox"].count_documents({}) == 9


async def test_what_is_too_large_to_send_is_refused_before_it_is_stored(work: Work) -> None:
    class Long(Event):
        subject_field: ClassVar[str] = "account_id"
        account_id: str
        text: str

    async def say(id_: str, tx: Transaction) -> None:
        tx.put("accounts", {"_id": id_, "version": 0})
        tx.publish(Long(account_id=id_, text="x" * 1_000_000))

    results = await settle([work.run(say, "long", key=1), work.run(add, ("a", 1), key=2)])
    assert isinstance(results[0], Refusal)
    assert results[0].status == 413
    assert results[1] == 1
    assert await work.db["accounts"].count_documents({"_id": "long"}) == 0


async def test_waiting_for_anything_but_tx_is_an_error(work: Work) -> None:
    async def sleepy(_: str, tx: Transaction) -> None:
        await asyncio.sleep(0)

    with pytest.raises(TypeError, match="only its tx"):
        await work.run(sleepy, "", key="")


async def test_closing_settles_what_was_taken_and_takes_no_more(work: Work) -> None:
    calls = [asyncio.create_task(work.run(add, (f"a{n}", 1), key=n)) for n in range(300)]
    await asyncio.sleep(0)
    await work.close()
    assert await asyncio.gather(*calls) == [1] * 300
    with pytest.raises(Unsettled):
        await work.run(add, ("late", 1), key="late")


async def test_who_asks_while_the_database_is_away_is_not_told_that_it_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.work.engine.PATIENCE", 1)
    async with mongo.connect("mongodb://127.0.0.1:9/", serverSelectionTimeoutMS=20) as away:
        work = Work(away, "away")
        results = await settle([work.run(add, ("a", 1), key=n) for n in range(3)])
    assert [type(result) for result in results] == [Unsettled] * 3


async def test_a_caller_who_gives_up_does_not_stop_the_work_of_others(work: Work) -> None:
    calls = [asyncio.create_task(work.run(add, (f"a{n}", 1), key=n)) for n in range(50)]
    await asyncio.sleep(0)
    for call in calls[::2]:
        call.cancel()
    results = await asyncio.gather(*calls, return_exceptions=True)
    await work.close()
    assert [r for r in results if isinstance(r, int)] == [1] * 25
    assert await work.db["accounts"].count_documents({}) == 50


@pytest.mark.parametrize(
    "failure",
    [
        {
            "failCommands": ["commitTransaction"],
            "errorCode": 251,
            "errorLabels": ["TransientTransactionError"],
        },
        {"failCommands": ["commitTransaction"], "errorCode": 11600},
        {"failCommands": ["commitTransaction"], "closeConnection": True},
        {
            "failCommands": ["commitTransaction"],
            "writeConcernError": {"code": 91, "errmsg": "down", "errorLabels": ["RetryableWriteError"]},
        },
        {
            "failCommands": ["insert", "update"],
            "errorCode": 112,
            "errorLabels": ["TransientTransactionError"],
        },
        {"failCommands": ["find"], "closeConnection": True},
    ],
    ids=["aborted", "unlabelled", "cut", "unconfirmed", "conflict", "find-cut"],
)
async def test_a_failing_database_loses_and_doubles_nothing(
    engines: Any, name: str, failure: dict[str, Any]
) -> None:
    async with mongo.connect(engines.mongo, appname=name, heartbeatFrequencyMS=500) as client:
        work = Work(client, name)
        await work.run(add, ("warm", 1), key="warm")
        fail = {"configureFailPoint": "failCommand", "data": {**failure, "appName": name}}
        await client.admin.command({**fail, "mode": {"times": 3}})
        try:
            results = await settle([work.run(add, (f"a{n % 7}", 1), key=n % 7) for n in range(70)])
        finally:
            await client.admin.command({**fail, "mode": "off"})
        assert all(isinstance(result, int) for result in results), results
        docs = await work.db["accounts"].find({"_id": {"$ne": "warm"}}).to_list(None)
        assert sum(doc["total"] for doc in docs) == 70
        for n in range(7):
            assert sorted(await sequences(work, f"a{n}")) == list(range(1, 11))
