"""Have it known of all goals that serve one that it has ended, so that they count as serving none.

When    a goal is closed or erased (a leased worker, within a second)
Rule    marks those that are not closed, a page at a time; fold_goals keeps it with each
Emits   nothing: who follows goals has their states and knows which have ended
"""

from typing import Final

from services.goals.store import ENDINGS, FOLDS, GOALS
from shared.due import PAGE, Due, rest, wake
from shared.work import Transaction

MOST: Final = 5 * PAGE
"""Goals that serve it and are marked in one turn."""


async def orphan_goals(due: Due, tx: Transaction) -> None:
    """Mark the next ones that serve it."""
    ending = await tx.peek(ENDINGS, due.id)
    after = ending.get("after", "") if ending else ""
    wanted = {"parent_id": due.id, "_id": {"$gt": after}, "status": {"$ne": "closed"}}
    found = await tx.find(GOALS, wanted, sort={"_id": 1}, limit=MOST, fields=("_id",))
    for goal in found:
        wake(tx, FOLDS, goal["_id"])
    if len(found) == MOST:
        wake(tx, ENDINGS, due.id)
        tx.update(ENDINGS, due.id, {"$set": {"after": found[-1]["_id"]}})
    else:
        rest(tx, ENDINGS, due.id)
        tx.update(ENDINGS, due.id, {"$unset": {"after": ""}})
