"""Remove goals that were closed so long ago that they may not be kept any more.

When    they were closed, cancelled or declined more days ago than CAIRN_RETAIN_DAYS says of `goal`, looked
        for by the hour (a leased worker); never where that is not set, and not while their period goes on
Rule    delete_goals, as of somebody who is erased; a legal hold on the owner keeps them
Emits   nothing but nulls in place of the states of goals and initiatives

What serves them, or was carried over from them, stays and names an id of nothing.
"""

from typing import Final

from services.goals.store import GoalStore
from services.goals.usecases.forget_person import delete_goals
from shared.erasure import Aged, Ages
from shared.work import Transaction

PAGE: Final = 50
"""Goals of one transaction, each with all that was ever measured of it."""


async def remove_old_goals(aged: Aged, tx: Transaction) -> int:
    """Delete a page; how many goals."""
    whose = aged.naming_nobody_held("owner_id")
    gone = await GoalStore(tx).old(whose, before=aged.before, limit=PAGE)
    if gone:
        await delete_goals(gone, tx)
    return len(gone)


AGES: Final = (
    Ages(
        "goal",
        "it was closed, cancelled or declined; not while its period is open or closing",
        "the owner",
        remove_old_goals,
    ),
)
