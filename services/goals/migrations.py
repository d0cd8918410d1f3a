"""What older versions of the service have stored otherwise, and how that is put right."""

from collections.abc import Sequence
from typing import Final

from services.goals.domain.beside import Standing
from services.goals.domain.goal import Goal
from services.goals.store import FOLDS, GOALS, GoalStore
from shared.due import wake
from shared.migrations import Migration
from shared.store import from_document
from shared.work import Transaction
from shared.work.transaction import Doc

_TOLD: Final = [{f"standing.{name}": {"$nin": [None, False]}} for name in Standing.model_fields]


async def _settle(docs: Sequence[Doc], tx: Transaction) -> None:
    goals = GoalStore(tx)
    for doc in docs:
        goals.save(from_document(Goal, doc).model_copy(update={"standing": Standing()}))


async def _fold_orphans(docs: Sequence[Doc], tx: Transaction) -> None:
    parents = await tx.peek_many(GOALS, [doc["parent_id"] for doc in docs])
    for doc, parent in zip(docs, parents, strict=True):
        if parent is None or parent["status"] == "closed":
            wake(tx, FOLDS, doc["_id"])


MIGRATIONS: Final = (
    # Before, what was overdue or at risk when it was closed stayed so.
    Migration("closed-goals-stand-nowhere", GOALS, {"status": "closed", "$or": _TOLD}, _settle),
    # Before, a goal did not know that what it serves had ended (ADR 0031): the fold has it say so.
    Migration(
        "orphans-say-so",
        GOALS,
        {"status": {"$ne": "closed"}, "parent_id": {"$ne": None}, "orphaned": {"$ne": True}},
        _fold_orphans,
    ),
)
