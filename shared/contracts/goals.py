"""What the goals service tells the others: goals from draft to close, and how they progress."""

from datetime import date, datetime
from typing import ClassVar, Literal

from shared.contracts.base import Event, Frozen, State
from shared.ids import GoalId, KeyResultId, PersonId

GoalKind = Literal["objective", "kpi", "development"]
GoalLevel = Literal["person", "team", "organisation"]
GoalStatus = Literal["draft", "proposed", "agreed", "closed"]
Outcome = Literal["achieved", "partly_achieved", "missed", "cancelled"]
Visibility = Literal["private", "line", "everyone"]
KeyResultType = Literal["increase", "decrease", "milestone", "stay_above", "stay_below", "baseline"]
BlockerKind = Literal["person", "resource", "process", "dependency"]


class _GoalEvent(Event):
    subject_field: ClassVar[str] = "goal_id"
    goal_id: GoalId
    owner_id: PersonId
    visibility: Visibility


class GoalDrafted(_GoalEvent):
    """A goal was written down; nobody has agreed to it yet."""

    kind: GoalKind
    level: GoalLevel
    starts_on: date
    due_on: date
    parent_id: GoalId | None


class GoalChanged(_GoalEvent):
    """A draft was reworded, or a goal's dates, weight or key results were changed."""

    starts_on: date
    due_on: date


class GoalProposed(_GoalEvent):
    """The owner or the manager asks the other to agree; `to_person_id` is the one who is asked."""

    by_person_id: PersonId
    to_person_id: PersonId


class GoalChangesRequested(_GoalEvent):
    """The one who was asked wants it changed first; it is a draft again."""

    by_person_id: PersonId
    to_person_id: PersonId


class GoalAgreed(_GoalEvent):
    """Owner and manager agree: the goal is active."""

    by_person_id: PersonId
    starts_on: date
    due_on: date


class GoalAligned(_GoalEvent):
    """The goal serves another parent, or none any more."""

    from_parent_id: GoalId | None
    to_parent_id: GoalId | None


class KeyResultMeasured(_GoalEvent):
    """A key result has a new measurement; `progress` of both are shares from 0 to 1."""

    key_result_id: KeyResultId
    value: float
    measured_at: datetime
    key_result_progress: float | None
    goal_progress: float


class GoalCheckedIn(_GoalEvent):
    """Somebody said how it goes; `confidence` is a share from 0 to 1."""

    by_person_id: PersonId
    confidence: float
    blocker_kinds: tuple[BlockerKind, ...]
    goal_progress: float


class GoalClosed(_GoalEvent):
    """The goal came to its end; `progress` is a share from 0 to 1."""

    by_person_id: PersonId | None
    outcome: Outcome
    progress: float


class KeyResultFigures(Frozen):
    """A key result without its words; `progress` is null while it cannot be told."""

    key_result_id: KeyResultId
    type: KeyResultType
    unit: str
    start: float
    target: float
    current: float
    weight: float
    progress: float | None


class GoalState(State):
    """A goal as others may know it; a private goal shows no title."""

    subject_field: ClassVar[str] = "goal_id"
    goal_id: GoalId
    owner_id: PersonId
    title: str | None
    kind: GoalKind
    level: GoalLevel
    status: GoalStatus
    outcome: Outcome | None
    visibility: Visibility
    parent_id: GoalId | None
    starts_on: date
    due_on: date
    weight: float
    progress: float
    key_results: tuple[KeyResultFigures, ...]
