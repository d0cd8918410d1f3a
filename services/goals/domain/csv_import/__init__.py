"""Drafting goals from CSV: pure functions from a file's bytes to the goals it words, and what is wrong.

A row is a key result; rows with the same `import_id` make one goal, and one without belongs to the row
above.  A goal's own columns stand in the first of its rows and may be repeated in the others.  A goal with
a row that cannot be read is left out whole.
"""

from services.goals.domain.csv_import.columns import COLUMNS, sample
from services.goals.domain.csv_import.plan import MOST_GOALS, MOST_ROWS, ImportPlan, WordedGoal, plan_goals

__all__ = ["COLUMNS", "MOST_GOALS", "MOST_ROWS", "ImportPlan", "WordedGoal", "plan_goals", "sample"]
