"""Which other goals a goal names, and to whom: its owner may not read all that it serves, or goes on from."""

from services.goals.access import ACCESS
from services.goals.domain.goal import Goal
from services.goals.store import GoalStore
from services.goals.views import GoalView
from shared.ids import GoalId
from shared.work import Transaction


async def may_read(goal_id: GoalId, tx: Transaction) -> bool:
    """Whether who asks may read a goal; one that is gone nobody can."""
    goal = await GoalStore(tx).find(goal_id)
    return goal is not None and await ACCESS.allows(tx, "read", goal)


async def goal_answer(goal: Goal, tx: Transaction) -> GoalView:
    """The view of a goal, naming to who asks what they may read."""
    named = {"parent_id": goal.parent_id, "origin_id": goal.origin_id}
    hidden = [name for name, id_ in named.items() if id_ is not None and not await may_read(id_, tx)]
    return GoalView.of(goal).model_copy(update=dict.fromkeys(hidden))
