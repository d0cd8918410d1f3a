"""Keep of the goals what feedback needs: whose they are, and who may know of them.

When    a goal's state is published or erased (goals.GoalState)
Rule    KnownGoal
"""

from services.feedback.domain.goal import KnownGoal
from services.feedback.store import KnownGoalStore
from shared.contracts.goals import GoalState
from shared.messaging.incoming import Erased
from shared.work import Transaction


async def keep_goal(state: GoalState, tx: Transaction) -> None:
    """Take over a goal's owner and visibility, if they are new."""
    goals = KnownGoalStore(tx)
    known = await goals.find(state.goal_id)
    goal = KnownGoal(
        goal_id=state.goal_id,
        owner_id=state.owner_id,
        visibility=state.visibility,
        version=known.version if known else 0,
    )
    if goal != known:
        goals.save(goal)


async def forget_goal(erased: Erased, tx: Transaction) -> None:
    """Know of a goal no longer; feedback about it keeps its id."""
    goals = KnownGoalStore(tx)
    goal = await goals.find(erased.subject)
    if goal is not None:
        goals.delete(goal)
