"""What came of a file of goals."""

from typing import Literal

from pydantic import BaseModel

from shared.csv_files import Problem
from shared.ids import GoalId

ImportStatus = Literal["drafted", "known", "refused"]


class ImportedGoal(BaseModel):
    """What became of a goal that could be read: its key in the file, the line where it begins, and its id.

    `known` was drafted by an earlier import with the same key; what is refused has no id.
    """

    import_id: str
    line: int
    status: ImportStatus
    goal_id: GoalId | None


class GoalImportView(BaseModel):
    """What came of a file, or would come of it: how many rows it has, and how many goals became what.

    `refused` counts those too of which a row could not be read; they are not among `goals`.  A problem of
    severity `error` keeps its goal out, a `warning` none.
    """

    dry_run: bool
    rows: int
    drafted: int
    known: int
    refused: int
    goals: list[ImportedGoal]
    problems: list[Problem]

    @property
    def errors(self) -> bool:
        """Whether anything of the file was kept out."""
        return any(problem.severity == "error" for problem in self.problems)
