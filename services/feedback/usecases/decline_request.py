"""Decline a request for feedback.

When    the one who was asked would rather not (POST /feedback-requests/{request_id}/declination)
May     settle_request: the one who was asked     (access.py)
Rule    FeedbackRequest.decline
Emits   feedback.FeedbackRequestDeclined
Then    notifications.announce
"""

from fastapi import APIRouter, Response

from services.feedback.domain.request import FeedbackRequest, Reason
from services.feedback.store import RequestStore
from services.feedback.views import RequestView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import FeedbackRequestId
from shared.work import Transaction

router = APIRouter(tags=["feedback"])


class Declination(Frozen):
    """Why not, if one likes to say; only the requester sees it."""

    reason: Reason = ""


class DeclineRequest(Declination):
    """Which request to decline."""

    request_id: FeedbackRequestId


async def decline_request(command: DeclineRequest, tx: Transaction) -> FeedbackRequest:
    """The declined request."""
    requests = RequestStore(tx)
    request = await requests.get(command.request_id)
    await tx.require("settle_request", request)
    request, declined = request.decline(by=tx.person_id, reason=command.reason, at=tx.now)
    request = requests.save(request)
    tx.publish(declined, request.state())
    return request


@router.post(
    "/feedback-requests/{request_id}/declination", response_model=RequestView, summary="Decline a request"
)
async def post_declination(request_id: FeedbackRequestId, declination: Declination, run: Run) -> Response:
    """Rather not answer; nobody but the requester learns why."""
    me = run.me()
    return await run(
        decline_request,
        DeclineRequest(request_id=request_id, reason=declination.reason),
        key=request_id,
        reply=lambda request: RequestView.of(request, reader=me),
        match=("feedback_requests", request_id),
    )
