"""Change a goal that is agreed, and answer, or take back, such a change.

When    its owner or manager asks (POST /goals/{goal_id}/amendment); the one who was asked answers
        (.../amendment/agreement, .../amendment/refusal); who proposed it takes it back
        (.../amendment/withdrawal)
May     amend: self, manager; answer: the one who was asked   (access.py)
Rule    amendment.is_material, amendment.changed, weights.require_room
Emits   goals.GoalChanged, or goals.GoalAmendmentProposed, and then goals.GoalChanged,
        goals.GoalAmendmentDeclined or goals.GoalAmendmentWithdrawn
Then    follow_goal for its initiatives, if its owner or readers are others now;
        reviews.gather_evidence, notifications.announce
"""

from fastapi import APIRouter, Response

from services.goals.domain.amendment import (
    AmendmentPending,
    Changed,
    NoAmendment,
    NothingChanged,
    OwnerChangesAlone,
    Reason,
    agree_to_amendment,
    amend_at_once,
    changed,
    decline_amendment,
    is_material,
    pending,
    propose_amendment,
    require_open,
    withdraw_amendment,
)
from services.goals.domain.change import Change, nulls_clear
from services.goals.domain.goal import Goal, GoalNotInStage, NotTheOneAsked
from services.goals.domain.weights import WeightsExceedWhole, has_room, require_room
from services.goals.hidden import goal_answer
from services.goals.history_store import EditionStore
from services.goals.periods import OF_PERIODS, require_period, require_within
from services.goals.reporting_line import working_line
from services.goals.store import GoalStore, hold_people, look_soon
from services.goals.usecases.answer_proposal import Decline
from services.goals.usecases.draft_goal import LeadsNoTeam, OwnerHasLeft, require_level
from services.goals.usecases.follow_goal import follow_goal
from services.goals.usecases.propose_goal import NobodyToAsk
from services.goals.views import GoalView
from shared.contracts.base import Frozen
from shared.directory import Directory
from shared.http import Run
from shared.ids import GoalId, PersonId
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goals"])
PATH = "/goals/{goal_id}/amendment"


class NewAmendment(Change):
    """What is to change, and why."""

    reason: Reason

    def change(self) -> Change:
        """The change alone; what was sent as null is cleared where it can be."""
        said = nulls_clear(self).model_dump(exclude={"reason", "key_results"})
        return Change.model_validate({**said, "key_results": [*map(nulls_clear, self.key_results)]})


class AmendGoal(Frozen):
    """Which goal is to change how, and why."""

    goal_id: GoalId
    change: Change
    reason: str


class AnswerAmendment(Frozen):
    """Of which goal a change is answered or taken back; `reason` says why not."""

    goal_id: GoalId
    reason: str = ""


async def amend_goal(command: AmendGoal, tx: Transaction) -> Goal:
    """The goal, changed if nobody else has to agree, and else with the change that is proposed."""
    goal, change = await GoalStore(tx).get(command.goal_id), command.change
    await tx.require("amend", goal)
    await require_period(goal, "follow", tx)
    require_open(goal)
    new = changed(goal, change)
    to, then = await _asked(goal, change, tx) if is_material(goal, new) else (None, None)
    if new.owner_id != goal.owner_id:
        await require_level(new, tx)
    if is_material(goal, new) and change.owner_id in {None, tx.person_id}:
        await _require_room(new, tx)
    if to is None:
        applied = amend_at_once(goal, change, by=tx.person_id, reason=command.reason, at=tx.now)
        return await _change(applied, tx)
    hold_people(tx, to)
    goal, proposed = propose_amendment(goal, change, by=tx.person_id, to=to, then=then, reason=command.reason)
    goal = GoalStore(tx).save(goal)
    tx.publish(proposed, goal.state())
    return goal


async def agree_to_change(command: AnswerAmendment, tx: Transaction) -> Goal:
    """The goal as it is from now on."""
    goal = await _to_answer(command.goal_id, tx)
    amendment = pending(goal)
    await require_period(goal, "follow", tx)
    new_id = amendment.change.owner_id
    if new_id is None or amendment.then is None:
        await _require_room(changed(goal, amendment.change), tx, tells=new_id in {None, tx.person_id})
    if amendment.then is not None and not await Directory(tx).is_active(amendment.then):
        raise OwnerHasLeft("Who was to be the owner does not work here any more; decline, or withdraw it.")
    agreed = agree_to_amendment(goal, by=tx.person_id, at=tx.now)
    if len(agreed) == 3:
        return await _change(agreed, tx)
    goal, proposed = agreed
    hold_people(tx, proposed.to_person_id)
    goal = GoalStore(tx).save(goal)
    tx.publish(proposed, goal.state())
    return goal


async def decline_change(command: AnswerAmendment, tx: Transaction) -> Goal:
    """The goal as it was."""
    goal, declined = decline_amendment(
        await _to_answer(command.goal_id, tx), by=tx.person_id, reason=command.reason
    )
    goal = GoalStore(tx).save(goal)
    tx.publish(declined, goal.state())
    return goal


async def withdraw_change(command: AnswerAmendment, tx: Transaction) -> Goal:
    """The goal as it was."""
    goal = await GoalStore(tx).get(command.goal_id)
    await tx.require("amend", goal)
    goal, withdrawn = withdraw_amendment(goal, by=tx.person_id)
    goal = GoalStore(tx).save(goal)
    tx.publish(withdrawn, goal.state())
    return goal


async def _change(applied: Changed, tx: Transaction) -> Goal:
    goal, edition, event = applied
    goal = GoalStore(tx).save(goal)
    EditionStore(tx).save(edition)
    tx.publish(event, goal.state())
    look_soon(tx, goal.goal_id)
    if event.from_owner_id is not None or edition.wording.visibility != goal.visibility:
        await follow_goal(goal, tx)
    return goal


async def _asked(goal: Goal, change: Change, tx: Transaction) -> tuple[PersonId | None, PersonId | None]:
    """Who has to agree, and who then: the other of owner and manager, and a new owner if there is one.

    Of an owner who has left nobody is asked but the new one, and nobody at all if that is who asks.
    """
    directory, new_id = Directory(tx), change.owner_id
    owner_works_here = await directory.is_active(goal.owner_id)
    if new_id is not None and not (await directory.require(new_id)).is_active:
        raise OwnerHasLeft("Who is to be the owner does not work here any more; name somebody who does.")
    if new_id is None and not owner_works_here:
        raise OwnerHasLeft("The owner does not work here any more; name somebody who does in owner_id.")
    if tx.person_id != goal.owner_id:
        other = goal.owner_id if owner_works_here else None
    else:
        other = next(iter(await working_line(goal.owner_id, tx)), None)
    asked = [other] if other is not None else []
    if new_id is not None and new_id not in {tx.person_id, other}:
        asked.append(new_id)
    if not asked and tx.person_id == goal.owner_id:
        raise NobodyToAsk("Nobody works above the owner who could agree.")
    to, then = (*asked, None, None)[:2]
    return to, then


async def _require_room(goal: Goal, tx: Transaction, *, tells: bool = True) -> None:
    """Refuse what the others of its owner leave no room for, or its period no day.

    How much somebody has to do is told to nobody but them: who takes a goal on is asked last, or has asked,
    and unless it `tells`, what their goals leave is not said.
    """
    await require_within(goal, tx)
    hold_people(tx, goal.owner_id)
    beside = [
        other for other in await GoalStore(tx).weighing_on(goal.owner_id) if other.goal_id != goal.goal_id
    ]
    if tells or has_room(goal, beside=beside):
        require_room(goal, beside=beside)
        return
    raise WeightsExceedWhole("Who wants the goal has no room left for it; they have to make some first.")


async def _to_answer(goal_id: GoalId, tx: Transaction) -> Goal:
    """With nothing to answer, the rule says so to whom may know."""
    goal = await GoalStore(tx).get(goal_id)
    await tx.require("answer" if goal.amendment is not None else "read", goal)
    return goal


@router.post(
    PATH,
    response_model=GoalView,
    summary="Change an agreed goal",
    responses=refusals(
        *OF_PERIODS,
        GoalNotInStage,
        AmendmentPending,
        NothingChanged,
        OwnerChangesAlone,
        WeightsExceedWhole,
        LeadsNoTeam,
        NobodyToAsk,
        OwnerHasLeft,
    ),
)
async def post_amendment(goal_id: GoalId, new: NewAmendment, run: Run) -> Response:
    """What is to be reached, when, its weight and owner change once the other agrees; words at once.

    That fewer may read it changes at once, that more may once the other agrees.  A null empties what can
    be empty: category, perspective, tags, links, and the commit or stretch of a key result; what is left out
    stays.
    """
    command = AmendGoal(goal_id=goal_id, change=new.change(), reason=new.reason)
    return await run(amend_goal, command, key=goal_id, answer=goal_answer, match=("goals", goal_id))


@router.post(
    f"{PATH}/agreement",
    response_model=GoalView,
    summary="Agree to a change",
    responses=refusals(*OF_PERIODS, NoAmendment, WeightsExceedWhole, OwnerHasLeft),
)
async def post_agreement(goal_id: GoalId, run: Run) -> Response:
    """Say yes to the change; what the goal said before is kept as an edition."""
    command = AnswerAmendment(goal_id=goal_id)
    return await run(agree_to_change, command, key=goal_id, answer=goal_answer, match=("goals", goal_id))


@router.post(
    f"{PATH}/refusal", response_model=GoalView, summary="Decline a change", responses=refusals(NoAmendment)
)
async def post_refusal(goal_id: GoalId, decline: Decline, run: Run) -> Response:
    """Say no to the change, and why; the goal stays as it is."""
    command = AnswerAmendment(goal_id=goal_id, reason=decline.reason)
    return await run(decline_change, command, key=goal_id, answer=goal_answer, match=("goals", goal_id))


@router.post(
    f"{PATH}/withdrawal",
    response_model=GoalView,
    summary="Withdraw a change",
    responses=refusals(NoAmendment, NotTheOneAsked),
)
async def post_withdrawal(goal_id: GoalId, run: Run) -> Response:
    """Take the change back before it is answered."""
    command = AnswerAmendment(goal_id=goal_id)
    return await run(withdraw_change, command, key=goal_id, answer=goal_answer, match=("goals", goal_id))
