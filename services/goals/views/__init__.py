"""What can be read of goals, and in which form."""

from services.goals.views import (
    answers,
    as_of,
    assignments,
    budget,
    chart,
    exports,
    goals,
    grades,
    history,
    initiatives,
    periods,
    planning,
    statistics,
    statistics_then,
    templates,
    tree,
    tree_picture,
    tree_then,
)
from services.goals.views.assignments import AssignmentView
from services.goals.views.goals import GoalView
from services.goals.views.grades import GradesView
from services.goals.views.history import CheckInView, MeasurementView
from services.goals.views.initiatives import InitiativeReportView, InitiativeView, PlannedInitiativeView
from services.goals.views.periods import PeriodView
from services.goals.views.templates import TemplateView

ROUTERS = (
    exports.router,
    goals.router,
    grades.router,
    planning.router,
    history.router,
    as_of.router,
    tree.router,
    tree_then.router,
    statistics.router,
    statistics_then.router,
    chart.router,
    tree_picture.router,
    assignments.router,
    answers.router,
    periods.router,
    initiatives.router,
    budget.router,
    templates.router,
)

__all__ = [
    "ROUTERS",
    "AssignmentView",
    "CheckInView",
    "GoalView",
    "GradesView",
    "InitiativeReportView",
    "InitiativeView",
    "MeasurementView",
    "PeriodView",
    "PlannedInitiativeView",
    "TemplateView",
]
