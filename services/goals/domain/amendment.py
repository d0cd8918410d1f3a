"""Changes of a goal that is agreed: what is agreed stays agreed until both want it otherwise.

A change of what is to be reached, from where, from when and by when, how much it weighs, of what kind or
whose it is, is material: one side proposes it, and it counts once the other agrees, and a new owner after
that.  So is that more people may read it.  Words, and that fewer may, are not, and change at once.  Every
change says why, and what the goal said before is kept as an edition.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final

from pydantic import StringConstraints, ValidationError

from services.goals.domain.beside import Amendment, is_wider, kept_narrower
from services.goals.domain.change import Change
from services.goals.domain.goal import Goal, GoalNotInStage, NotTheOneAsked
from services.goals.domain.smart import missing_parts
from services.goals.domain.wording import Wording, why
from shared.aggregate import Aggregate
from shared.contracts import goals as contract
from shared.errors import Invalid, Refusal
from shared.ids import GoalId, PersonId, derive
from shared.reading import as_stored

MATERIAL: Final = ("due_on", "kind", "owner_id", "starts_on", "weight")
"""What needs the other's agreement, beside what key results are to reach."""
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class AmendmentPending(Refusal):
    """One change is answered before the next is proposed."""


class NoAmendment(Refusal):
    """No change of the goal waits for an answer."""


class NothingChanged(Refusal):
    """A change changes something."""

    status = 422


class OwnerChangesAlone(Refusal):
    """Whose goal it is changes by itself, and what it says by itself."""

    status = 422


class Edition(Aggregate):
    """What an agreed goal said until it was changed, and the change that ended it.

    `number` counts from 1; `by_person_id` proposed the change, null where no person did, and `agreed_by` is
    null where nobody had to agree.  `contribution` is how it weighed beside the others that served its
    parent; null of those that are older than the field.
    """

    id_field: ClassVar[str] = "edition_id"
    edition_id: str
    goal_id: GoalId
    number: int
    owner_id: PersonId
    wording: Wording
    contribution: float | None = None
    until: datetime
    changed: tuple[str, ...]
    by_person_id: PersonId | None
    agreed_by: PersonId | None
    reason: str


def edition_before(
    goal: Goal,
    changed_fields: Sequence[str],
    *,
    by: PersonId | None,
    at: datetime,
    agreed_by: PersonId | None = None,
    reason: str = "",
) -> Edition:
    """What a goal says until it changes, now."""
    return Edition(
        edition_id=derive("edition", goal.goal_id, str(goal.edition)),
        goal_id=goal.goal_id,
        number=goal.edition,
        owner_id=goal.owner_id,
        wording=_wording(goal),
        contribution=goal.contribution,
        until=at,
        changed=tuple(changed_fields),
        by_person_id=by,
        agreed_by=agreed_by,
        reason=reason,
    )


Changed = tuple[Goal, Edition, contract.GoalChanged]


def is_material(goal: Goal, new: Goal) -> bool:
    """Whether the other side has to agree that the goal becomes the new one."""
    return (
        any(getattr(goal, name) != getattr(new, name) for name in MATERIAL)
        or is_wider(new.visibility, goal.visibility)  # nobody alone shows others what two have written
        or {part.key_result_id: part.agreed_on() for part in goal.key_results}
        != {part.key_result_id: part.agreed_on() for part in new.key_results}
    )


def amend_at_once(goal: Goal, change: Change, *, by: PersonId, reason: str, at: datetime) -> Changed:
    """Make a change to which nobody has to agree."""
    require_open(goal)
    _require_alone(change)
    return _applied(goal, Amendment(change=change, by=by, reason=reason), agreed_by=None, at=at)


def propose_amendment(
    goal: Goal, change: Change, *, by: PersonId, to: PersonId, reason: str, then: PersonId | None = None
) -> tuple[Goal, contract.GoalAmendmentProposed]:
    """Ask the other, and `then` a new owner, to agree to a change; the goal stays as it is until then."""
    require_open(goal)
    _require_alone(change)
    changed(goal, change)
    amendment = Amendment(change=change, by=by, reason=reason, then=then)
    return ask_about(goal.model_copy(update={"amendment": amendment}), to)


def ask_about(goal: Goal, to: PersonId) -> tuple[Goal, contract.GoalAmendmentProposed]:
    """Let somebody answer the change that is proposed."""
    amendment = pending(goal)
    event = contract.GoalAmendmentProposed(
        **goal.named(), by_person_id=amendment.by, to_person_id=to, changes=amendment.change.fields()
    )
    return goal.model_copy(update={"asked_id": to}), event


def agree_to_amendment(
    goal: Goal, *, by: PersonId, at: datetime
) -> Changed | tuple[Goal, contract.GoalAmendmentProposed]:
    """Say yes; the goal is from now on as the change has it, unless a new owner has to agree too."""
    amendment = pending(goal)
    _require_asked(goal, by)
    if amendment.then is not None:
        asked = goal.model_copy(update={"amendment": amendment.model_copy(update={"then": None})})
        return ask_about(asked, amendment.then)
    return _applied(goal, amendment, agreed_by=by, at=at)


def decline_amendment(
    goal: Goal, *, by: PersonId, reason: str
) -> tuple[Goal, contract.GoalAmendmentDeclined]:
    """Say no, and why; the goal stays as it is."""
    amendment = pending(goal)
    _require_asked(goal, by)
    event = contract.GoalAmendmentDeclined(**goal.named(), by_person_id=by, to_person_id=amendment.by)
    return goal.model_copy(update={"amendment": None, "asked_id": None, "reason": reason}), event


def withdraw_amendment(goal: Goal, *, by: PersonId | None) -> tuple[Goal, contract.GoalAmendmentWithdrawn]:
    """Take the proposal of a change back; without `by`, since nobody is left to answer."""
    pending(goal)
    asked = goal.asked_id or goal.owner_id
    if by is not None and by == asked:
        raise NotTheOneAsked("You are the one who was asked: agree, or decline with a reason.")
    event = contract.GoalAmendmentWithdrawn(**goal.named(), by_person_id=by, to_person_id=asked)
    return goal.model_copy(update={"amendment": None, "asked_id": None}), event


def let_amendment_lapse(goal: Goal) -> tuple[Goal, Sequence[contract.GoalAmendmentWithdrawn]]:
    """The goal without the change that waits, if one does, and the event of it."""
    if goal.amendment is None:
        return goal, ()
    goal, withdrawn = withdraw_amendment(goal, by=None)
    return goal, (withdrawn,)


def pending(goal: Goal) -> Amendment:
    """The change that waits for an answer; raises `NoAmendment`."""
    if goal.amendment is None:
        raise NoAmendment("No change of this goal is proposed; there is nothing to answer.")
    return goal.amendment


def require_open(goal: Goal) -> None:
    """Refuse to change what is not agreed, or while a change waits."""
    if goal.status != "agreed":
        raise GoalNotInStage(
            f"A goal that is {goal.status} is not amended; reword the draft, or write a new goal.",
            status=goal.status,
        )
    if goal.amendment is not None:
        raise AmendmentPending("A change is proposed already; let it be answered, or withdraw it first.")


def changed(goal: Goal, change: Change) -> Goal:
    """The goal as the change would have it.

    Raises:
        Invalid: it would make no sense so.
        NotFound: it names a key result that the goal does not have.
        NothingChanged: it would be as it is.
    """
    before = {part.key_result_id: part for part in goal.key_results}
    _require_new(goal, change)
    said = {**change.said(), "key_results": change.parts_of(goal.key_results)}
    said["dropped"] = (*goal.dropped, *change.drop_key_results)
    try:
        new = Goal.model_validate({**dict(goal), **said})
        Wording.model_validate(_said(new)).require_sound()
    except ValidationError as error:
        raise Invalid(f"The goal would make no sense: {why(error)}.") from error
    parts = [part.refitted(before.get(part.key_result_id, part)) for part in new.key_results]
    new = new.model_copy(update={"key_results": tuple(parts)})
    if new == goal:
        raise NothingChanged("The goal says so already; change something, or leave it as it is.")
    before_it = missing_parts(goal)
    for part, mend in missing_parts(new).items():
        if part not in before_it:
            raise Invalid(f"The goal would not be {part}. {mend}")
    return new


def _require_alone(change: Change) -> None:
    if change.owner_id is not None and len(change.fields()) > 1:
        raise OwnerChangesAlone(
            "Another owner is a change by itself, since others agree to it; propose the rest apart."
        )


def _require_new(goal: Goal, change: Change) -> None:
    """Refuse an id that another key result has or had: the history would be taken for the new one's."""
    ids = {*goal.dropped, *(part.key_result_id for part in goal.key_results)}
    for each in change.add_key_results:
        if each.key_result_id in ids:
            raise Invalid(
                "The goal has, or had, a key result with this id; give the new one another.",
                key_result_id=each.key_result_id,
            )


def _applied(goal: Goal, amendment: Amendment, *, agreed_by: PersonId | None, at: datetime) -> Changed:
    new = changed(goal, amendment.change)
    fields = amendment.change.fields()
    overdue = goal.standing.overdue and new.due_on == goal.due_on
    standing = goal.standing.model_copy(update={"overdue": overdue})
    settled = {"amendment": None, "asked_id": None, "edition": goal.edition + 1, "standing": standing}
    # Why a change was declined was said to those who read the goal then.
    reason = "" if is_wider(new.visibility, goal.visibility) else goal.reason
    narrower = kept_narrower(goal.narrower, goal.visibility, new.visibility, at=at)
    new = new.model_copy(update=settled | {"narrower": narrower, "reason": reason})
    edition = edition_before(
        goal, fields, by=amendment.by, at=at, agreed_by=agreed_by, reason=amendment.reason
    )
    event = contract.GoalChanged(
        **new.named(),
        starts_on=new.starts_on,
        due_on=new.due_on,
        by_person_id=agreed_by or amendment.by,
        changes=fields,
        edition=new.edition,
        from_owner_id=goal.owner_id if new.owner_id != goal.owner_id else None,
        progress=new.progress,
    )
    return new, edition, event


def _wording(goal: Goal) -> Wording:
    return as_stored(Wording, _said(goal))


def _said(goal: Goal) -> dict[str, Any]:
    return goal.model_dump(include=set(Wording.model_fields))


def _require_asked(goal: Goal, by: PersonId) -> None:
    if by != goal.asked_id:
        raise NotTheOneAsked("Only the one who was asked can answer the change.")
