"""Give somebody feedback.

When    a person tells a colleague something (POST /feedback)
May     give_feedback: everyone who works here    (access.py)
Rule    Feedback.give, require_present, KnownGoal.require_nameable, Framework.key_of
Emits   feedback.FeedbackGiven
Then    reviews.gather_feedback, notifications.announce
"""

from fastapi import APIRouter, Response

from services.feedback.domain.feedback import Feedback, Remark
from services.feedback.domain.presence import require_present
from services.feedback.store import FeedbackStore, FrameworkStore, KnownGoalStore
from services.feedback.views import FeedbackView
from shared.contracts.base import Frozen
from shared.contracts.feedback import Visibility
from shared.directory import Directory
from shared.http import Run
from shared.ids import FeedbackId, GoalId, PersonId, mint
from shared.work import Transaction

router = APIRouter(tags=["feedback"])


class GiveFeedback(Frozen):
    """What to tell whom; `feedback_id` is new."""

    feedback_id: FeedbackId
    receiver_id: PersonId
    remark: Remark


class NewFeedback(Remark):
    """What is sent: what to tell, and whom."""

    receiver_id: PersonId


async def give_feedback(command: GiveFeedback, tx: Transaction) -> Feedback:
    """The new feedback."""
    remark = command.remark
    competency = await competency_key(remark.competency, tx)
    feedback, given = Feedback.give(
        remark.model_copy(update={"competency": competency}),
        feedback_id=command.feedback_id,
        giver_id=tx.person_id,
        receiver_id=command.receiver_id,
        at=tx.now,
    )
    await tx.require("give_feedback", feedback)
    await require_colleague(feedback.receiver_id, tx)
    if feedback.goal_id is not None:
        await require_nameable(feedback.goal_id, tx, to=feedback.receiver_id, visibility=feedback.visibility)
    feedback = FeedbackStore(tx).save(feedback)
    tx.publish(given, feedback.state())
    return feedback


async def require_colleague(person_id: PersonId, tx: Transaction) -> None:
    """Refuse somebody who is not known or has left."""
    person = await Directory(tx).require(person_id)
    require_present(person_id, present=person.is_active)


async def competency_key(said: str | None, tx: Transaction) -> str | None:
    """The key of the competency that is called so."""
    return None if said is None else (await FrameworkStore(tx).named("competencies")).key_of(said)


async def require_nameable(
    goal_id: GoalId, tx: Transaction, *, to: PersonId, visibility: Visibility = "receiver"
) -> None:
    """Refuse a goal that the caller cannot name to somebody, or not before those who will read it."""
    goal = await KnownGoalStore(tx).get(goal_id)
    owner = await Directory(tx).person(goal.owner_id)
    goal.require_nameable(
        owners_manager_id=owner.manager_id if owner else None, by=tx.person_id, to=to, visibility=visibility
    )


@router.post("/feedback", status_code=201, response_model=FeedbackView, summary="Give feedback")
async def post_feedback(new: NewFeedback, run: Run) -> Response:
    """Tell a colleague something; who else reads it is the giver's choice."""
    feedback_id = FeedbackId(mint("feedback"))
    remark = Remark.model_validate(new.model_dump(exclude={"receiver_id"}))
    command = GiveFeedback(feedback_id=feedback_id, receiver_id=new.receiver_id, remark=remark)
    return await run(
        give_feedback,
        command,
        key=feedback_id,
        reply=FeedbackView.of,
        status=201,
        location=lambda feedback: f"/feedback/{feedback.feedback_id}",
    )
