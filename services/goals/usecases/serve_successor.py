"""Let a goal of the new period serve what the one that it serves goes on as.

When    the one that it serves was carried over: once for each goal of that period, in pages of a fan-out
May     the suite itself
Rule    Goal.go_on_serving, alignment.require_place
Emits   goals.GoalAligned
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.goals.domain.alignment import MOST_ABOVE, require_place
from services.goals.domain.amendment import edition_before
from services.goals.domain.goal import Goal
from services.goals.history_store import EditionStore
from services.goals.store import GOALS, GoalStore, hold_tree, left, serving_in
from shared.contracts.base import Frozen
from shared.fan_out import FanOut, Recipient
from shared.ids import GoalId
from shared.mongo import Database
from shared.work import FanOutJob, Transaction

KIND: Final = "successor"


class ServeSuccessor(Frozen):
    """Which goal is to serve `to` in the place of `before`."""

    goal_id: GoalId
    before: GoalId
    to: GoalId


async def serve_successor(message: ServeSuccessor, tx: Transaction) -> None:
    """Align it, unless it has ended or serves another by now."""
    goals = GoalStore(tx)
    goal = await goals.find(message.goal_id)
    if goal is None or goal.status == "closed" or goal.parent_id != message.before:
        return
    hold_tree(tx)
    require_place(goal.goal_id, above=await goals.above(message.to, most=MOST_ABOVE))
    said = goal
    goal, aligned = goal.go_on_serving(message.to)
    if goal.edition > said.edition:
        EditionStore(tx).save(edition_before(said, ("parent_id",), by=None, at=tx.now))
    tx.publish(aligned, goals.save(goal).state())
    left(tx, message.before)


def let_serve(successor: Goal, tx: Transaction) -> None:
    """Have what is planned for its period serve a goal, once it is committed, where it serves its origin."""
    params = {"before": successor.origin_id, "to": successor.goal_id, "period_id": successor.period_id}
    tx.fan_out(FanOutJob(f"{KIND}:{successor.goal_id}", KIND, params))


async def pages(
    db: Database, params: Mapping[str, Any], after: str | None, limit: int
) -> Sequence[Recipient]:
    """The next goals of the period that serve the one that was carried over, in the order of their ids."""
    before, to = params["before"], params["to"]
    wanted = serving_in(before, params["period_id"]) | {"_id": {"$gt": after or ""}}
    found = db[GOALS].find(wanted, {"_id": 1}).sort("_id", 1).limit(limit)
    ids = [doc["_id"] async for doc in found]
    return [Recipient(id_, ServeSuccessor(goal_id=id_, before=before, to=to)) for id_ in ids]


GOING_ON: Final = FanOut(KIND, pages, serve_successor)
