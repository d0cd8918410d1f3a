"""The goals service, by what it consists of."""

from services.goals.access import ACCESS
from services.goals.store import COLLECTIONS, GOALS
from services.goals.usecases import (
    align_goal,
    answer_proposal,
    assign_goal,
    check_in_on_goal,
    close_goal,
    draft_goal,
    measure_key_result,
    propose_goal,
    reword_goal,
    withdraw_proposal,
)
from services.goals.usecases.follow_people import follow_person
from services.goals.usecases.forget_owner import forget_owner
from services.goals.usecases.propose_assigned_goal import ASSIGNING
from services.goals.views import router as views
from shared.contracts.people import PersonState
from shared.http.titles import titles_router
from shared.service import Service

SERVICE = Service(
    name="goals",
    title="Cairn goals",
    access=ACCESS,
    collections=COLLECTIONS,
    routers=[
        draft_goal.router,
        assign_goal.router,
        reword_goal.router,
        propose_goal.router,
        withdraw_proposal.router,
        answer_proposal.router,
        align_goal.router,
        measure_key_result.router,
        check_in_on_goal.router,
        close_goal.router,
        views,
        titles_router(GOALS, "title"),
    ],
    reactions={PersonState: follow_person},
    erasures={PersonState: forget_owner},
    fan_outs=[ASSIGNING],
)
