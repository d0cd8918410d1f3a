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

from services.goals.history_store import CheckInStore, EditionStore, MeasurementStore
from services.goals.initiative_store import InitiativeReportStore, InitiativeStore
from services.goals.store import GoalStore, OutlookStore, hold_last
from services.goals.usecases.follow_people import leave_alone, pass_on
from shared.contracts.goals import GoalState
from shared.contracts.goals_initiatives import InitiativeState
from shared.ids import GoalId, PersonId
from shared.work import Transaction


async def forget_person(person_id: PersonId, tx: Transaction) -> int:
    """Delete what is theirs, all in one; how many goals, with what belongs to them."""
    goals, measurements, check_ins = GoalStore(tx), MeasurementStore(tx), CheckInStore(tx)
    owned = await goals.of(person_id)
    asked = [goal for goal in await goals.awaiting(person_id) if goal.owner_id != person_id]
    goal_ids = [goal.goal_id for goal in owned]
    hold_last(tx, person_id, goal_ids)
    measured, said = await measurements.of(goal_ids), await check_ins.of(goal_ids)
    for measurement in measured:
        measurements.delete(measurement)
    for check_in in said:
        check_ins.delete(check_in)
    outlooks, editions = OutlookStore(tx), EditionStore(tx)
    former = await editions.of(goal_ids)
    for edition in former:
        editions.delete(edition)
    initiatives = await _forget_initiatives(person_id, goal_ids, tx)
    for goal in owned:
        await outlooks.forget(goal.goal_id)
        goals.delete(goal)
        tx.tombstone(GoalState, goal.goal_id)
    for goal in asked:
        await pass_on(goal, tx)
    return len(owned) + len(measured) + len(said) + len(former) + initiatives


async def _forget_initiatives(person_id: PersonId, goal_ids: Sequence[GoalId], tx: Transaction) -> int:
    """Delete what was to be done for their goals; for others' goals nobody does what was theirs to do."""
    initiatives, reports = InitiativeStore(tx), InitiativeReportStore(tx)
    concerned = await initiatives.concerned(person_id, goal_ids)
    gone = {*goal_ids}
    own = [each for each in concerned if each.goal_id in gone]
    for report in await reports.of([each.initiative_id for each in own]):
        reports.delete(report)
    for initiative in own:
        initiatives.delete(initiative)
        tx.tombstone(InitiativeState, initiative.initiative_id)
    leave_alone([each for each in concerned if each.goal_id not in gone], tx)
    return len(own)
