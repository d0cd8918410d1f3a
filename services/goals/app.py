"""The goals service, by what it consists of."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.goals.access import ACCESS
from services.goals.domain.goal import Goal
from services.goals.domain.initiative import Initiative
from services.goals.domain.template import GoalTemplate
from services.goals.held import HELD
from services.goals.initiative_store import INITIATIVES
from services.goals.migrations import MIGRATIONS
from services.goals.store import COLLECTIONS, ENDINGS, GOALS, LOOKS, PERIOD_TURNS
from services.goals.template_store import TEMPLATES
from services.goals.usecases import (
    align_goal,
    amend_goal,
    answer_proposal,
    assign_goal,
    carry_over_goal,
    change_initiative,
    check_in_on_goal,
    close_goal,
    close_initiative,
    correct_measurement,
    correct_period,
    draft_from_template,
    draft_goal,
    grade_goal,
    import_goals,
    keep_template,
    look_back_on_goal,
    measure_key_result,
    plan_initiative,
    propose_goal,
    reach_milestone,
    report_on_initiative,
    reword_goal,
    run_period,
    take_measurements,
    withdraw_proposal,
)
from services.goals.usecases.fold_goals import FoldWorker
from services.goals.usecases.follow_people import follow_person
from services.goals.usecases.forget_person import forget_person
from services.goals.usecases.look_at_goal import look_at_goal
from services.goals.usecases.orphan_goals import orphan_goals
from services.goals.usecases.propose_assigned_goal import ASSIGNING
from services.goals.usecases.retain_goals import AGES
from services.goals.usecases.serve_successor import GOING_ON
from services.goals.views import ROUTERS as VIEWS
from shared.audit.reads import always
from shared.contracts.goals import GoalState, Measurement
from shared.contracts.goals_initiatives import InitiativeState
from shared.contracts.goals_templates import GoalTemplateState
from shared.contracts.people import PersonState
from shared.due import DueWorker
from shared.http.titles import Titled, titles_router
from shared.runtime import Runtime
from shared.service import Service
from shared.worker import Worker

POLL_SECONDS: Final = 0.5
LOOK_SECONDS: Final = 5.0
"""Several measurements of a goal within it cost one look."""


def is_private(goal: Mapping[str, Any] | None) -> bool:
    """Of goals that others read too, to read one is nothing that must be known."""
    return goal is not None and goal["visibility"] == "private"


def is_of_private(initiative: Mapping[str, Any] | None) -> bool:
    """The same of what is done for them."""
    return initiative is not None and initiative["goal_visibility"] == "private"


def workers(runtime: Runtime) -> Sequence[Worker]:
    """What falls due by the clock."""
    looking = DueWorker(runtime.work, LOOKS, look_at_goal, timers=runtime.settings.timers)
    runtime.leased("looks", looking.turn, poll=LOOK_SECONDS)
    runtime.leased("folds", FoldWorker(runtime.work).turn, poll=POLL_SECONDS)
    ending = DueWorker(runtime.work, ENDINGS, orphan_goals, timers=runtime.settings.timers)
    runtime.leased("endings", ending.turn, poll=POLL_SECONDS)
    turning = DueWorker(runtime.work, PERIOD_TURNS, run_period.turn_period, timers=runtime.settings.timers)
    runtime.leased("periods", turning.turn, poll=POLL_SECONDS)
    return ()


SERVICE = Service(
    name="goals",
    title="Cairn goals",
    access=ACCESS,
    collections=COLLECTIONS,
    confidential={"read_grades": always, "read": is_private, "read_initiative": is_of_private},
    routers=[
        draft_goal.router,
        assign_goal.router,
        import_goals.router,
        reword_goal.router,
        propose_goal.router,
        withdraw_proposal.router,
        answer_proposal.router,
        amend_goal.router,
        align_goal.router,
        measure_key_result.router,
        take_measurements.router,
        reach_milestone.router,
        correct_measurement.router,
        check_in_on_goal.router,
        close_goal.router,
        look_back_on_goal.router,
        grade_goal.router,
        carry_over_goal.router,
        run_period.router,
        correct_period.router,
        plan_initiative.router,
        change_initiative.router,
        report_on_initiative.router,
        close_initiative.router,
        keep_template.router,
        draft_from_template.router,
        *VIEWS,
        titles_router(Titled(GOALS, "title"), Titled(INITIATIVES, "title", "read_initiative")),
    ],
    reactions={PersonState: follow_person},
    inbound={Measurement: take_measurements.take_told_measurement},
    states={
        GoalState: (GOALS, Goal),
        InitiativeState: (INITIATIVES, Initiative),
        GoalTemplateState: (TEMPLATES, GoalTemplate),
    },
    held=HELD,
    forget=forget_person,
    ages=AGES,
    fan_outs=[ASSIGNING, GOING_ON],
    migrations=MIGRATIONS,
    retired={GOALS: ["counted", "by_visibility"], INITIATIVES: ["by_visibility"]},
    workers=workers,
)
