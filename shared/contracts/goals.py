"""What the goals service tells the others: goals from draft to close, and how they progress."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from shared.clock import Instant
from shared.contracts.base import Event, Frozen, Inbound, State
from shared.contracts.erasure import Forgotten
from shared.identity import MachineRole
from shared.ids import GoalId, KeyResultId, PeriodId, PersonId, TemplateId
from shared.unseen import seen

GoalKind = Literal["objective", "kpi", "development"]
GoalLevel = Literal["person", "team", "organisation"]
GoalStatus = Literal["draft", "proposed", "agreed", "closed"]
Outcome = Literal["achieved", "partly_achieved", "missed", "cancelled", "carried_over"]
Perspective = Literal["financial", "customer", "internal_process", "learning_and_growth"]
"""Of the balanced scorecard; Kaplan and Norton, 1992."""
Visibility = Literal["private", "line", "team", "everyone"]
GradedAs = Literal["self", "final"]
UnitKind = Literal["number", "percent", "money", "yes_no", "milestones"]
KeyResultType = Literal["increase", "decrease", "milestone", "stay_above", "stay_below", "baseline"]
Pace = Literal["on_track", "behind", "at_risk", "not_measured"]
Heading = Literal["reach", "miss"]
Neglect = Literal["owner_left", "never_touched"]
BlockerKind = Literal["person", "resource", "process", "dependency"]


class _GoalEvent(Event):
    subject_field: ClassVar[str] = "goal_id"
    goal_id: GoalId
    owner_id: PersonId
    visibility: Visibility


class GoalDrafted(_GoalEvent):
    """A goal was written down; nobody has agreed to it yet.

    `origin_id` is the goal that it goes on from, `template_id` the template that its words were taken from.
    """

    kind: GoalKind
    level: GoalLevel
    starts_on: date
    due_on: date
    parent_id: GoalId | None
    period_id: PeriodId | None = None
    origin_id: GoalId | None = None
    template_id: TemplateId | None = None


class GoalChanged(_GoalEvent):
    """A draft was reworded, or an agreed goal changed: then `changes` names what, and `edition` counts on.

    `by_person_id` is who agreed to the change, or made one that needs no agreement; `from_owner_id` whose
    goal it was, if it has another owner now; `progress` is a share from 0 to 1 by the new targets.
    """

    starts_on: date
    due_on: date
    by_person_id: PersonId | None = None
    changes: tuple[str, ...] = ()
    edition: int = 1
    from_owner_id: PersonId | None = None
    progress: float | None = None


class GoalAmendmentProposed(_GoalEvent):
    """A change of an agreed goal waits for the answer of `to_person_id`; `changes` names what it touches.

    It comes again when somebody else is to answer, in the name of the same `by_person_id`.
    """

    by_person_id: PersonId
    to_person_id: PersonId
    changes: tuple[str, ...]


class GoalAmendmentDeclined(_GoalEvent):
    """The one who was asked does not agree to the change; the goal stays as it is."""

    by_person_id: PersonId
    to_person_id: PersonId


class GoalAmendmentWithdrawn(_GoalEvent):
    """The change was taken back; `to_person_id` need not answer any more.

    Without `by_person_id` the suite did it, since nobody is left who could answer.
    """

    by_person_id: PersonId | None
    to_person_id: PersonId


class GoalProposed(_GoalEvent):
    """The owner or the manager asks the other to agree; `to_person_id` is the one who is asked.

    It comes again, in the name of the same `by_person_id`, when somebody else is to answer because
    the one who was asked has left or manages the owner no more.
    """

    by_person_id: PersonId
    to_person_id: PersonId


class GoalChangesRequested(_GoalEvent):
    """The one who was asked wants it changed first; it is a draft again."""

    by_person_id: PersonId
    to_person_id: PersonId


class GoalDeclined(_GoalEvent):
    """The one who was asked does not want it at all: it is closed as cancelled and was never agreed."""

    by_person_id: PersonId
    to_person_id: PersonId


class GoalProposalWithdrawn(_GoalEvent):
    """The proposal was taken back and is a draft again; `to_person_id` need not answer any more.

    Without `by_person_id` the suite did it, since nobody is left who could answer.
    """

    by_person_id: PersonId | None
    to_person_id: PersonId


class GoalAgreed(_GoalEvent):
    """Owner and manager agree: the goal is active."""

    by_person_id: PersonId
    starts_on: date
    due_on: date


class GoalAligned(_GoalEvent):
    """The goal serves another parent, or none any more; `contribution` weighs it there.

    `edition` counts on when an agreed goal has another parent, or weighs otherwise for it.
    """

    from_parent_id: GoalId | None
    to_parent_id: GoalId | None
    contribution: float = 1.0
    edition: int = 1


class KeyResultMeasured(_GoalEvent):
    """A key result has a new measurement; `progress` of both are shares from 0 to 1.

    It may lie before the newest one, which then goes on to count.
    """

    key_result_id: KeyResultId
    value: float
    measured_at: datetime
    key_result_progress: float | None
    goal_progress: float | None


class MeasurementCorrected(_GoalEvent):
    """A measurement was wrong: `to_value` held at its time, or nothing that is known if it is null.

    `current` and `current_at` are the newest measurement of the key result that counts now, null if none
    does; `progress` of both are shares from 0 to 1.
    """

    key_result_id: KeyResultId
    measurement_id: str
    by_person_id: PersonId | None
    from_value: float
    to_value: float | None
    measured_at: datetime
    current: float | None
    current_at: datetime | None
    key_result_progress: float | None
    goal_progress: float | None


class GoalCheckedIn(_GoalEvent):
    """Somebody said how it goes; `confidence` is a share from 0 to 1.

    `goal_progress` is null while nothing of the goal was measured that can be told.
    """

    by_person_id: PersonId
    confidence: float
    blocker_kinds: tuple[BlockerKind, ...]
    goal_progress: float | None


class GoalClosed(_GoalEvent):
    """The goal came to its end; `progress` is a share from 0 to 1, null if it could never be told.

    Without `by_person_id` the suite closed it, since its owner left before it was agreed, or somebody did who
    is not in the directory.
    """

    by_person_id: PersonId | None
    outcome: Outcome
    progress: float | None


class GoalGraded(_GoalEvent):
    """The owner has graded their own goal, or the manager finally; what the grade is stays confidential."""

    by_person_id: PersonId
    graded_as: GradedAs


class Measurement(Inbound):
    """A value of a key result that a system of the enterprise has measured, in the key result's unit.

    Without `measured_at` it holds for the time of the event, or for when it came.
    """

    topic: ClassVar[str] = "cairn.goals.measurements"
    sender: ClassVar[MachineRole] = "measuring_system"
    subject_field: ClassVar[str] = "goal_id"
    goal_id: GoalId
    key_result_id: KeyResultId
    value: Annotated[float, Field(strict=True, ge=-1e15, le=1e15, allow_inf_nan=False)]
    measured_at: Instant | None = None
    note: Annotated[str, Field(max_length=1000), AfterValidator(seen)] = ""


class GoalPaceChanged(_GoalEvent):
    """By what its time has gone, a goal is expected to have come further, or is where it should be again.

    `progress` and `expected` are shares from 0 to 1, null while nothing can be told.
    """

    from_pace: Pace | None
    to_pace: Pace
    progress: float | None
    expected: float | None


class GoalForecastTurned(_GoalEvent):
    """By its trend a goal is heading elsewhere than before; from null when it has a trend at last.

    `predicted_progress` is the share of the way, 0 to 1, that it will have gone by its due date.
    """

    from_heading: Heading | None
    to_heading: Heading
    predicted_progress: float | None
    due_on: date


class GoalFellOverdue(_GoalEvent):
    """The due date has passed and the goal is not closed."""

    due_on: date
    progress: float | None


class GoalWentSilent(_GoalEvent):
    """Nobody has checked in for so long that two check-ins were missed; `last_on` is the last one's day.

    It is null if there was none.
    """

    last_on: date | None
    missed: int


class GoalNeglected(_GoalEvent):
    """Nobody is working on it: its owner has left, or a third of its time has gone and nothing was heard."""

    because: Neglect


class KeyResultFigures(Frozen):
    """A key result without its words; `progress` is null while it cannot be told.

    `unit` is null where the goal shows no title; `commit` is what is surely to be reached, `stretch` what
    would be more than asked for.
    """

    key_result_id: KeyResultId
    type: KeyResultType
    unit: str | None
    start: float
    target: float
    current: float
    weight: float
    progress: float | None
    unit_kind: UnitKind = "number"
    commit: float | None = None
    stretch: float | None = None


class PersonForgotten(Forgotten):
    """How far the goals service is with forgetting a person."""


class GoalState(State):
    """A goal as others may know it; only one that everyone may read shows its title, category and tags."""

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
    progress: float | None
    pace: Pace | None = None
    heading: Heading | None = None
    overdue: bool = False
    period_id: PeriodId | None = None
    origin_id: GoalId | None = None
    category: str | None = None
    perspective: Perspective | None = None
    tags: tuple[str, ...] | None = None
    key_results: tuple[KeyResultFigures, ...]
