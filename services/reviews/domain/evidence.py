"""What a review rests on: the goals of a person and the feedback given to them, as ids and figures.

Each piece is a fold of the events of one goal or one piece of feedback, of nothing else: whether they
arrive before or after the review opens, and in which order among each other, makes no difference.
Titles and texts are not here; who needs them asks their owner with the reader's rights.

Sharing a review keeps what it rests on: what happens afterwards is of another review.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar, Literal, assert_never

from services.reviews.domain.cycle import Period
from shared.aggregate import Aggregate
from shared.contracts import feedback, goals
from shared.contracts.base import Frozen
from shared.ids import FeedbackId, GoalId, KeyResultId, PersonId, ReviewId

GoalEvent = (
    goals.GoalDrafted
    | goals.GoalChanged
    | goals.GoalAgreed
    | goals.KeyResultMeasured
    | goals.MeasurementCorrected
    | goals.GoalCheckedIn
    | goals.GoalClosed
)
Reading = Literal["person", "reviewer", "others"]
"""In which relation to a review somebody reads its evidence; who was its reviewer is one of the others."""


class LatestMeasurement(Frozen):
    """The newest value of a key result, in its unit; `progress` is a share from 0 to 1."""

    key_result_id: KeyResultId
    value: float
    measured_at: datetime
    progress: float | None


class GoalEvidence(Aggregate):
    """A goal in figures; `progress` and `confidence` are shares from 0 to 1, null while they cannot be told.

    `checked_in_on` are the days with a check-in, ascending.
    """

    id_field: ClassVar[str] = "goal_id"
    goal_id: GoalId
    person_id: PersonId
    visibility: goals.Visibility
    kind: goals.GoalKind | None = None
    level: goals.GoalLevel | None = None
    starts_on: date | None = None
    due_on: date | None = None
    agreed_on: date | None = None
    closed_on: date | None = None
    outcome: goals.Outcome | None = None
    progress: float | None = None
    confidence: float | None = None
    measurements: tuple[LatestMeasurement, ...] = ()
    checked_in_on: tuple[date, ...] = ()

    @classmethod
    def first(cls, event: GoalEvent) -> "GoalEvidence":
        """What is known of a goal before the first event that is heard of it."""
        return cls(goal_id=event.goal_id, person_id=event.owner_id, visibility=event.visibility)

    def after(self, event: GoalEvent, *, at: datetime) -> "GoalEvidence":
        """The goal once this has happened too."""
        named = {"visibility": event.visibility, "person_id": event.owner_id}
        return self.model_copy(update={**named, **self._learned(event, at=at)})

    def _learned(self, event: GoalEvent, *, at: datetime) -> dict[str, object]:
        match event:
            case goals.GoalDrafted():
                dates = {"starts_on": event.starts_on, "due_on": event.due_on}
                return {"kind": event.kind, "level": event.level, **dates}
            case goals.GoalChanged():
                told = {} if event.progress is None else {"progress": event.progress}
                return {"starts_on": event.starts_on, "due_on": event.due_on, **told}
            case goals.GoalAgreed():
                return {"agreed_on": at.date(), "starts_on": event.starts_on, "due_on": event.due_on}
            case goals.KeyResultMeasured():
                return {"progress": event.goal_progress, "measurements": self._measured(event)}
            case goals.MeasurementCorrected():
                return {"progress": event.goal_progress, "measurements": self._corrected(event)}
            case goals.GoalCheckedIn():
                days = tuple(sorted({*self.checked_in_on, at.date()}))
                said = {"progress": event.goal_progress, "confidence": event.confidence}
                return {"checked_in_on": days, **said}
            case goals.GoalClosed():
                return {"closed_on": at.date(), "outcome": event.outcome, "progress": event.progress}
            case _:
                assert_never(event)

    def _measured(self, event: goals.KeyResultMeasured) -> tuple[LatestMeasurement, ...]:
        known = {latest.key_result_id: latest for latest in self.measurements}
        latest = LatestMeasurement(
            key_result_id=event.key_result_id,
            value=event.value,
            measured_at=event.measured_at,
            progress=event.key_result_progress,
        )
        before = known.get(event.key_result_id)
        if before is None or event.measured_at >= before.measured_at:
            known[event.key_result_id] = latest
        return tuple(known.values())

    def _corrected(self, event: goals.MeasurementCorrected) -> tuple[LatestMeasurement, ...]:
        others = [each for each in self.measurements if each.key_result_id != event.key_result_id]
        if event.current is None or event.current_at is None:
            return tuple(others)
        stands = LatestMeasurement(
            key_result_id=event.key_result_id,
            value=event.current,
            measured_at=event.current_at,
            progress=event.key_result_progress,
        )
        return (*others, stands)

    def is_active_in(self, period: Period) -> bool:
        """Whether it was agreed, had started by the period's end and was not closed before it.

        A goal stays active until it is closed, even past its due date.
        """
        if self.agreed_on is None or self.starts_on is None or self.starts_on > period.ends_on:
            return False
        return self.closed_on is None or self.closed_on >= period.starts_on

    def check_ins_in(self, period: Period) -> int:
        """On how many of the days somebody checked in."""
        return sum(period.holds(day) for day in self.checked_in_on)

    def shows_to(self, reading: Reading) -> bool:
        """A private goal is between the person and who assesses them."""
        return reading != "others" or self.visibility != "private"


class FeedbackEvidence(Aggregate):
    """A piece of feedback without its words."""

    id_field: ClassVar[str] = "feedback_id"
    feedback_id: FeedbackId
    person_id: PersonId
    giver_id: PersonId
    kind: feedback.FeedbackKind
    visibility: feedback.Visibility
    goal_id: GoalId | None
    competency: str | None
    given_on: date

    @classmethod
    def of(cls, event: feedback.FeedbackGiven, *, at: datetime) -> "FeedbackEvidence":
        """What there is to know of feedback that was given."""
        return cls(
            feedback_id=event.feedback_id,
            person_id=event.receiver_id,
            giver_id=event.giver_id,
            kind=event.kind,
            visibility=event.visibility,
            goal_id=event.goal_id,
            competency=event.competency,
            given_on=at.date(),
        )

    def shows_to(self, reading: Reading) -> bool:
        """What was said to the receiver alone is shown to the receiver alone."""
        return reading == "person" or self.visibility != "receiver"


class Evidence(Frozen):
    """All that a review rests on, as somebody may see it."""

    period: Period
    goals: tuple[GoalEvidence, ...] = ()
    feedback: tuple[FeedbackEvidence, ...] = ()

    @classmethod
    def within(
        cls, period: Period, *, goals: Sequence[GoalEvidence], feedback: Sequence[FeedbackEvidence]
    ) -> "Evidence":
        """What of these belongs to the period."""
        return cls(
            period=period,
            goals=tuple(goal for goal in goals if goal.is_active_in(period)),
            feedback=tuple(each for each in feedback if period.holds(each.given_on)),
        )

    def shown_to(self, reading: Reading) -> "Evidence":
        """What of it may be read so."""
        goals = tuple(goal for goal in self.goals if goal.shows_to(reading))
        feedback = tuple(each for each in self.feedback if each.shows_to(reading))
        return self.model_copy(update={"goals": goals, "feedback": feedback})

    @property
    def check_ins(self) -> int:
        """Check-ins in the period, at most one a goal and day."""
        return sum(goal.check_ins_in(self.period) for goal in self.goals)


class SharedEvidence(Aggregate):
    """What a shared review rests on, as it was when it was shared.

    Goals are kept as they stood.  Of feedback the ids are enough: it never changes, and one that its
    giver takes back later is gone from here as from everywhere.
    """

    id_field: ClassVar[str] = "review_id"
    review_id: ReviewId
    goals: tuple[GoalEvidence, ...]
    feedback_ids: tuple[FeedbackId, ...]

    @classmethod
    def of(cls, review_id: ReviewId, evidence: Evidence) -> "SharedEvidence":
        """All of the evidence, whoever may read which part of it."""
        feedback_ids = tuple(each.feedback_id for each in evidence.feedback)
        return cls(review_id=review_id, goals=evidence.goals, feedback_ids=feedback_ids)
