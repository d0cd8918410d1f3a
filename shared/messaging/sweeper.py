"""Tries again what was put aside: sources that wait, gaps that have closed, what is redriven.

Redriving is asking: `ask_redrive` marks it in the database and whichever process holds the lease
does it, so that it needs no way into the service and is fenced against the live consumer by the
watermark that both write.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from shared import mongo
from shared.messaging.guard import WATERMARKS, Guard
from shared.messaging.inbound import REASONS, Gate
from shared.messaging.incoming import EventJob, from_row
from shared.messaging.parked import PARKED
from shared.work import Work
from shared.work.transaction import Doc

SOURCES_A_TURN = 200
GAPS_A_TURN = 50
EVENTS_A_SOURCE = 500
_NOBODYS: Final[Mapping[str, Any]] = {"source": None, "reason": {"$in": list(REASONS)}}
"""Records that are nobody's successor."""


class Sweeper:
    """The turn of a worker that sweeps all topics of one service."""

    def __init__(self, work: Work, guards: Sequence[Guard], gates: Sequence[Gate] = ()) -> None:
        self._work = work
        self._guards: Mapping[str, Guard] = {guard.topic: guard for guard in guards}
        self._readers: Mapping[str, Guard | Gate] = {each.topic: each for each in (*guards, *gates)}
        self._gaps_after = ""

    async def turn(self) -> bool:
        """Try what is due; whether anything moved."""
        moved = False
        for topic, marks in (await self._due()).items():
            guard = self._guards[topic]
            jobs = [job for mark in marks for job in await self._rows(guard, mark)]
            if jobs:
                await self._work.execute(jobs, guard.plan_retry)
                moved = moved or any(job.outcome == "applied" for job in jobs)
        return await self._unreadable() or moved

    async def _due(self) -> Mapping[str, Sequence[Doc]]:
        """The watermarks of sources that may go on, by topic; gaps in turns, so that they delay nobody."""
        topics = {"topic": {"$in": list(self._guards)}}
        waiting = {**topics, "state": "waiting", "retry_at": {"$lte": datetime.now(UTC)}}
        ripe = self._work.db[WATERMARKS].find(waiting).sort("retry_at", 1).limit(SOURCES_A_TURN)
        gaps = {**topics, "state": "gap", "_id": {"$gt": self._gaps_after}}
        open_ = self._work.db[WATERMARKS].find(gaps).sort("_id", 1).limit(GAPS_A_TURN)
        found = await open_.to_list(None)
        self._gaps_after = found[-1]["_id"] if len(found) == GAPS_A_TURN else ""
        marks: defaultdict[str, list[Doc]] = defaultdict(list)
        for mark in (*await ripe.to_list(None), *found):
            marks[mark["topic"]].append(mark)
        return marks

    async def _rows(self, guard: Guard, mark: Doc) -> list[EventJob]:
        """The parked events of a source, if the next one is among them."""
        within = {"topic": guard.topic, "source": mark["source"]}
        rows = await self._work.db[PARKED].find(within).sort("_id", 1).limit(EVENTS_A_SOURCE).to_list(None)
        jobs = [guard.reader.read(from_row(row)) for row in rows]
        position = (mark["epoch"], mark["sequence"])
        ahead = [job for job in jobs if job.unreadable or job.position > position]
        ripe = ahead and (
            mark["state"] == "waiting"
            or ahead[-1].position[0] > position[0]
            or ahead[0].position[1] == position[1] + 1
            or not guard.subscription.strict
        )
        return jobs if ripe else []

    async def _unreadable(self) -> bool:
        """Take again what could not be read, or taken from outside, where an operator asked for it."""
        asked = {**_NOBODYS, "redrive": True}
        rows = await self._work.db[PARKED].find(asked).limit(EVENTS_A_SOURCE).to_list(None)
        moved = False
        for topic in {row["topic"] for row in rows} & set(self._readers):
            moved = (
                await self._reread(self._readers[topic], [row for row in rows if row["topic"] == topic])
                or moved
            )
        return moved

    async def _reread(self, guard: Guard | Gate, rows: Sequence[Doc]) -> bool:
        jobs = [guard.reader.read(from_row(row)) for row in rows]
        await self._work.execute(jobs, guard.plan_final)
        done = [row["_id"] for row, job in zip(rows, jobs, strict=True) if guard.is_done(job)]
        await self._work.db[PARKED].delete_many({"_id": {"$in": done}, "source": None})
        return bool(done)


async def ask_redrive(db: mongo.Database, *, source: str | None = None) -> int:
    """Have parked events tried again: of one source, or all; the number of sources and records."""
    now = datetime.now(UTC)
    failed: dict[str, Any] = {"state": "failed"}
    unreadable: dict[str, Any] = {**_NOBODYS}
    if source is not None:
        failed["source"] = source
        unreadable["_id"] = source
    lifted = await db[WATERMARKS].update_many(
        failed, {"$set": {"state": "waiting", "since": now, "retry_at": now, "tries": 0}}
    )
    reread = await db[PARKED].update_many(unreadable, {"$set": {"redrive": True}})
    return lifted.modified_count + reread.modified_count


async def find_discardable(db: mongo.Database, ids: Sequence[str]) -> Sequence[Doc]:
    """What of these may be discarded: records from outside, and those that nobody can read.

    An event of ours that failed is none: its source would wait for it for good.
    """
    fields = {"key": 0, "value": 0, "headers": 0}
    return await db[PARKED].find({"_id": {"$in": list(ids)}, **_NOBODYS}, fields).to_list(None)


async def discard(db: mongo.Database, ids: Sequence[str]) -> int:
    """Delete such records for good; how many there were."""
    return (await db[PARKED].delete_many({"_id": {"$in": list(ids)}, **_NOBODYS})).deleted_count
