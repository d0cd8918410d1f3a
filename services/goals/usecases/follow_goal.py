"""Let the initiatives of a goal follow what becomes of it.

When    a goal is closed or carried over, or another owner has it or may be seen by others than before
Rule    what is wholly done when the goal is closed ends as done; the rest is dropped with it, or goes on
        with the goal that it is carried over to; what is done or dropped stays as it was
Emits   goals.InitiativeClosed, goals.InitiativeChanged, goals.InitiativeFollowed
Then    notifications.announce

In the transaction of what they follow, so that nobody is left with something to do for a goal that is
closed, and nobody reads by what a goal was before.
"""

from collections.abc import Iterable

from services.goals.domain.goal import Goal
from services.goals.domain.initiative import Initiative
from services.goals.initiative_store import InitiativeStore
from services.goals.store import hold_initiatives
from shared.work import Transaction


async def follow_goal(goal: Goal, tx: Transaction, *, successor: Goal | None = None) -> None:
    """Let all initiatives of a goal follow it as it is now."""
    hold_initiatives(tx, goal.goal_id)
    let_follow(goal, await InitiativeStore(tx).of([goal.goal_id]), tx, successor=successor)


def let_follow(
    goal: Goal, initiatives: Iterable[Initiative], tx: Transaction, *, successor: Goal | None = None
) -> None:
    """The same for initiatives that were found before, with the goal held."""
    store = InitiativeStore(tx)
    for initiative in initiatives:
        if goal.status == "closed" and initiative.is_open:
            if successor is None or initiative.share_done == 1:
                ended, event = initiative.end_with_goal(at=tx.now)
            else:
                ended, event = initiative.carried_over(successor)
            tx.publish(event, store.save(ended).state())
            continue
        following, event = initiative.follow(goal)
        if event is not None:
            tx.publish(event, store.save(following).state())
