"""Goals as CSV: from a file's bytes to the goals it words, what is wrong with it, and back to a file.

A row is a key result; rows with the same `import_id` make one goal, and one without belongs to the row
above.  A goal's own columns stand in the first of its rows and may be repeated in the others; a row may
hold a milestone, a link and an initiative beside the key result.  A goal with a row that cannot be read is
left out whole.  Pure functions.
"""

from services.goals.domain.csv_import.columns import COLUMNS, described
from services.goals.domain.csv_import.mending import problem_of
from services.goals.domain.csv_import.plan import MOST_GOALS, MOST_ROWS, ImportPlan, plan_goals
from services.goals.domain.csv_import.samples import sample
from services.goals.domain.csv_import.worded import WordedGoal, WordedInitiative, parents_first
from services.goals.domain.csv_import.written import Written, write_goals

__all__ = [
    "COLUMNS",
    "MOST_GOALS",
    "MOST_ROWS",
    "ImportPlan",
    "WordedGoal",
    "WordedInitiative",
    "Written",
    "described",
    "parents_first",
    "plan_goals",
    "problem_of",
    "sample",
    "write_goals",
]
