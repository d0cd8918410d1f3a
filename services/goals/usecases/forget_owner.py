"""Forget the goals of a person who is erased, with all that was measured and said of them.

When    people erases the person, by a null on its state topic
Rule    delete goals with measurements, check-ins, outlooks and editions, write tombstones; proposals
        to the person go on to somebody else.  What the person wrote about others' goals belongs to those.
Emits   goals.GoalProposed, goals.GoalProposalWithdrawn, goals.GoalAmendmentProposed,
        goals.GoalAmendmentWithdrawn
Then    notifications.announce
"""

from services.goals.store import (
    CheckInStore,
    EditionStore,
    GoalStore,
    MeasurementStore,
    OutlookStore,
    hold_people,
)
from services.goals.usecases.follow_people import pass_on
from shared.contracts.goals import GoalState
from shared.directory import forget_person
from shared.ids import PersonId
from shared.messaging.incoming import Erased
from shared.work import Transaction


async def forget_owner(erased: Erased, tx: Transaction) -> None:
    """Take them out of the directory and delete what is theirs."""
    person_id = PersonId(erased.subject)
    await forget_person(erased, tx)
    hold_people(tx, person_id)
    goals, measurements, check_ins = GoalStore(tx), MeasurementStore(tx), CheckInStore(tx)
    owned = await goals.of(person_id)
    asked = [goal for goal in await goals.awaiting(person_id) if goal.owner_id != person_id]
    goal_ids = [goal.goal_id for goal in owned]
    for measurement in await measurements.of(goal_ids):
        measurements.delete(measurement)
    for check_in in await check_ins.of(goal_ids):
        check_ins.delete(check_in)
    outlooks, editions = OutlookStore(tx), EditionStore(tx)
    for edition in await editions.of(goal_ids):
        editions.delete(edition)
    for goal in owned:
        if (outlook := await outlooks.find(goal.goal_id)) is not None:
            outlooks.delete(outlook)
        goals.delete(goal)
        tx.tombstone(GoalState, goal.goal_id)
    for goal in asked:
        await pass_on(goal, tx)
