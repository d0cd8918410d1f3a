"""Settle what is left open when somebody who takes part in a goal leaves or gets another manager.

When    a person's published state says so (people.PersonState)
Rule    what nobody has agreed to yet ends with its owner; what was agreed stays, for the manager to
        close as it ended.  A proposal to somebody who is not above its owner any more goes on to the
        nearest person who is and works here, and is a draft again if there is nobody.  A change that
        is proposed of an agreed goal goes the same way, and lapses if there is nobody.  Of what somebody
        else's goal has the leaver do, nobody works on it until it is given to another or they come back.
Emits   goals.GoalClosed, goals.GoalProposed, goals.GoalProposalWithdrawn,
        goals.GoalAmendmentProposed, goals.GoalAmendmentWithdrawn, goals.InitiativeLeftAlone,
        goals.InitiativeTakenUp
Then    reviews.gather_evidence, notifications.announce

It is the state and not the event that is followed, and in the transaction that takes it over, so that
the local directory always says the same as what was settled by it.
"""

from collections.abc import Sequence

from services.goals.domain.amendment import ask_about, withdraw_amendment
from services.goals.domain.closing import close
from services.goals.domain.goal import Goal
from services.goals.domain.initiative import Initiative
from services.goals.initiative_store import InitiativeStore
from services.goals.reporting_line import people_below, working_line
from services.goals.store import GoalStore, hold_initiatives, hold_people, look_soon
from services.goals.usecases.follow_goal import let_follow
from shared.contracts.people import PersonState
from shared.directory import Directory, keep_person
from shared.ids import PersonId
from shared.work import Transaction


async def follow_person(state: PersonState, tx: Transaction) -> None:
    """Take over a person's newest state; only a change costs more than that."""
    directory = Directory(tx)
    before, old_line = await directory.person(state.person_id), await directory.line_of(state.person_id)
    await keep_person(state, tx)
    if before is None:
        await _settle_arrival(state, tx)
        return
    if before.is_active and state.status == "left":
        await _settle_departure(state.person_id, tx)
        return
    if not before.is_active and state.status == "active":
        await _take_up(state.person_id, tx)
    if before.manager_id != state.manager_id:
        await _follow_line(state, tx, old_manager_id=before.manager_id, old_line=old_line)


async def _settle_arrival(state: PersonState, tx: Transaction) -> None:
    """Let the line of those below answer what waited until the newcomer is known.

    Where the newcomer has left already and their own manager is not known yet, it waits for that one.
    """
    below = await people_below(state.person_id, tx)
    if not below:
        return
    hold_people(tx, *await people_below(state.person_id, tx, nearest=True))
    for goal in await GoalStore(tx).awaiting_any(below):
        line = await working_line(goal.owner_id, tx)
        stays = goal.asked_id in {goal.owner_id, _new_owner(goal), *line}
        if not stays and (line or state.manager_id is None):
            await pass_on(goal, tx)


async def _settle_departure(person_id: PersonId, tx: Transaction) -> None:
    """Cancel the leaver's own drafts and proposals, and let others answer what they were asked."""
    goals = GoalStore(tx)
    hold_people(tx, person_id)
    own = await goals.unagreed_of(person_id)
    asked = [goal for goal in await goals.awaiting(person_id) if goal.owner_id != person_id]
    for goal in await goals.agreed_of(person_id):
        look_soon(tx, goal.goal_id)
        if goal.amendment is not None:
            await lapse(goal, tx)
    to_do = await InitiativeStore(tx).concerned(person_id, [goal.goal_id for goal in own])
    for goal in own:
        cancelled, closed = close(goal, outcome="cancelled", by=None, comment="", at=tx.now)
        tx.publish(closed, goals.save(cancelled).state())
        hold_initiatives(tx, goal.goal_id)
        let_follow(cancelled, [each for each in to_do if each.goal_id == goal.goal_id], tx)
    ended = {goal.goal_id for goal in own}
    leave_alone([each for each in to_do if each.goal_id not in ended], tx)
    for goal in asked:
        await pass_on(goal, tx)


def leave_alone(initiatives: Sequence[Initiative], tx: Transaction) -> None:
    """Say of what somebody was to do that nobody works on it."""
    for initiative in initiatives:
        if not initiative.owner_left:
            left, event = initiative.left_alone()
            tx.publish(event, InitiativeStore(tx).save(left).state())


async def _take_up(person_id: PersonId, tx: Transaction) -> None:
    """Who comes back works on what is still theirs to do."""
    hold_people(tx, person_id)
    store = InitiativeStore(tx)
    for initiative in await store.concerned(person_id):
        if initiative.owner_left:
            taken_up, event = initiative.taken_up()
            tx.publish(event, store.save(taken_up).state())


async def _follow_line(
    state: PersonState, tx: Transaction, *, old_manager_id: PersonId | None, old_line: Sequence[PersonId]
) -> None:
    """Let the new line answer what the person, or somebody below, proposed to the old one.

    Somebody further up who was asked, and still is above, stays the one who is asked.  Until the new
    manager arrives in the local directory, the old one may answer.
    """
    lost = sorted(set(old_line) - set(await Directory(tx).line_of(state.person_id)))
    hold_people(tx, state.person_id, *lost)
    open_ = [
        goal
        for goal in await GoalStore(tx).of(state.person_id)
        if goal.status == "proposed" or goal.amendment is not None
    ]
    from_below = [
        goal for above_id in lost for goal in await _asked_from_below(state.person_id, above_id, tx)
    ]
    line = await working_line(state.person_id, tx)
    if not line and state.manager_id is not None:
        return
    for goal in open_:
        elsewhere = goal.asked_id == old_manager_id or goal.asked_id not in line
        if goal.asked_id not in {state.person_id, _new_owner(goal)} and elsewhere:
            await pass_on(goal, tx)
    for goal in from_below:
        if goal.asked_id != _new_owner(goal):
            await pass_on(goal, tx)


async def _asked_from_below(person_id: PersonId, above_id: PersonId, tx: Transaction) -> Sequence[Goal]:
    """What people below the first proposed to the second."""
    directory, asked = Directory(tx), await GoalStore(tx).awaiting(above_id)
    return [goal for goal in asked if await directory.is_above(person_id, goal.owner_id)]


async def pass_on(goal: Goal, tx: Transaction) -> None:
    """Let the nearest person above the owner who works here answer; nobody does if there is none.

    A change that makes somebody else the owner is that person's to answer, and of nobody in their place.
    """
    goals = GoalStore(tx)
    line = await working_line(goal.owner_id, tx)
    if not line or goal.asked_id == _new_owner(goal):
        await lapse(goal, tx)
    elif line[0] != goal.asked_id:
        hold_people(tx, line[0])
        goal, proposed = goal.ask(line[0]) if goal.amendment is None else ask_about(goal, line[0])
        tx.publish(proposed, goals.save(goal).state())


async def lapse(goal: Goal, tx: Transaction) -> None:
    """Take back what is proposed, since nobody is left who could answer."""
    goal, withdrawn = goal.withdraw(by=None) if goal.amendment is None else withdraw_amendment(goal, by=None)
    tx.publish(withdrawn, GoalStore(tx).save(goal).state())


def _new_owner(goal: Goal) -> PersonId | None:
    return goal.amendment.change.owner_id if goal.amendment is not None else None
