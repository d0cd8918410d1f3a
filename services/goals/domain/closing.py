"""The end of a goal's life: how it ended, what goes on from it, what people make of it and learn."""

from datetime import date, datetime
from typing import Final, NamedTuple

from pydantic import ValidationError

from services.goals.domain.beside import Standing
from services.goals.domain.goal import Goal, GoalNotInStage
from services.goals.domain.grade import Grade, NotToBeGraded, Retrospective, outcome_by_rule
from services.goals.domain.measured_in import THRESHOLDS
from services.goals.domain.wording import ReasonMissing, Terms, Wording, why
from shared.contracts import goals as contract
from shared.contracts.goals import Outcome
from shared.errors import Invalid, Refusal
from shared.ids import GoalId, PeriodId, PersonId

MOST_GRADES: Final = 20
"""Of one goal by its owner, by managers and by HR each, earlier ones too: they are kept with it."""


class OutcomeMissing(Refusal):
    """What has no score ends as somebody says."""

    status = 422


def close(
    goal: Goal,
    *,
    outcome: Outcome | None,
    by: PersonId | None,
    comment: str,
    at: datetime,
    asked: bool = False,
) -> tuple[Goal, contract.GoalClosed]:
    """End it, by its score if no outcome is said; a goal that was never agreed can only be cancelled.

    Without `by` the suite does it, or if it is `asked` to, somebody who is not in the directory.
    """
    if outcome == "carried_over":
        raise Invalid("To go on in another period it is carried over; then it is closed so by itself.")
    if goal.status not in {"agreed", "closed"} and outcome != "cancelled":
        raise GoalNotInStage(
            f"A goal that is {goal.status} was never agreed; it can only be cancelled.", status=goal.status
        )
    if (
        outcome == "cancelled"
        and goal.status == "agreed"
        and (by is not None or asked)
        and not comment.strip()
    ):
        raise ReasonMissing("Say in the comment why it is cancelled.")
    return _ended(goal, outcome or outcome_by_rule(goal.progress), by=by, comment=comment, at=at)


def decline(
    goal: Goal, *, by: PersonId, to: PersonId, reason: str, at: datetime
) -> tuple[Goal, contract.GoalDeclined]:
    """Say no to a proposal, and why: it ends as cancelled and was never agreed."""
    goal.must_be_asked(by)
    ended, _ = _ended(goal, "cancelled", by=by, comment="", at=at)
    event = contract.GoalDeclined(**goal.named(), by_person_id=by, to_person_id=to)
    return ended.model_copy(update={"reason": reason, "declined": True}), event


class Term(NamedTuple):
    """A period and the days within it for which a goal runs."""

    period_id: PeriodId
    starts_on: date
    due_on: date


def carry_over(
    goal: Goal, goal_id: GoalId, term: Term, *, by: PersonId, at: datetime, parent_id: GoalId | None = None
) -> tuple[Goal, contract.GoalClosed, Goal, contract.GoalDrafted]:
    """End it, and draft what goes on from where it stands, serving `parent_id`.

    A target that is reached is for a new goal, and so is a baseline that was measured.
    """
    goal.must_be("agreed", to="be carried over")
    open_parts = [part for part in goal.key_results if part.type in THRESHOLDS or part.progress != 1.0]
    if not open_parts:
        raise GoalNotInStage("All of it is reached; close it as achieved.", status=goal.status)
    ended, closed = _ended(goal, "carried_over", by=by, comment="", at=at)
    terms = {name: getattr(goal, name) for name in Terms.model_fields}
    terms |= term._asdict() | {"parent_id": parent_id}
    try:
        parts = tuple(part.going_on() for part in open_parts)
        wording = Wording.model_validate({**terms, "key_results": parts})
    except ValidationError as error:
        raise Invalid(
            f"From where it stands it makes no sense: {why(error)}. Write a new one instead."
        ) from error
    new, _ = Goal.draft(wording, goal_id=goal_id, owner_id=goal.owner_id, template_id=goal.template_id)
    kept = {"origin_id": goal.goal_id, "contribution": goal.contribution, "narrower": goal.narrower}
    new = new.model_copy(update=kept)
    return ended, closed, new, new.drafted()


def grade(goal: Goal, new: Grade) -> tuple[Goal, contract.GoalGraded]:
    """Take a judgement: its owner's own once it is agreed, the final one once it is closed."""
    own = new.graded_as == "self"
    if goal.status not in ({"agreed", "closed"} if own else {"closed"}):
        stage = "agreed or closed" if own else "closed"
        raise NotToBeGraded(f"A goal that is {goal.status} is not graded so yet; it must be {stage}.")
    if goal.outcome in {"cancelled", "carried_over"}:
        raise NotToBeGraded("What was cancelled or goes on elsewhere has not run its course.")
    alike = [each for each in goal.grades if (each.graded_as, each.by_hr) == (new.graded_as, new.by_hr)]
    if len(alike) >= MOST_GRADES:
        raise NotToBeGraded(f"It was graded {MOST_GRADES} times, which is as often as a goal can be.")
    if own and any(each.graded_as == "final" for each in goal.grades):
        raise NotToBeGraded("The final grade is given; talk to your manager about it, or to HR.")
    if not own:
        _require_final(goal, new)
    event = contract.GoalGraded(**goal.named(), by_person_id=new.by_person_id, graded_as=new.graded_as)
    return goal.model_copy(update={"grades": (*goal.grades, new)}), event


def _require_final(goal: Goal, new: Grade) -> None:
    """Refuse whom the final grade is not to be given by; what HR has settled stays HR's."""
    if new.by_person_id == goal.owner_id:
        raise NotToBeGraded("It is your own goal; the final grade is somebody else's to give.")
    if new.by_hr and not new.comment:
        raise ReasonMissing("Say in the comment why HR gives the final grade.")
    if not new.by_hr and any(each.by_hr for each in goal.grades):
        raise NotToBeGraded("HR has settled the final grade; talk to them about it.")


def look_back(goal: Goal, retrospective: Retrospective) -> Goal:
    """Say what is to be remembered of it, in the place of what was said before."""
    goal.must_be("closed", to="be looked back on")
    return goal.model_copy(update={"retrospective": retrospective})


def _ended(
    goal: Goal, outcome: Outcome | None, *, by: PersonId | None, comment: str, at: datetime
) -> tuple[Goal, contract.GoalClosed]:
    if goal.status == "closed":
        raise GoalNotInStage("The goal is closed already.", status=goal.status)
    if outcome is None:
        raise OutcomeMissing("Nothing of it was measured: say how it ended.")
    closing = {"outcome": outcome, "closing_comment": comment, "closed_at": at, "closed_by": by}
    # It is neither overdue nor at risk any more: how it ended is its outcome.
    settled = {"status": "closed", "asked_id": None, "amendment": None, "standing": Standing()}
    goal = goal.model_copy(update=settled | closing)
    event = contract.GoalClosed(**goal.named(), by_person_id=by, outcome=outcome, progress=goal.progress)
    return goal, event
