"""Rows of an audit, and who seals them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from shared import mongo
from shared.audit.rows import INDEXES, Origin, change_row
from shared.audit.sealing import Sealer
from shared.identity import Caller
from shared.ids import PersonId
from shared.work import Work

ANNA = Caller(subject="anna", person_id=PersonId("person_a"), roles=frozenset({"hr_admin"}))


@asynccontextmanager
async def audit_in(engines: Any, name: str) -> AsyncIterator[Work]:
    """A database of its own that has the collections of an audit."""
    async with mongo.connect(engines.mongo) as client:
        work = Work(client, name)
        for collection, indexes in INDEXES.items():
            await mongo.ensure_collection(work.db, collection, indexes=indexes)
        yield work


def row(number: int) -> dict[str, Any]:
    return change_row(
        ANNA,
        Origin("give_feedback", "10.0.0.1"),
        about=[f"feedback/f{number}"],
        events=["cairn.feedback.feedback_given.v1"],
        reasoned=False,
        correlation_id=f"{number:024x}",
    )


def sealer(work: Work, file: Path | None = None, *, seconds: float = 0.0) -> Sealer:
    return Sealer(work, service="feedback", file=file, anchor_seconds=seconds)
