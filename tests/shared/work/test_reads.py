"""What is read together: one query for many documents, and none that hides a neighbour's write."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import monitoring

from shared import mongo
from shared.errors import Refusal
from shared.work import Transaction, Work
from shared.work.batch import ROUNDS
from shared.work.engine import ByKey
from shared.work.job import Job


class Queries(monitoring.CommandListener):
    def __init__(self) -> None:
        self.count = 0

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.count += event.command_name == "find"

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


@pytest.fixture
def queries() -> Queries:
    return Queries()


@pytest.fixture
async def work(engines: Any, name: str, queries: Queries) -> AsyncIterator[Work]:
    async with mongo.connect(engines.mongo, event_listeners=[queries]) as client:
        yield Work(client, name)


async def create_blindly(id_: str, tx: Transaction) -> None:
    tx.put("notes", {"_id": id_, "version": 0, "lines": ["created"]})


async def append(id_: str, tx: Transaction) -> None:
    doc = await tx.get("notes", id_) or {"_id": id_, "version": 0, "lines": []}
    tx.put("notes", doc | {"lines": [*doc["lines"], "appended"]})


async def test_a_document_created_while_a_neighbour_waits_to_read_it_is_not_lost(work: Work) -> None:
    jobs = [
        Job("reader", append, "note", work.clock.now()),
        Job("writer", create_blindly, "note", work.clock.now()),
    ]
    await work.execute(jobs, ByKey.plan)
    assert [job.error for job in jobs] == [None, None]
    doc = await work.db["notes"].find_one({"_id": "note"})
    assert doc is not None
    assert doc["lines"] == ["created", "appended"]


async def test_what_was_there_only_between_two_reads_is_no_outcome(work: Work) -> None:
    async def after(ids: list[str], tx: Transaction) -> Any:
        for id_ in ids:
            await tx.peek("others", id_)
        return await tx.get("notes", "note")

    async def look_twice(_: str, tx: Transaction) -> None:
        await tx.peek("notes", "note")
        if doc := await after(["a"], tx):
            await tx.peek("others", "b")
            tx.put("notes", doc | {"lines": ["seen"]})

    async def create(_: str, tx: Transaction) -> None:
        await tx.peek("notes", "note")
        await create_blindly("note", tx)

    async def take_away(_: str, tx: Transaction) -> None:
        if doc := await after(["c", "d"], tx):
            tx.delete("notes", "note", version=doc["version"])

    handlers = (look_twice, create, take_away)
    jobs = [Job(each.__name__, each, "note", work.clock.now()) for each in handlers]
    await work.execute(jobs, ByKey.plan)
    assert [job.error for job in jobs] == [None, None, None]
    assert await work.db["notes"].find_one({"_id": "note"}) is None


async def test_what_a_query_found_before_somebody_held_it_is_asked_for_again(work: Work) -> None:
    await work.db["notes"].insert_one({"_id": "note", "version": 1, "lines": []})

    async def hold(_: str, tx: Transaction) -> None:
        await tx.peek("others", "a")
        tx.hold("notes", "note")

    async def find_and_append(_: str, tx: Transaction) -> None:
        for doc in await tx.find("notes", {"lines": []}):
            tx.put("notes", doc | {"lines": ["appended"]})

    jobs = [Job(each.__name__, each, "note", work.clock.now()) for each in (hold, find_and_append)]
    await work.execute(jobs, ByKey.plan)
    assert [job.error for job in jobs] == [None, None]
    doc = await work.db["notes"].find_one({"_id": "note"})
    assert doc is not None
    assert (doc["version"], doc["lines"]) == (3, ["appended"])


async def test_many_documents_are_read_with_one_query_in_the_order_asked(
    work: Work, queries: Queries
) -> None:
    await work.db["notes"].insert_many([{"_id": f"n{number}", "version": 1} for number in range(50)])
    seen: list[Any] = []

    async def look(ids: list[str], tx: Transaction) -> None:
        await tx.peek("notes", ids[0])
        tx.put("notes", {"_id": ids[0], "version": 1, "own": True})
        seen.extend(await tx.peek_many("notes", ids))

    await work.run(look, ["n7", "n3", "missing", *(f"n{number}" for number in range(10, 50))], key="look")
    assert queries.count == 2
    assert [doc and doc["_id"] for doc in seen[:3]] == ["n7", "n3", None]
    assert seen[0]["own"]
    assert len(seen) == 43


class Torn(Refusal):
    pass


async def add_to_both(_: str, tx: Transaction) -> None:
    for id_ in ("left", "right"):
        await tx.peek("notes", id_)
    for id_ in ("left", "right"):
        doc = await tx.get("notes", id_)
        assert doc is not None
        tx.put("notes", doc | {"total": doc["total"] + 1})


async def compare(_: str, tx: Transaction) -> None:
    left = await tx.peek("notes", "left")
    await tx.peek("notes", "somewhere else")
    right = await tx.peek("notes", "right")
    assert left is not None
    assert right is not None
    if left["total"] != right["total"]:
        raise Torn("one was read before and one after")


async def test_refusal_for_what_no_transaction_could_see_is_reconsidered(work: Work) -> None:
    await work.db["notes"].insert_many([{"_id": id_, "version": 1, "total": 0} for id_ in ("left", "right")])
    jobs = [
        Job("writer", add_to_both, "", work.clock.now()),
        Job("reader", compare, "", work.clock.now()),
    ]
    await work.execute(jobs, ByKey.plan)
    assert [job.error for job in jobs] == [None, None]


async def test_what_is_read_twice_is_the_same_both_times(work: Work) -> None:
    await work.db["notes"].insert_many([{"_id": id_, "version": 1, "total": 0} for id_ in ("left", "right")])

    async def look_twice(_: str, tx: Transaction) -> None:
        once = await tx.peek("notes", "left")
        for number in range(3):
            await tx.peek("notes", f"somewhere else {number}")
        again = await tx.peek("notes", "left")
        tx.put("notes", {"_id": "seen", "version": 0, "same": once == again})

    jobs = [
        Job("writer", add_to_both, "", work.clock.now()),
        Job("reader", look_twice, "", work.clock.now()),
    ]
    await work.execute(jobs, ByKey.plan)
    doc = await work.db["notes"].find_one({"_id": "seen"})
    assert doc is not None
    assert doc["same"]


async def test_who_holds_one_guard_in_one_transaction_is_not_run_again(work: Work, queries: Queries) -> None:
    runs: list[str] = []

    async def look_and_write(id_: str, tx: Transaction) -> None:
        runs.append(id_)
        tx.hold("guards", "boss")
        assert await tx.find("notes", {"owner": id_}) == []
        tx.put("notes", {"_id": id_, "version": 0, "owner": id_})

    jobs = [Job(f"n{n}", look_and_write, f"n{n}", work.clock.now()) for n in range(20)]
    await work.execute(jobs, ByKey.plan)
    assert [job.error for job in jobs] == [None] * 20
    assert sorted(runs) == sorted({f"n{n}" for n in range(20)})
    assert queries.count == 1
    guard = await work.db["guards"].find_one({"_id": "boss"})
    assert guard is not None
    assert guard["version"] == 1


async def test_more_than_can_run_on_together_meet_in_one_document(work: Work) -> None:
    jobs = [Job(n, append, "note", work.clock.now()) for n in range(ROUNDS * 3)]
    await work.execute(jobs, ByKey.plan)
    assert [job.error for job in jobs] == [None] * len(jobs)
    doc = await work.db["notes"].find_one({"_id": "note"})
    assert doc is not None
    assert len(doc["lines"]) == len(jobs)


async def test_some_that_meet_in_one_document_ask_together_each_time(work: Work, queries: Queries) -> None:
    async def count(id_: str, tx: Transaction) -> None:
        await tx.get("totals", "all")
        await tx.find("notes", {"owner": id_})
        doc = await tx.get("totals", "all") or {"_id": "all", "version": 0, "n": 0}
        tx.put("totals", doc | {"n": doc["n"] + 1})

    jobs = [Job(n, count, f"n{n}", work.clock.now()) for n in range(ROUNDS)]
    await work.execute(jobs, ByKey.plan)
    doc = await work.db["totals"].find_one({"_id": "all"})
    assert doc is not None
    assert doc["n"] == ROUNDS
    assert queries.count <= 1 + 1 + ROUNDS


async def test_who_has_read_a_guard_is_run_again_when_somebody_held_it(work: Work) -> None:
    await work.db["guards"].insert_one({"_id": "all", "version": 5})

    async def claim(id_: str, tx: Transaction) -> None:
        guard = await tx.get("guards", "all")
        if guard is None or guard["version"] != 5:
            raise Torn("somebody was faster")
        tx.hold("guards", "all")
        tx.put("notes", {"_id": id_, "version": 0})

    jobs = [Job(n, claim, f"n{n}", work.clock.now()) for n in range(3)]
    await work.execute(jobs, ByKey.plan)
    assert sorted(type(job.error).__name__ for job in jobs) == ["NoneType", "Torn", "Torn"]
    assert await work.db["notes"].count_documents({}) == 1
