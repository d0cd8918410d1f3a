"""One thing done for many: recipients in pages, a cursor in the same transaction as its effects.

A handler orders it with `tx.fan_out(FanOutJob(...))`.  One worker a service expands it: it reads a
page of recipients, runs the handler for each in transactions of at most `PAGE`, and stores the
cursor with them, so that a crash resumes and nobody is told twice.  A recipient for whom the
handler fails is listed in `fan_out_failures`, and tried again when an operator asks.  Whom a rule
refuses is counted, and the first of them are named.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DeleteOne, IndexModel, UpdateOne
from pymongo.errors import PyMongoError

from shared import mongo
from shared.contracts.base import Frozen
from shared.errors import Refusal
from shared.ids import PersonId
from shared.work import Batch, Cause, Conflict, Handler, Job, Work
from shared.work.batch import FAN_OUTS
from shared.work.transaction import Doc

log = logging.getLogger(__name__)
FAILURES = "fan_out_failures"
PAGE = 500
MOST_TOLD = 100
"""So many of those whom a rule refused a job remembers by name."""
PAUSE = timedelta(seconds=30)
"""Until a job that could not tell its recipients is asked again."""
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    FAN_OUTS: [
        IndexModel(
            [("state", ASCENDING), ("ordered_at", ASCENDING), ("_id", ASCENDING)],
            name="open_by_age",
            partialFilterExpression={"state": "open"},
        )
    ],
    FAILURES: [
        IndexModel([("job", ASCENDING)], name="job"),
        IndexModel([("redrive", ASCENDING)], name="redrive", partialFilterExpression={"redrive": True}),
    ],
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """One of many: its place in the order of all, and the message that the handler gets."""

    cursor: str
    message: Any


Pages = Callable[[mongo.Database, Mapping[str, Any], str | None, int], Awaitable[Sequence[Recipient]]]
"""(database, params, after, limit) -> the next recipients in ascending order of their cursors."""


@dataclass(frozen=True, slots=True)
class FanOut:
    """How jobs of a kind are expanded; `handler` runs once for each recipient."""

    kind: str
    pages: Pages
    handler: Handler


class RefusedRecipient(Frozen):
    """Somebody left out, by which rule."""

    person_id: PersonId
    rule: str


class FanOutProgress(Frozen):
    """How far a fan-out is: people it was done for, those a rule kept from it, and those it failed for.

    `refusals` are the first of those whom a rule kept from it, at most 100.
    """

    finished: bool
    people: int
    refused: int
    failed: int
    refusals: tuple[RefusedRecipient, ...]


async def progress_of(database: mongo.Database, job_id: str) -> FanOutProgress | None:
    """None while it has not been ordered."""
    job = await database[FAN_OUTS].find_one({"_id": job_id})
    if job is None:
        return None
    refusals = (
        RefusedRecipient(person_id=row["cursor"], rule=row["rule"]) for row in job.get("refusals", ())
    )
    return FanOutProgress(
        finished=job["state"] == "done",
        people=job["done"],
        refused=job.get("refused", 0),
        failed=job["failed"],
        refusals=tuple(refusals),
    )


class FanOutWorker:
    """The turn of a worker that expands the open jobs, oldest first."""

    def __init__(
        self,
        work: Work,
        fan_outs: Sequence[FanOut],
        *,
        on_progress: Callable[[str, int], None] = lambda kind, done: None,  # noqa: ARG005
    ) -> None:
        self._work = work
        self._fan_outs = {fan_out.kind: fan_out for fan_out in fan_outs}
        self._on_progress = on_progress

    async def turn(self) -> bool:
        """Do one page of one job, the oldest first; whether there may be more."""
        now = datetime.now(UTC)
        due = [{"retry_at": None}, {"retry_at": {"$lte": now}}]
        query = {"state": "open", "kind": {"$in": list(self._fan_outs)}, "$or": due}
        job = await self._work.db[FAN_OUTS].find_one(query, sort=[("ordered_at", 1), ("_id", 1)])
        if job is None:
            return await self._again()
        fan_out = self._fan_outs[job["kind"]]
        try:
            page = await fan_out.pages(self._work.db, job["params"], job["cursor"], PAGE)
        except PyMongoError:
            raise
        except Exception as error:
            log.exception("fan-out %s cannot tell its recipients, the others go on", job["_id"])
            later = {"retry_at": now + PAUSE, "trouble": repr(error)}
            await self._work.db[FAN_OUTS].update_one({"_id": job["_id"]}, {"$set": later})
            return True
        if not page:
            await self._finish(job)
            return True
        expansion = Expansion(job["_id"], fan_out.kind)
        await self._work.execute([_job(fan_out, job, recipient) for recipient in page], expansion.plan)
        self._on_progress(fan_out.kind, len(page))
        return True

    async def _again(self) -> bool:
        """Try one failed recipient again, where an operator asked for it; whether there was one."""
        failures, jobs = self._work.db[FAILURES], self._work.db[FAN_OUTS]
        row = await failures.find_one({"redrive": True, "kind": {"$in": list(self._fan_outs)}})
        if row is None:
            return False
        fan_out, job = self._fan_outs[row["kind"]], await jobs.find_one({"_id": row["job"]})
        found = await fan_out.pages(self._work.db, job["params"], row["after"], 1) if job else ()
        if job is None or not found or found[0].cursor != row["cursor"]:
            await failures.delete_one({"_id": row["_id"]})  # the recipient is gone
            return True
        recipient = _job(fan_out, job, found[0])
        await self._work.execute([recipient], SecondTry(row["_id"], row["job"]).plan)
        self._on_progress(fan_out.kind, 0 if recipient.error else 1)
        return True

    async def _finish(self, job: Doc) -> None:
        still = {"_id": job["_id"], "state": "open", "cursor": job["cursor"]}
        done = {"$set": {"state": "done", "finished_at": datetime.now(UTC)}}
        await self._work.db[FAN_OUTS].update_one(still, done)


@dataclass(slots=True, eq=False)
class _RecipientJob(Job):
    cursor: str = ""


def _job(fan_out: FanOut, job: Doc, recipient: Recipient) -> _RecipientJob:
    cause = Cause(job["correlation_id"], job["causation_id"])
    return _RecipientJob(
        recipient.cursor,
        fan_out.handler,
        recipient.message,
        job["now"],
        cause=cause,
        cursor=recipient.cursor,
    )


@dataclass(slots=True)
class Expansion:
    """Plans a page: all recipients together, and the cursor behind the last one."""

    job_id: str
    kind: str

    async def plan(self, batch: Batch, jobs: Sequence[Job]) -> "ExpansionPlan":
        """Refuse with a conflict if another worker has gone on from here."""
        recipients = [job for job in jobs if isinstance(job, _RecipientJob)]
        found = await batch.query(FAN_OUTS, {"_id": self.job_id}, size=1)
        cursor = found[0]["cursor"] if found else None
        ahead = [job for job in recipients if cursor is None or job.cursor > cursor]
        return ExpansionPlan(self.job_id, self.kind, cursor, ahead)


@dataclass(slots=True)
class ExpansionPlan:
    """What one transaction of a fan-out runs and remembers."""

    job_id: str
    kind: str
    cursor: str | None
    jobs: Sequence[_RecipientJob]
    halting: bool = False

    @property
    def strands(self) -> list[list[_RecipientJob]]:
        """Every recipient is on their own."""
        return [[job] for job in self.jobs]

    def settle(self, batch: Batch) -> None:
        """Move the cursor, fenced by its old value, and list whom it failed for."""
        if not self.jobs:
            return
        failed = [job for job in self.jobs if _failed(job)]
        refused = [(job.cursor, job.error.rule) for job in self.jobs if isinstance(job.error, Refusal)]
        counts = {
            "done": len(self.jobs) - len(failed) - len(refused),
            "failed": len(failed),
            "refused": len(refused),
        }
        moved: Doc = {"$set": {"cursor": self.jobs[-1].cursor}, "$inc": counts}
        if refused:
            told = [{"cursor": cursor, "rule": rule} for cursor, rule in refused]
            moved["$push"] = {"refusals": {"$each": told, "$slice": MOST_TOLD}}
        batch.defer(FAN_OUTS, UpdateOne({"_id": self.job_id, "cursor": self.cursor}, moved))
        before = [self.cursor, *(job.cursor for job in self.jobs)]
        for after, job in zip(before, self.jobs, strict=False):
            if job not in failed:
                continue
            row = {
                "job": self.job_id,
                "kind": self.kind,
                "cursor": job.cursor,
                "after": after,
                "error": repr(job.error),
                "at": datetime.now(UTC),
            }
            id_ = {"_id": f"{self.job_id}|{job.cursor}"}
            batch.defer(FAILURES, UpdateOne(id_, {"$set": row}, upsert=True))


@dataclass(slots=True)
class SecondTry:
    """Plans a recipient for whom it failed before."""

    failure_id: str
    job_id: str
    jobs: Sequence[Job] = ()
    halting: bool = False

    async def plan(self, batch: Batch, jobs: Sequence[Job]) -> "SecondTry":
        """Nothing if another worker has done it."""
        asked = await batch.query(FAILURES, {"_id": self.failure_id, "redrive": True}, size=1)
        self.jobs = jobs if asked else ()
        return self

    @property
    def strands(self) -> list[list[Job]]:
        """The one recipient."""
        return [[job] for job in self.jobs]

    def settle(self, batch: Batch) -> None:
        """Forget the failure, or say how it failed this time."""
        for job in self.jobs:
            if _failed(job):
                again = {
                    "$set": {"error": repr(job.error), "at": datetime.now(UTC)},
                    "$unset": {"redrive": ""},
                }
                batch.defer(FAILURES, UpdateOne({"_id": self.failure_id}, again))
                continue
            batch.defer(FAILURES, DeleteOne({"_id": self.failure_id}))
            batch.defer(FAN_OUTS, UpdateOne({"_id": self.job_id}, {"$inc": {"done": 1, "failed": -1}}))


def _failed(job: Job) -> bool:
    """Whether the handler failed; a conflict that may pass has the transaction run again."""
    if isinstance(job.error, Conflict) and job.doom is None:
        raise job.error
    return job.error is not None and not isinstance(job.error, Refusal)


async def ask_again(db: mongo.Database, *, failure_id: str | None = None) -> int:
    """Have failed recipients tried again: one, or all; how many."""
    wanted = {} if failure_id is None else {"_id": failure_id}
    asked = await db[FAILURES].update_many(wanted, {"$set": {"redrive": True}})
    return asked.matched_count
