"""The reviews service, by what it consists of."""

from services.reviews import reading, views
from services.reviews.access import ACCESS
from services.reviews.domain.cycle import Cycle
from services.reviews.domain.review import Review
from services.reviews.held import HELD
from services.reviews.store import COLLECTIONS, CYCLES, REVIEWS
from services.reviews.usecases import (
    acknowledge_review,
    launch_cycle,
    share_review,
    waive_self_assessment,
    write_manager_assessment,
    write_self_assessment,
)
from services.reviews.usecases.forget_person import forget_person
from services.reviews.usecases.gather_evidence import drop_feedback, gather_evidence, gather_feedback
from services.reviews.usecases.open_review import OPENING
from services.reviews.usecases.release_leaver import HAND_OVER, release_leaver
from services.reviews.usecases.reroute_reviews import reroute_reviews, take_in_joiner
from services.reviews.usecases.retain_reviews import AGES
from shared.audit.reads import always
from shared.contracts.feedback import FeedbackGiven, FeedbackWithdrawn
from shared.contracts.goals import (
    GoalAgreed,
    GoalChanged,
    GoalCheckedIn,
    GoalClosed,
    GoalDrafted,
    KeyResultMeasured,
    MeasurementCorrected,
)
from shared.contracts.people import ManagerChanged, PersonJoined, PersonLeft
from shared.contracts.reviews import CycleState, ReviewState
from shared.http.titles import Titled, titles_router
from shared.service import Service

SERVICE = Service(
    name="reviews",
    title="Cairn reviews",
    access=ACCESS,
    collections=COLLECTIONS,
    confidential=dict.fromkeys(
        ("read", "read_self_assessment", "read_manager_assessment", "read_evidence"),
        always,
    ),
    routers=[
        launch_cycle.router,
        write_self_assessment.router,
        waive_self_assessment.router,
        write_manager_assessment.router,
        share_review.router,
        acknowledge_review.router,
        views.router,
        reading.router,
        titles_router(Titled(CYCLES, "name", action="read_cycle")),
    ],
    reactions={
        PersonJoined: take_in_joiner,
        ManagerChanged: reroute_reviews,
        PersonLeft: release_leaver,
        GoalDrafted: gather_evidence,
        GoalChanged: gather_evidence,
        GoalAgreed: gather_evidence,
        KeyResultMeasured: gather_evidence,
        MeasurementCorrected: gather_evidence,
        GoalCheckedIn: gather_evidence,
        GoalClosed: gather_evidence,
        FeedbackGiven: gather_feedback,
        FeedbackWithdrawn: drop_feedback,
    },
    fan_outs=[OPENING, HAND_OVER],
    states={CycleState: (CYCLES, Cycle), ReviewState: (REVIEWS, Review)},
    held=HELD,
    forget=forget_person,
    ages=AGES,
)
