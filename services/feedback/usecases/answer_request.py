"""Answer a request for feedback: give what was asked for, and settle the request with it.

When    the one who was asked answers (POST /feedback-requests/{request_id}/answer)
May     settle_request: the one who was asked     (access.py)
Rule    FeedbackRequest.answer, require_present, Framework.key_of
Emits   feedback.FeedbackRequestAnswered, feedback.FeedbackGiven
Then    reviews.gather_feedback, notifications.announce

The goal of the request goes over to the feedback, unless it has become private in the meantime and
the answer would show it.
"""

from fastapi import APIRouter, Response

from services.feedback.domain.feedback import Answer, Feedback
from services.feedback.domain.goal import PrivateGoalShown
from services.feedback.domain.request import FeedbackRequest
from services.feedback.store import FeedbackStore, RequestStore
from services.feedback.usecases.give_feedback import competency_key, require_colleague, require_nameable
from services.feedback.views import FeedbackView
from shared.contracts.base import Frozen
from shared.errors import NotFound
from shared.http import Run
from shared.ids import FeedbackId, FeedbackRequestId, GoalId, mint
from shared.work import Transaction

router = APIRouter(tags=["feedback"])


class AnswerRequest(Frozen):
    """What to answer; `feedback_id` is new."""

    request_id: FeedbackRequestId
    feedback_id: FeedbackId
    answer: Answer


async def answer_request(command: AnswerRequest, tx: Transaction) -> Feedback:
    """The feedback that was asked for."""
    requests = RequestStore(tx)
    request = await requests.get(command.request_id)
    await tx.require("settle_request", request)
    competency = await competency_key(command.answer.competency, tx)
    request, feedback, answered, given = request.answer(
        command.answer.model_copy(update={"competency": competency}),
        feedback_id=command.feedback_id,
        by=tx.person_id,
        goal_id=await _goal_to_name(request, command.answer, tx),
        at=tx.now,
    )
    await require_colleague(feedback.receiver_id, tx)
    request, feedback = requests.save(request), FeedbackStore(tx).save(feedback)
    tx.publish(answered, request.state(), given, feedback.state())
    return feedback


async def _goal_to_name(request: FeedbackRequest, answer: Answer, tx: Transaction) -> GoalId | None:
    if request.goal_id is None:
        return None
    try:
        await require_nameable(request.goal_id, tx, to=request.about_person_id, visibility=answer.visibility)
    except (NotFound, PrivateGoalShown):
        return None
    return request.goal_id


@router.post(
    "/feedback-requests/{request_id}/answer",
    status_code=201,
    response_model=FeedbackView,
    summary="Answer a request",
)
async def post_answer(request_id: FeedbackRequestId, answer: Answer, run: Run) -> Response:
    """Give the feedback that was asked for; it goes to the person whom the request is about."""
    command = AnswerRequest(request_id=request_id, feedback_id=FeedbackId(mint("feedback")), answer=answer)
    return await run(
        answer_request,
        command,
        key=request_id,
        reply=FeedbackView.of,
        status=201,
        location=lambda feedback: f"/feedback/{feedback.feedback_id}",
        match=("feedback_requests", request_id),
    )
