"""The feedback service, by what it consists of."""

from services.feedback.access import ACCESS
from services.feedback.domain.feedback import Feedback
from services.feedback.domain.recognition import Recognition
from services.feedback.domain.request import FeedbackRequest
from services.feedback.held import HELD
from services.feedback.store import COLLECTIONS
from services.feedback.usecases import (
    acknowledge_feedback,
    acknowledge_recognition,
    answer_request,
    ask_for_feedback,
    decline_request,
    edit_framework,
    give_feedback,
    recognise_colleagues,
    withdraw_feedback,
    withdraw_request,
)
from services.feedback.usecases.forget_person import forget_person
from services.feedback.usecases.keep_goal import forget_goal, keep_goal
from services.feedback.usecases.retain_feedback import AGES
from services.feedback.usecases.settle_requests_of_departed import settle_requests_of_departed, welcome_back
from services.feedback.usecases.withdraw_request import withdraw_requests_of_old_manager
from services.feedback.views import router as views
from shared.audit.reads import always
from shared.contracts.feedback import FeedbackRequestState, FeedbackState, RecognitionState
from shared.contracts.goals import GoalState
from shared.contracts.people import ManagerChanged, PersonJoined, PersonLeft
from shared.service import Service

SERVICE = Service(
    name="feedback",
    title="Cairn feedback",
    access=ACCESS,
    collections=COLLECTIONS,
    confidential={"read_feedback": always, "read_request": always},
    routers=[
        give_feedback.router,
        acknowledge_feedback.router,
        withdraw_feedback.router,
        ask_for_feedback.router,
        answer_request.router,
        decline_request.router,
        withdraw_request.router,
        recognise_colleagues.router,
        acknowledge_recognition.router,
        edit_framework.router,
        views,
    ],
    reactions={
        GoalState: keep_goal,
        PersonLeft: settle_requests_of_departed,
        PersonJoined: welcome_back,
        ManagerChanged: withdraw_requests_of_old_manager,
    },
    erasures={GoalState: forget_goal},
    states={
        FeedbackState: ("feedback", Feedback),
        FeedbackRequestState: ("feedback_requests", FeedbackRequest),
        RecognitionState: ("recognitions", Recognition),
    },
    held=HELD,
    forget=forget_person,
    ages=AGES,
    retired={"feedback": ["by_visibility"]},
)
