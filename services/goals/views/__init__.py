"""What can be read of goals, and in which form."""

from services.goals.views import assignments, goals, history, tree
from services.goals.views.assignments import AssignmentView
from services.goals.views.goals import GoalView
from services.goals.views.history import CheckInView, MeasurementView

ROUTERS = (goals.router, history.router, tree.router, assignments.router)

__all__ = ["ROUTERS", "AssignmentView", "CheckInView", "GoalView", "MeasurementView"]
