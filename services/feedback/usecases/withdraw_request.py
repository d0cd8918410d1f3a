"""Ask no longer for feedback.

When    the requester does not need it any more (POST /feedback-requests/{request_id}/withdrawal),
        or is not the manager of the person it is about any more (people.ManagerChanged)
May     withdraw_request: the requester           (access.py)
Rule    FeedbackRequest.withdraw
Emits   feedback.FeedbackRequestWithdrawn
"""

from fastapi import APIRouter, Response

from services.feedback.domain.request import FeedbackRequest
from services.feedback.store import RequestStore
from services.feedback.views import RequestView
from shared.contracts.base import Frozen
from shared.contracts.people import ManagerChanged
from shared.http import Run
from shared.ids import FeedbackRequestId
from shared.work import Transaction

router = APIRouter(tags=["feedback"])


class WithdrawRequest(Frozen):
    """Which request to withdraw."""

    request_id: FeedbackRequestId


async def withdraw_request(command: WithdrawRequest, tx: Transaction) -> FeedbackRequest:
    """The withdrawn request."""
    requests = RequestStore(tx)
    request = await requests.get(command.request_id)
    await tx.require("withdraw_request", request)
    request, withdrawn = request.withdraw("own_choice", at=tx.now)
    request = requests.save(request)
    tx.publish(withdrawn, request.state())
    return request


async def withdraw_requests_of_old_manager(event: ManagerChanged, tx: Transaction) -> None:
    """Withdraw what the old manager has asked about the person: the answers would not be theirs to read."""
    requests = RequestStore(tx)
    for request in await requests.open_with(event.person_id):
        if request.about_person_id != event.person_id or request.requester_id != event.from_manager_id:
            continue
        withdrawn_request, withdrawn = request.withdraw("manager_changed", at=tx.now)
        tx.publish(withdrawn, requests.save(withdrawn_request).state())


@router.post(
    "/feedback-requests/{request_id}/withdrawal", response_model=RequestView, summary="Withdraw a request"
)
async def post_withdrawal(request_id: FeedbackRequestId, run: Run) -> Response:
    """Tell the colleague that no answer is needed any more."""
    me = run.me()
    return await run(
        withdraw_request,
        WithdrawRequest(request_id=request_id),
        key=request_id,
        reply=lambda request: RequestView.of(request, reader=me),
        match=("feedback_requests", request_id),
    )
