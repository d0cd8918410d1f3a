"""What can be read of feedback, requests, recognitions and the organisation's lists, and in which form."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from services.feedback.access import ACCESS
from services.feedback.domain.feedback import Feedback
from services.feedback.domain.framework import STARTING, Framework, FrameworkName, Term
from services.feedback.domain.recognition import Recognition
from services.feedback.domain.request import FeedbackRequest
from shared.contracts.feedback import FeedbackKind, RequestStatus, SettledBecause, Visibility
from shared.http import View, Viewer
from shared.ids import FeedbackId, FeedbackRequestId, GoalId, PersonId, RecognitionId
from shared.paging import AskedPage, Page, Sort, read_page
from shared.preconditions import entity_tag
from shared.store import from_document

router = APIRouter(tags=["feedback"])
NEWEST = Sort("given_at", descending=True)
OF_WAYS = {"giver_id": "by_giver", "receiver_id": "by_receiver", "visibility": "by_public"}
"""The index of each way in which feedback is somebody's to read."""
NEWEST_ASKED = Sort("asked_at", descending=True)


class FeedbackView(BaseModel):
    """A piece of feedback; `competency` is a key of the organisation's list."""

    feedback_id: FeedbackId
    giver_id: PersonId
    receiver_id: PersonId
    kind: FeedbackKind
    visibility: Visibility
    text: str
    goal_id: GoalId | None
    competency: str | None
    request_id: FeedbackRequestId | None
    given_at: datetime
    acknowledged_at: datetime | None
    version: int

    @classmethod
    def of(cls, feedback: Feedback) -> "FeedbackView":
        """The view of a piece of feedback."""
        return cls(**dict(feedback))


class RequestView(BaseModel):
    """A request; `reason` is why the one asked declined, and shown to the requester only."""

    request_id: FeedbackRequestId
    requester_id: PersonId
    about_person_id: PersonId
    asked_person_id: PersonId
    question: str
    goal_id: GoalId | None
    competency: str | None
    asked_at: datetime
    status: RequestStatus
    settled_at: datetime | None
    because: SettledBecause | None
    reason: str
    feedback_id: FeedbackId | None
    version: int

    @classmethod
    def of(cls, request: FeedbackRequest, *, reader: PersonId | None) -> "RequestView":
        """The view of a request for one of its readers."""
        told = request if reader == request.requester_id else request.model_copy(update={"reason": ""})
        return cls(**dict(told))


class RecognitionView(BaseModel):
    """A recognition; `value` is a key of the organisation's list."""

    recognition_id: RecognitionId
    giver_id: PersonId
    receiver_ids: list[PersonId]
    value: str
    text: str
    given_at: datetime
    acknowledged_by: list[PersonId]
    version: int

    @classmethod
    def of(cls, recognition: Recognition) -> "RecognitionView":
        """The view of a recognition."""
        return cls.model_validate(dict(recognition))


class FrameworkView(BaseModel):
    """One of the organisation's lists; `key` is what feedback and recognitions hold of an entry."""

    terms: list[Term]
    version: int

    @classmethod
    def of(cls, framework: Framework) -> "FrameworkView":
        """The view of a list."""
        return cls.model_validate(dict(framework))


@router.get("/feedback", summary="List feedback")
async def list_feedback(  # noqa: PLR0913, PLR0917  one parameter a filter
    view: View,
    page: AskedPage,
    receiver_id: Annotated[PersonId | None, Query(description="Received by this person only.")] = None,
    giver_id: Annotated[PersonId | None, Query(description="Given by this person only.")] = None,
    goal_id: Annotated[GoalId | None, Query(description="About this goal only.")] = None,
    competency: Annotated[str | None, Query(description="About the competency of this key only.")] = None,
    kind: Annotated[FeedbackKind | None, Query(description="Of this kind only.")] = None,
) -> Page[FeedbackView]:
    """The feedback that the caller may read, newest first."""
    asked = _asked(
        receiver_id=receiver_id, giver_id=giver_id, goal_id=goal_id, competency=competency, kind=kind
    )
    filter_ = {"$and": [await view.filter("read_feedback"), asked]}
    return await view.page(
        "feedback",
        filter_,
        action="read_feedback",
        asked=page,
        sort=NEWEST,
        index=None if asked else OF_WAYS,
        show=lambda doc: FeedbackView.of(from_document(Feedback, doc)),
    )


@router.get("/feedback/{feedback_id}", summary="Read feedback")
async def get_feedback(feedback_id: FeedbackId, view: View, response: Response) -> FeedbackView:
    """One piece of feedback; its ETag is what If-Match wants."""
    feedback = await view.one(Feedback, "feedback", feedback_id, action="read_feedback")
    response.headers["ETag"] = entity_tag(feedback.version)
    return FeedbackView.of(feedback)


@router.get("/feedback-requests", summary="List requests for feedback")
async def list_requests(
    view: View,
    page: AskedPage,
    role: Annotated[
        Literal["asked", "requester"] | None,
        Query(description="Asked of the caller, or by the caller, only."),
    ] = None,
    status: Annotated[RequestStatus | None, Query(description="In this stage only.")] = None,
) -> Page[RequestView]:
    """The requests that the caller has made or is to answer, newest first."""
    reader = view.me()
    asked = _asked(
        asked_person_id=reader if role == "asked" else None,
        requester_id=reader if role == "requester" else None,
        status=status,
    )
    filter_ = {"$and": [await view.filter("read_request"), asked]}
    return await view.page(
        "feedback_requests",
        filter_,
        action="read_request",
        asked=page,
        sort=NEWEST_ASKED,
        show=lambda doc: RequestView.of(from_document(FeedbackRequest, doc), reader=reader),
    )


@router.get("/feedback-requests/{request_id}", summary="Read a request for feedback")
async def get_request(request_id: FeedbackRequestId, view: View, response: Response) -> RequestView:
    """One request; its ETag is what If-Match wants."""
    request = await view.one(FeedbackRequest, "feedback_requests", request_id, action="read_request")
    response.headers["ETag"] = entity_tag(request.version)
    return RequestView.of(request, reader=view.caller.person_id)


@router.get("/recognitions", summary="List recognitions")
async def list_recognitions(
    view: View,
    page: AskedPage,
    receiver_id: Annotated[PersonId | None, Query(description="Of this person only.")] = None,
    giver_id: Annotated[PersonId | None, Query(description="By this person only.")] = None,
    value: Annotated[str | None, Query(description="For the value of this key only.")] = None,
) -> Page[RecognitionView]:
    """The organisation's recognitions, newest first."""
    asked = _asked(receiver_ids=receiver_id, giver_id=giver_id, value=value)
    filter_ = {"$and": [await view.filter("read_recognition"), asked]}
    return await read_page(
        view.db["recognitions"],
        filter_,
        asked=page,
        sort=NEWEST,
        show=lambda doc: RecognitionView.of(from_document(Recognition, doc)),
    )


@router.get("/recognitions/{recognition_id}", summary="Read a recognition")
async def get_recognition(recognition_id: RecognitionId, view: View, response: Response) -> RecognitionView:
    """One recognition; its ETag is what If-Match wants."""
    recognition = await view.one(Recognition, "recognitions", recognition_id, action="read_recognition")
    response.headers["ETag"] = entity_tag(recognition.version)
    return RecognitionView.of(recognition)


@router.get("/values", summary="Read the organisation's values")
async def get_values(view: View, response: Response) -> FrameworkView:
    """What colleagues are recognised for; its ETag is what If-Match wants."""
    return await _framework("values", view, response)


@router.get("/competencies", summary="Read the organisation's competencies")
async def get_competencies(view: View, response: Response) -> FrameworkView:
    """What feedback can be about; its ETag is what If-Match wants."""
    return await _framework("competencies", view, response)


async def _framework(name: FrameworkName, view: Viewer, response: Response) -> FrameworkView:
    doc = await view.db["frameworks"].find_one({"_id": name})
    framework = from_document(Framework, doc) if doc else STARTING[name]
    await ACCESS.demand(view.caller, "read_framework", framework, view.db)
    response.headers["ETag"] = entity_tag(framework.version)
    return FrameworkView.of(framework)


def _asked(**wanted: str | None) -> Mapping[str, Any]:
    return {name: value for name, value in wanted.items() if value is not None}
