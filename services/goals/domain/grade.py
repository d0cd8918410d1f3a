"""How a goal came out: the score by rule, what its owner and their manager make of it, and what was learned.

The score is the share of the way that its key results have gone.  Its band is the one of the field: below 0.3
red, below 0.7 yellow, below 1 green (Doerr, Measure What Matters), and all of it full.  A grade is somebody's
judgement beside the score and never replaces it; each one stays.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from shared.contracts.base import Frozen
from shared.contracts.goals import GradedAs, Outcome
from shared.errors import Refusal
from shared.ids import PersonId

Band = Literal["red", "yellow", "green", "full"]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]


class NotToBeGraded(Refusal):
    """Only what has run its course is graded."""


class Grade(Frozen):
    """What somebody makes of a goal, as a share from 0 to 1; `graded_as` is whose judgement it is.

    `by_hr` is a final one that HR has given, in the place of a manager or after an appeal.
    """

    graded_as: GradedAs
    grade: float = Field(ge=0, le=1)
    comment: Words = ""
    by_person_id: PersonId
    at: datetime
    by_hr: bool = False


class Retrospective(Frozen):
    """What is to be remembered of a goal when the next ones are planned; something is said."""

    went_well: Words = ""
    went_wrong: Words = ""
    lessons: Words = ""

    @model_validator(mode="after")
    def _says_something(self) -> "Retrospective":
        if not (self.went_well or self.went_wrong or self.lessons):
            raise ValueError("a retrospective says what went well, what did not, or what was learned")
        return self


def band(score: float) -> Band:
    """In which band a share from 0 to 1 lies."""
    if score >= 1.0:
        return "full"
    if score >= 0.7:
        return "green"
    return "yellow" if score >= 0.3 else "red"


def outcome_by_rule(score: float | None) -> Outcome | None:
    """How a goal ends by its score: achieved, partly from the yellow band on, or missed; None without one."""
    if score is None:
        return None
    found: dict[Band, Outcome] = {
        "full": "achieved",
        "green": "partly_achieved",
        "yellow": "partly_achieved",
        "red": "missed",
    }
    return found[band(score)]
