"""One thing done for many, on a real MongoDB: everybody once, whoever crashes or fails."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared import fan_out as module
from shared import mongo
from shared.errors import Refusal
from shared.fan_out import FAILURES, INDEXES, FanOut, FanOutWorker, Recipient, ask_again, progress_of
from shared.work import FanOutJob, Transaction, Work
from tests.conftest import Addresses
from tests.overlap import met_before_commit

PEOPLE = [f"{number:04d}" for number in range(250)]


@dataclass
class Notes:
    """A service that notes something about everybody; some may be out of order."""

    work: Work
    broken: set[str] = field(default_factory=set[str])
    refused: set[str] = field(default_factory=set[str])
    asked: Counter[str] = field(default_factory=Counter[str])

    def worker(self) -> FanOutWorker:
        return FanOutWorker(self.work, [FanOut("notes", self.pages, self.note)])

    async def pages(
        self, db: mongo.Database, params: Mapping[str, Any], after: str | None, limit: int
    ) -> Sequence[Recipient]:
        del db
        if "nobody knows" in params["people"]:
            raise LookupError("nobody knows")
        ahead = [person for person in params["people"] if after is None or person > after]
        return [Recipient(person, person) for person in ahead[:limit]]

    async def note(self, person: str, tx: Transaction) -> None:
        self.asked[person] += 1
        if person in self.broken:
            raise ZeroDivisionError(person)
        if person in self.refused:
            raise Refusal("not this one")
        tx.update("notes", person, {"$inc": {"count": 1}})

    async def order(self, job: str = "job", people: Sequence[str] = PEOPLE) -> None:
        async def order(_: object, tx: Transaction) -> None:
            tx.fan_out(FanOutJob(job, "notes", {"people": list(people)}))

        await self.work.run(order, None, key="order")

    async def counts(self) -> Mapping[str, int]:
        return {doc["_id"]: doc["count"] async for doc in self.work.db["notes"].find()}

    async def job(self) -> Mapping[str, Any]:
        found = await self.work.db["fan_outs"].find_one({"_id": "job"})
        assert found is not None
        return found


@pytest.fixture
async def notes(engines: Addresses, name: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Notes]:
    monkeypatch.setattr(module, "PAGE", 100)
    async with mongo.connect(engines.mongo) as client:
        work = Work(client, name)
        for collection in ("notes", "outbox"):
            await mongo.ensure_collection(work.db, collection, indexes=(), exists=False)
        for collection, indexes in INDEXES.items():
            await mongo.ensure_collection(work.db, collection, indexes=indexes, exists=False)
        yield Notes(work)


async def drain(worker: FanOutWorker) -> None:
    async with asyncio.timeout(60):
        while await worker.turn():
            pass


async def test_everybody_is_reached_once_over_several_pages(notes: Notes) -> None:
    await notes.order()
    await drain(notes.worker())
    assert await notes.counts() == dict.fromkeys(PEOPLE, 1)
    job = await notes.job()
    assert (job["state"], job["done"], job["failed"]) == ("done", 250, 0)


async def test_another_worker_goes_on_where_one_stopped(notes: Notes) -> None:
    await notes.order()
    await notes.worker().turn()
    assert (await notes.job())["cursor"] == "0099"
    await drain(notes.worker())
    assert await notes.counts() == dict.fromkeys(PEOPLE, 1)
    assert notes.asked.total() == 250


async def test_two_workers_who_both_believe_to_lead_reach_everybody_once(notes: Notes) -> None:
    await notes.order()
    await asyncio.gather(drain(notes.worker()), drain(notes.worker()))
    assert await notes.counts() == dict.fromkeys(PEOPLE, 1)
    assert (await notes.job())["done"] == 250


async def test_whom_it_fails_for_is_listed_and_the_others_are_reached(notes: Notes) -> None:
    notes.broken, notes.refused = {"0000", "0120"}, {"0121"}
    await notes.order()
    await drain(notes.worker())
    others = [person for person in PEOPLE if person not in {"0000", "0120", "0121"}]
    assert await notes.counts() == dict.fromkeys(others, 1)
    listed = {row["cursor"]: row["error"] async for row in notes.work.db[FAILURES].find()}
    assert listed == {person: repr(ZeroDivisionError(person)) for person in ("0000", "0120")}
    job = await notes.job()
    assert (job["state"], job["done"], job["failed"], job["refused"]) == ("done", 247, 2, 1)
    progress = await progress_of(notes.work.db, job["_id"])
    assert progress is not None
    assert [refusal.person_id for refusal in progress.refusals] == ["0121"]


async def test_a_failure_is_tried_again_when_asked_and_only_then(notes: Notes) -> None:
    notes.broken = {"0000", "0120"}
    await notes.order()
    await drain(notes.worker())
    notes.broken, tried = {"0000"}, notes.asked.copy()
    await drain(notes.worker())
    assert notes.asked == tried
    assert await ask_again(notes.work.db) == 2
    await asyncio.gather(drain(notes.worker()), drain(notes.worker()))
    assert (await notes.counts())["0120"] == 1
    left = await notes.work.db[FAILURES].find().to_list(None)
    assert [(row["cursor"], row.get("redrive")) for row in left] == [("0000", None)]
    job = await notes.job()
    assert (job["done"], job["failed"]) == (249, 1)


async def test_two_workers_who_try_one_failure_again_at_once_do_it_once(notes: Notes) -> None:
    notes.broken = {"0120"}
    await notes.order()
    await drain(notes.worker())
    notes.broken = set()
    await ask_again(notes.work.db)
    with met_before_commit() as met:
        await asyncio.gather(notes.worker().turn(), notes.worker().turn())
    assert met
    assert await notes.counts() == dict.fromkeys(PEOPLE, 1)
    job = await notes.job()
    assert (job["done"], job["failed"]) == (250, 0)


async def test_a_failed_recipient_who_is_gone_is_forgotten(notes: Notes) -> None:
    notes.broken = {"0120"}
    await notes.order()
    await drain(notes.worker())
    await notes.work.db["fan_outs"].update_one({"_id": "job"}, {"$pull": {"params.people": "0120"}})
    await ask_again(notes.work.db, failure_id="job|0120")
    await drain(notes.worker())
    assert await notes.work.db[FAILURES].count_documents({}) == 0
    assert "0120" not in await notes.counts()


async def test_a_job_that_cannot_tell_its_recipients_keeps_no_other_waiting(notes: Notes) -> None:
    await notes.order("a-lost-one", ["nobody knows"])
    await notes.order()
    await drain(notes.worker())
    assert await notes.counts() == dict.fromkeys(PEOPLE, 1)
    lost = await notes.work.db["fan_outs"].find_one({"_id": "a-lost-one"})
    assert lost is not None
    assert (lost["state"], lost["trouble"]) == ("open", "LookupError('nobody knows')")


async def test_jobs_are_done_in_the_order_in_which_they_were_given(notes: Notes) -> None:
    await notes.order("z", ["first"])
    await notes.order("a", ["second"])
    await notes.worker().turn()
    assert list(notes.asked) == ["first"]
