"""Add up what serves a goal, whenever something that serves it has changed.

When    a goal with a parent is saved, realigned or erased (a leased worker, within a second; what very
        many serve at most once in a time that grows with them)
Rule    roll_up.roll_up; of a goal that is erased the sum is forgotten.  What has changed is orphaned once
        the goal that it serves is closed or erased, and no more once it serves another
Emits   nothing: who follows goals has their states and can add up what they may see

A goal marks itself and not its parent, so that many who serve one goal do not wait for each other.  A
fold that changes something marks the goal that it was of, and so on up the tree.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from services.goals.domain.goal import Goal
from services.goals.domain.roll_up import Serving, roll_up
from services.goals.store import (
    COUNTING,
    FOLDS,
    FORMER,
    GOALS,
    QUIET,
    ROLL_UPS,
    GoalStore,
    RollUpStore,
    counted,
    fold_soon,
)
from shared.due import PAGE, call, clear, leave, rest
from shared.ids import GoalId
from shared.mongo import Doc
from shared.work import ByKey, Job, Transaction, Work

MOST: Final = 5 * PAGE
"""Changed goals of one turn: those of one parent cost one fold together."""
ORDINARY: Final = 1_000
"""Goals that may serve one which is folded as soon as any of them changes."""
PAUSE_EACH: Final = timedelta(milliseconds=1)
"""For each goal that serves one with more of them it is left alone after a fold: many times as long as its
part of the fold takes."""
LONGEST_PAUSE: Final = timedelta(minutes=5)
AT_ONCE: Final = 10_000
"""Goals whose sums are asked for together."""


@dataclass(frozen=True, slots=True)
class FoldGoal:
    """Which goal is to be folded, and the marks that are settled by it."""

    goal_id: GoalId | None
    marks: Sequence[str]


async def fold_goal(command: FoldGoal, tx: Transaction) -> None:
    """Keep the sum, and mark the goal if it has changed.

    A goal that has gone elsewhere since its mark was read keeps the mark, for the goal that it serves now.
    One that is left alone is marked itself, for when that is over, instead of all that has changed below it.
    """
    changed: list[Doc] = []
    for mark, doc in zip(command.marks, await tx.peek_many(GOALS, command.marks), strict=True):
        if doc is None or doc["parent_id"] == command.goal_id:
            rest(tx, FOLDS, mark)
            changed += [doc] if doc else []
    if command.goal_id is None:
        return
    goal = await GoalStore(tx).find(command.goal_id)
    if goal is None:
        await RollUpStore(tx).forget(command.goal_id)
        tx.discard(FOLDS, f"{QUIET}{command.goal_id}")
    else:
        await _fold(goal, tx)
    await _keep_orphaned(changed, tx, orphaned=goal is None or goal.status == "closed")


async def _fold(goal: Goal, tx: Transaction) -> None:
    quiet = f"{QUIET}{goal.goal_id}"
    left_alone = await tx.peek(FOLDS, quiet)
    if left_alone is not None and tx.now < left_alone["until"]:
        call(tx, FOLDS, f"{FORMER}{goal.goal_id}", at=left_alone["until"])
        return
    serving = await _serving(goal.goal_id, tx)
    if len(serving) > ORDINARY:
        until = tx.now + min(len(serving) * PAUSE_EACH, LONGEST_PAUSE)
        tx.update(FOLDS, quiet, {"$set": {"until": until}})
    if await RollUpStore(tx).keep(roll_up(goal.goal_id, serving)):
        fold_soon(tx, goal)


async def _keep_orphaned(serving: Sequence[Doc], tx: Transaction, *, orphaned: bool) -> None:
    """Have each that is not closed say so; that changes no sum."""
    goals = GoalStore(tx)
    for doc in serving:
        if doc["status"] != "closed" and doc.get("orphaned", False) != orphaned:
            goal = await goals.get(doc["_id"])
            goals.save(goal.model_copy(update={"orphaned": orphaned}))
            rest(tx, FOLDS, goal.goal_id)


async def _serving(goal_id: GoalId, tx: Transaction) -> Sequence[Serving]:
    goals = await tx.find(GOALS, {"parent_id": goal_id}, fields=COUNTING)
    sums: dict[str, Doc] = {}
    for begin in range(0, len(goals), AT_ONCE):
        ids = [goal["_id"] for goal in goals[begin : begin + AT_ONCE]]
        found = await tx.find(ROLL_UPS, {"_id": {"$in": ids}, "below": {"$gt": 0}})
        sums |= {each["_id"]: each for each in found}
    return [counted(goal, sums.get(goal["_id"])) for goal in goals]


class FoldWorker:
    """The turn of a worker: folds each goal once for all that has changed below it."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def turn(self) -> bool:
        """Fold what is due; whether there may be more."""
        db, now = self._work.db, self._work.clock.now()
        # What was left after a failure is no longer woken, and due again after a while.
        due = {"$or": [{"woken_at": {"$type": "date"}}, {"due_at": {"$type": "date", "$lte": now}}]}
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
