"""Ask colleagues for feedback.

When    a person asks about themselves, or a manager about a report (POST /feedback-requests)
May     ask_for_feedback: self, manager           (access.py)
Rule    FeedbackRequest.ask, require_present, KnownGoal.require_nameable, Framework.key_of
Emits   feedback.FeedbackRequested, once for each who is asked
Then    notifications.announce
"""

from typing import Annotated

from annotated_types import Len
from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.feedback.domain.presence import require_present
from services.feedback.domain.request import Ask, FeedbackRequest
from services.feedback.store import PresenceStore, RequestStore
from services.feedback.usecases.give_feedback import competency_key, require_colleague, require_nameable
from services.feedback.views import RequestView
from shared.contracts.base import Frozen
from shared.errors import Invalid
from shared.http import Run
from shared.ids import FeedbackRequestId, PersonId, mint
from shared.work import Transaction

router = APIRouter(tags=["feedback"])
ASKED_MAX = 20
Asked = Annotated[tuple[PersonId, ...], Len(1, ASKED_MAX)]


class AskForFeedback(Frozen):
    """Whom to ask what about whom; `request_ids` are new, one for each who is asked."""

    about_person_id: PersonId
    asked_person_ids: tuple[PersonId, ...]
    request_ids: tuple[FeedbackRequestId, ...]
    ask: Ask


class NewRequest(Ask):
    """What is sent: the question, whom to ask, and about whom; left out, about the caller."""

    asked_person_ids: Asked
    about_person_id: PersonId | None = None


class RequestsView(BaseModel):
    """The requests that were made, one for each who was asked, in the order of the asked."""

    items: list[RequestView]


async def ask_for_feedback(command: AskForFeedback, tx: Transaction) -> tuple[FeedbackRequest, ...]:
    """The new requests."""
    ask = command.ask.model_copy(update={"competency": await competency_key(command.ask.competency, tx)})
    asked = [
        FeedbackRequest.ask(
            ask,
            request_id=request_id,
            by=tx.person_id,
            about=command.about_person_id,
            of=person_id,
            at=tx.now,
        )
        for person_id, request_id in zip(command.asked_person_ids, command.request_ids, strict=True)
    ]
    await tx.require("ask_for_feedback", asked[0][0])
    await require_colleague(command.about_person_id, tx)
    if len(set(command.asked_person_ids)) < len(asked):
        raise Invalid("A colleague is named twice; ask each of them once.")
    requests: list[FeedbackRequest] = []
    for request, requested in asked:
        await _require_askable(request, tx)
        request = RequestStore(tx).save(request)  # noqa: PLW2901  the same request, at its version
        tx.publish(requested, request.state())
        requests.append(request)
    return tuple(requests)


async def _require_askable(request: FeedbackRequest, tx: Transaction) -> None:
    """Refuse to ask somebody who has left, even if the directory copy does not say so yet."""
    await require_colleague(request.asked_person_id, tx)
    presences = PresenceStore(tx)
    presence = await presences.of(request.asked_person_id)
    require_present(presence.person_id, present=not presence.gone)
    presences.save(presence)
    if request.goal_id is not None:
        await require_nameable(request.goal_id, tx, to=request.about_person_id)
        await require_nameable(request.goal_id, tx, to=request.asked_person_id)


@router.post("/feedback-requests", status_code=201, response_model=RequestsView, summary="Ask for feedback")
async def post_request(new: NewRequest, run: Run) -> Response:
    """One request for each colleague asked, about the caller or somebody who reports to the caller."""
    me = run.me()
    request_ids = tuple(FeedbackRequestId(mint("feedback_request")) for _ in new.asked_person_ids)
    command = AskForFeedback(
        about_person_id=new.about_person_id or me,
        asked_person_ids=new.asked_person_ids,
        request_ids=request_ids,
        ask=Ask.model_validate(new.model_dump()),
    )
    return await run(
        ask_for_feedback,
        command,
        key=request_ids[0],
        reply=lambda requests: RequestsView(items=[RequestView.of(each, reader=me) for each in requests]),
        status=201,
        location=lambda requests: (
            f"/feedback-requests/{requests[0].request_id}" if len(requests) == 1 else ""
        ),
    )
