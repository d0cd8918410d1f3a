"""Forget the goals of a person who is erased, with all that was measured and said of them.

When    people erases the person, by a null on its state topic; and later, until nothing is left
Rule    delete goals with measurements, check-ins, outlooks, editions and initiatives, write tombstones;
        proposals to the person go on to somebody else, and nobody works on what they were to do for
        others.  What the person wrote about others' goals belongs to those.
Emits   goals.GoalProposed, goals.GoalProposalWithdrawn, goals.GoalAmendmentProposed,
        goals.GoalAmendmentWithdrawn, goals.InitiativeLeftAlone, goals.PersonForgotten
Then    notifications.announce, people.follow_erasure

What the clock's workers keep of the goals, sums and marks, they clear away themselves once they are woken.
"""

from collections.abc import Sequence

from services.goals.domain.goal import Goal
from services.goals.history_store import CheckInStore, EditionStore, MeasurementStore
from services.goals.initiative_store import InitiativeReportStore, InitiativeStore
from services.goals.store import GoalStore, OutlookStore, hold_initiatives_last, hold_person_last
from services.goals.usecases.follow_people import leave_alone, pass_on
from shared.contracts.goals import GoalState
from shared.contracts.goals_initiatives import InitiativeState
from shared.ids import PersonId
from shared.work import Transaction


async def forget_person(person_id: PersonId, tx: Transaction) -> int:
    """Delete what is theirs, all in one; how many.  What they were to do for others nobody does."""
    goals = GoalStore(tx)
    owned = await goals.of(person_id)
    asked = [goal for goal in await goals.awaiting(person_id) if goal.owner_id != person_id]
    gone = {goal.goal_id for goal in owned}
    to_do = await InitiativeStore(tx).concerned(person_id)
    hold_person_last(tx, person_id)
    count = await delete_goals(owned, tx)
    leave_alone([each for each in to_do if each.goal_id not in gone], tx)
    for goal in asked:
        await pass_on(goal, tx)
    return count


async def delete_goals(gone: Sequence[Goal], tx: Transaction) -> int:
    """Delete goals with all that belongs to them, and write tombstones; how many documents."""
    measurements, check_ins, editions = MeasurementStore(tx), CheckInStore(tx), EditionStore(tx)
    initiatives, reports = InitiativeStore(tx), InitiativeReportStore(tx)
    goal_ids = [goal.goal_id for goal in gone]
    hold_initiatives_last(tx, goal_ids)
    measured, said = await measurements.of(goal_ids), await check_ins.of(goal_ids)
    former, done = await editions.of(goal_ids), await initiatives.of(goal_ids)
    for measurement in measured:
        measurements.delete(measurement)
    for check_in in said:
        check_ins.delete(check_in)
    for edition in former:
        editions.delete(edition)
    for report in await reports.of([each.initiative_id for each in done]):
        reports.delete(report)
    for initiative in done:
        initiatives.delete(initiative)
        tx.tombstone(InitiativeState, initiative.initiative_id)
    for goal in gone:
        await OutlookStore(tx).forget(goal.goal_id)
        GoalStore(tx).delete(goal)
        tx.tombstone(GoalState, goal.goal_id)
    return len(gone) + len(measured) + len(said) + len(former) + len(done)
