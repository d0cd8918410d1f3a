"""What is kept of a goal's way: measurements and check-ins, never overwritten."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from shared.aggregate import Aggregate
from shared.contracts.base import Frozen
from shared.contracts.goals import BlockerKind
from shared.errors import Refusal
from shared.ids import GoalId, KeyResultId, PersonId


class CorrectedAlready(Refusal):
    """What was corrected counts no more."""


class Correction(Frozen):
    """That a measurement was wrong, who says so and why; `measurement_id` is the one in its place, if any.

    Either `by_person_id` is who says so, or `system` names the machine.
    """

    by_person_id: PersonId | None
    system: str = ""
    at: datetime
    reason: str
    measurement_id: str | None


class Measurement(Aggregate):
    """One value of a key result, in its unit, at the time for which it holds.

    `taken_at` is when it was reported, `noted_at` when its note was written if that was before;
    `goal_progress` the goal's share of the way from then on, 0 to 1; `system` names the machine that
    reported it, `reached` are the milestones that were by then and `milestone_id` is the one that it speaks
    of.  One with a correction counts no more; of several that hold at one time the one that was reported
    last does.
    """

    id_field: ClassVar[str] = "measurement_id"
    measurement_id: str
    goal_id: GoalId
    key_result_id: KeyResultId
    value: float
    measured_at: datetime
    by_person_id: PersonId | None
    source: Literal["person", "machine"] = "person"
    system: str = ""
    note: str = ""
    goal_progress: float | None = None
    taken_at: datetime | None = None
    noted_at: datetime | None = None
    reached: tuple[str, ...] = ()
    milestone_id: str | None = None
    correction: Correction | None = None

    @property
    def known_at(self) -> datetime:
        """When the suite has learned of it."""
        return self.taken_at or self.measured_at

    def without_words(self) -> "Measurement":
        """The figures alone: neither who said so nor what they said."""
        return self.model_copy(update={"by_person_id": None, "note": ""})

    def corrected(self, correction: Correction) -> "Measurement":
        """Counting no more.

        Raises:
            CorrectedAlready: another one has taken its place.
        """
        if self.correction is not None:
            raise CorrectedAlready(
                "This measurement was corrected already; correct the one in its place, if there is one.",
                measurement_id=self.correction.measurement_id,
            )
        return self.model_copy(update={"correction": correction})


class Blocker(Frozen):
    """What stands in the way."""

    kind: BlockerKind
    description: str = Field(min_length=1, max_length=1000)


class CheckIn(Aggregate):
    """What somebody said of how it goes; `confidence` and the goal's `progress` are shares from 0 to 1."""

    id_field: ClassVar[str] = "check_in_id"
    check_in_id: str
    goal_id: GoalId
    by_person_id: PersonId
    at: datetime
    confidence: float
    comment: str
    blockers: tuple[Blocker, ...] = ()
    next_steps: str = ""
    progress: float | None

    @property
    def blocker_kinds(self) -> tuple[BlockerKind, ...]:
        """Of what kinds the blockers are, each once."""
        return tuple(dict.fromkeys(blocker.kind for blocker in self.blockers))
