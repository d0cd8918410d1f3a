"""Rows of an audit, and who seals them."""

from pathlib import Path
from typing import Any

from shared.audit.rows import Origin, change_row
from shared.audit.sealing import Sealer
from shared.identity import Caller
from shared.ids import PersonId
from shared.work import Work

ANNA = Caller(subject="anna", person_id=PersonId("person_a"), roles=frozenset({"hr_admin"}))


def row(number: int) -> dict[str, Any]:
    return change_row(
        ANNA,
        Origin("give_feedback", "10.0.0.1"),
        about=[f"feedback/f{number}"],
        events=["cairn.feedback.feedback_given.v1"],
        reasoned=False,
        correlation_id=f"c{number}",
    )


def sealer(work: Work, file: Path | None = None, *, seconds: float = 0.0) -> Sealer:
    return Sealer(work, service="feedback", file=file, anchor_seconds=seconds)
