"""What is kept of a goal's way: measurements and check-ins, never overwritten."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from shared.aggregate import Aggregate
from shared.contracts.base import Frozen
from shared.contracts.goals import BlockerKind
from shared.ids import GoalId, KeyResultId, PersonId


class Measurement(Aggregate):
    """One value of a key result, in its unit, at the time for which it holds.

    `goal_progress` is the goal's share of the way once it was taken, 0 to 1; `system` names the machine
    that reported it.
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
