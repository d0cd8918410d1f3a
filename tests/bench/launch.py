"""The launch of a review cycle for everyone, against the bare insertion of the documents that it makes."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bson import ObjectId

from tests.bench.load import connections
from tests.bench.stand import Stand, person, until

PAGE = 1000
HR = "hr_admin"


@dataclass(frozen=True, slots=True)
class Launched:
    """One launch: seconds until the last review was open and the last person notified, and what it made."""

    seconds: float
    insert_seconds: float
    documents: Mapping[str, int]
    peak_rss_mb: Mapping[str, float]

    @property
    def ratio(self) -> float:
        """The share of the speed of bare insertion."""
        return self.insert_seconds / self.seconds


async def launch(stand: Stand) -> Launched:
    """Launch one cycle for all people there are; then insert the same documents into empty collections."""
    began_at, mark = datetime.now(UTC), ObjectId()
    reviews, notifications = stand.db("reviews"), stand.db("notifications")
    peak: dict[str, float] = {}
    today = began_at.date()
    terms = {
        "name": "A half year",
        "period": {"starts_on": str(date(today.year, 1, 1)), "ends_on": str(date(today.year, 6, 30))},
        "self_due_on": str(today + timedelta(days=14)),
        "manager_due_on": str(today + timedelta(days=28)),
        "population": {"everyone": True},
    }
    before = await notifications["notifications"].estimated_document_count()
    async with connections(stand.suite.urls["reviews"], 1) as (connection,):
        began = time.perf_counter()
        cycle = await connection.ask("POST", "/cycles", token=stand.token(person(0), HR), body=terms)
        of_cycle = {"cycle_id": cycle["cycle_id"]}

        async def nearly() -> bool:
            for name, found in stand.rss_mb().items():
                peak[name] = max(found, peak.get(name, 0.0))
            told = await notifications["notifications"].estimated_document_count()
            return told >= before + stand.people

        async def opened_and_notified() -> bool:
            raised = {"kind": "review_opened", "raised_at": {"$gte": began_at}}
            return (
                await notifications["notifications"].count_documents(raised) >= stand.people
                and await reviews["reviews"].count_documents(of_cycle) >= stand.people
            )

        await until(nearly)  # costs the database nothing, but counts what is not committed yet
        await until(opened_and_notified)
        seconds = time.perf_counter() - began
    since, after = {"raised_at": {"$gte": began_at}}, {"_id": {"$gt": mark}}
    made = {
        "reviews": await reviews["reviews"].find(of_cycle).to_list(None),
        "reviews.outbox": await reviews["outbox"].find(after).to_list(None),
        "notifications": await notifications["notifications"].find(since).to_list(None),
        "deliveries": await notifications["deliveries"].find(since).to_list(None),
        "notifications.outbox": await notifications["outbox"].find(after).to_list(None),
    }
    await stand.forget_mail()
    await stand.quiet()
    inserting = await _insert(stand, made)
    return Launched(seconds, inserting, {name: len(docs) for name, docs in made.items()}, peak)


async def _insert(stand: Stand, made: Mapping[str, list[dict[str, Any]]]) -> float:
    """Seconds to insert all of it, a page at a time."""
    db = stand.client["bench_inserts"]
    began = time.perf_counter()
    for name, docs in made.items():
        for start in range(0, len(docs), PAGE):
            await db[name].insert_many(docs[start : start + PAGE], ordered=False)
    seconds = time.perf_counter() - began
    await stand.client.drop_database("bench_inserts")
    return seconds
