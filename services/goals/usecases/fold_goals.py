"""Add up what serves a goal, whenever something that serves it has changed.

When    a goal with a parent is saved, realigned or erased (a leased worker, within a second)
Rule    roll_up.roll_up; of a goal that is erased the sum is forgotten
Emits   nothing: who follows goals has their states and can add up what they may see

A goal marks itself and not its parent, so that many who serve one goal do not wait for each other.  A
fold that changes something marks the goal that it was of, and so on up the tree.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.goals.domain.roll_up import Serving, roll_up
from services.goals.store import FOLDS, FORMER, GOALS, GoalStore, RollUpStore, counted, fold_soon
from shared.due import PAGE, clear, leave, rest
from shared.ids import GoalId
from shared.work import ByKey, Job, Transaction, Work

MOST: Final = 5 * PAGE
"""Changed goals of one turn: those of one parent cost one fold together."""


@dataclass(frozen=True, slots=True)
class FoldGoal:
    """Which goal is to be folded, and the marks that are settled by it."""

    goal_id: GoalId | None
    marks: Sequence[str]


async def fold_goal(command: FoldGoal, tx: Transaction) -> None:
    """Keep the sum, and mark the goal if it has changed.

    A goal that has gone elsewhere since its mark was read keeps the mark, for the goal that it serves now.
    """
    marked = await tx.peek_many(GOALS, command.marks)
    for mark, doc in zip(command.marks, marked, strict=True):
        if doc is None or doc["parent_id"] == command.goal_id:
            rest(tx, FOLDS, mark)
    if command.goal_id is None:
        return
    goal, sums = await GoalStore(tx).find(command.goal_id), RollUpStore(tx)
    if goal is None:
        await sums.forget(command.goal_id)
        return
    found = roll_up(goal.goal_id, await _serving(goal.goal_id, tx))
    if await sums.keep(found):
        fold_soon(tx, goal)


async def _serving(goal_id: GoalId, tx: Transaction) -> Sequence[Serving]:
    goals = await tx.find(GOALS, {"parent_id": goal_id})
    sums = await tx.peek_many(RollUpStore.collection, [goal["_id"] for goal in goals])
    return [counted(goal, below) for goal, below in zip(goals, sums, strict=True)]


class FoldWorker:
    """The turn of a worker: folds each goal once for all that has changed below it."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def turn(self) -> bool:
        """Fold what is due; whether there may be more."""
        db, now = self._work.db, self._work.clock.now()
        # What was left after a failure is no longer woken, and due again after a while.
        due = {"$or": [{"woken_at": {"$type": "date"}}, {"due_at": {"$lte": now}}]}
        marks = [doc["_id"] for doc in await db[FOLDS].find(due, {"_id": 1}).limit(MOST).to_list(None)]
        if not marks:
            return False
        parents = await self._parents(marks)
        jobs = [
            Job(goal_id or "", fold_goal, FoldGoal(goal_id, each), now) for goal_id, each in parents.items()
        ]
        await self._work.execute(jobs, ByKey.plan)
        former = [mark for mark in marks if mark.startswith(FORMER)]
        await clear(db[FOLDS], [*former, *parents.get(None, ())])
        for job in jobs:
            if job.error is not None:
                await leave(db[FOLDS], job.message.marks, job.error, now=now)
        return True

    async def _parents(self, marks: Sequence[str]) -> dict[GoalId | None, list[str]]:
        """The goals to fold, each with the marks that ask for it; None for marks that ask for nothing."""
        former = {mark: GoalId(mark.removeprefix(FORMER)) for mark in marks if mark.startswith(FORMER)}
        known = self._work.db[GOALS].find(
            {"_id": {"$in": [mark for mark in marks if mark not in former]}}, {"parent_id": 1}
        )
        parents = {doc["_id"]: doc["parent_id"] for doc in await known.to_list(None)}
        found: defaultdict[GoalId | None, list[str]] = defaultdict(list)
        for mark in marks:
            found[former.get(mark) or parents.get(mark)].append(mark)
        return found
