"""What people do with goals."""

from dataclasses import dataclass
from datetime import date

from deploy.sample.goals import Perspective, Unit
from deploy.sample.quarter.refs import Person, Ref
from shared.contracts.goals import BlockerKind, GoalKind, GoalLevel, KeyResultType, Outcome, Visibility


@dataclass(frozen=True, slots=True)
class KeyResult:
    """A key result from `start` to `target`; the weights of those of one goal add up to 100."""

    ref: Ref
    title: str
    type: KeyResultType
    unit: Unit
    start: float
    target: float
    weight: float


@dataclass(frozen=True, slots=True)
class DraftGoal:
    """The owner, or their manager for them, writes a goal down.

    `parent` is a goal drafted and agreed before; `weight` is out of 100 for all goals that the
    owner has in the quarter; `unit` is the team or department of a team's goal.
    """

    ref: Ref
    owner: Person
    level: GoalLevel
    kind: GoalKind
    visibility: Visibility
    title: str
    description: str
    relevance: str
    perspective: Perspective
    parent: Ref | None
    unit: str | None
    starts_on: date
    due_on: date
    weight: float
    key_results: tuple[KeyResult, ...]


@dataclass(frozen=True, slots=True)
class ProposeGoal:
    """The one who drafted it asks `to` to agree: the manager of the owner, or the owner.

    Where nobody active stands above the owner, `to` is the HR admin.
    """

    goal: Ref
    to: Person


@dataclass(frozen=True, slots=True)
class RequestChanges:
    """The one who was asked wants the goal changed first."""

    goal: Ref
    reason: str


@dataclass(frozen=True, slots=True)
class ReviseGoal:
    """The goal is reworded as it was asked for; all the text that can change, with the same refs."""

    goal: Ref
    description: str
    key_results: tuple[KeyResult, ...]


@dataclass(frozen=True, slots=True)
class AgreeGoal:
    """The one who was asked agrees: the goal is active."""

    goal: Ref


@dataclass(frozen=True, slots=True)
class MeasureKeyResult:
    """A new measurement of a key result, in its unit (yes is 1, no is 0)."""

    goal: Ref
    key_result: Ref
    value: float
    note: str | None


@dataclass(frozen=True, slots=True)
class Blocker:
    """What holds a goal up."""

    kind: BlockerKind
    text: str


@dataclass(frozen=True, slots=True)
class CheckIn:
    """How it goes: `confidence` is a share from 0 to 1 that the goal will be reached."""

    goal: Ref
    confidence: float
    note: str
    blockers: tuple[Blocker, ...]


@dataclass(frozen=True, slots=True)
class CloseGoal:
    """The owner or the manager closes an agreed goal."""

    goal: Ref
    outcome: Outcome
    note: str
