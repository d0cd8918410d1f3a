"""The life of a goal: draft, proposed, agreed, closed; who may move it on is asked elsewhere.

Owner and manager shape a goal together: either proposes, the other agrees or asks for changes.
Every change returns the new goal and the event that it caused.
"""

from datetime import date, datetime
from typing import ClassVar, TypedDict

from pydantic import Field

from services.goals.domain.key_result import KeyResult, weighted_progress
from services.goals.domain.smart import missing_parts
from shared.aggregate import Aggregate
from shared.contracts import goals as contract
from shared.contracts.base import Frozen
from shared.contracts.goals import BlockerKind, GoalKind, GoalLevel, GoalStatus, Outcome, Visibility
from shared.errors import Invalid, NotFound, Refusal
from shared.ids import GoalId, KeyResultId, PersonId


class _Named(TypedDict):
    goal_id: GoalId
    owner_id: PersonId
    visibility: Visibility


class GoalNotInStage(Refusal):
    """The goal's stage does not allow this."""


class GoalNotSmart(Refusal):
    """A goal can be proposed once it is specific, measurable, relevant and time-bound."""

    status = 422


class NotTheOneAsked(Refusal):
    """Only the one who was asked can agree or ask for changes."""

    status = 403


class Wording(Frozen):
    """What a draft says; the part of a goal that its owner and manager write."""

    title: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=4000)
    kind: GoalKind = "objective"
    level: GoalLevel = "person"
    visibility: Visibility = "line"
    parent_id: GoalId | None = None
    relevance: str = Field(default="", max_length=1000)
    weight: float = Field(default=0.0, ge=0, le=100)
    starts_on: date
    due_on: date
    key_results: tuple[KeyResult, ...] = Field(default=(), max_length=20)


class Goal(Wording, Aggregate):
    """A goal of a person, a team or the organisation, with its key results."""

    id_field: ClassVar[str] = "goal_id"
    goal_id: GoalId
    owner_id: PersonId
    status: GoalStatus = "draft"
    outcome: Outcome | None = None
    asked_id: PersonId | None = None
    proposed_by: PersonId | None = None
    reason: str = ""
    confidence: float | None = None
    closing_comment: str = ""
    closed_at: datetime | None = None

    @property
    def progress(self) -> float:
        """Weighted share of the way, 0 to 1."""
        return weighted_progress(self.key_results)

    @classmethod
    def draft(
        cls, wording: Wording, *, goal_id: GoalId, owner_id: PersonId
    ) -> "tuple[Goal, contract.GoalDrafted]":
        """Write a new goal down."""
        goal = cls(**dict(wording), goal_id=goal_id, owner_id=owner_id)
        goal.check_dates()
        return goal, contract.GoalDrafted(
            **goal.named(),
            kind=goal.kind,
            level=goal.level,
            starts_on=goal.starts_on,
            due_on=goal.due_on,
            parent_id=goal.parent_id,
        )

    def reword(self, wording: Wording) -> "tuple[Goal, contract.GoalChanged]":
        """Replace what a draft says."""
        self._must_be("draft", to="be reworded")
        goal = Goal.model_validate({**dict(self), **dict(wording)})
        goal.check_dates()
        return goal, contract.GoalChanged(**goal.named(), starts_on=goal.starts_on, due_on=goal.due_on)

    def propose(self, *, by: PersonId, to: PersonId) -> "tuple[Goal, contract.GoalProposed]":
        """Ask the other, manager or owner, to agree."""
        self._must_be("draft", to="be proposed")
        missing = missing_parts(self)
        if missing:
            raise GoalNotSmart(" ".join(missing.values()), missing=sorted(missing))
        goal = self.model_copy(update={"status": "proposed", "asked_id": to, "proposed_by": by, "reason": ""})
        return goal, contract.GoalProposed(**goal.named(), by_person_id=by, to_person_id=to)

    def agree(self, *, by: PersonId) -> "tuple[Goal, contract.GoalAgreed]":
        """Say yes to a proposal; the goal is active from here on."""
        self._must_be_asked(by)
        goal = self.model_copy(update={"status": "agreed", "asked_id": None})
        event = contract.GoalAgreed(
            **goal.named(), by_person_id=by, starts_on=goal.starts_on, due_on=goal.due_on
        )
        return goal, event

    def request_changes(self, *, by: PersonId, reason: str) -> "tuple[Goal, contract.GoalChangesRequested]":
        """Send a proposal back, saying why; it is a draft again."""
        self._must_be_asked(by)
        asked = self.proposed_by or self.owner_id
        goal = self.model_copy(update={"status": "draft", "asked_id": None, "reason": reason})
        event = contract.GoalChangesRequested(**goal.named(), by_person_id=by, to_person_id=asked)
        return goal, event

    def measure(
        self, key_result_id: KeyResultId, value: float, *, at: datetime
    ) -> "tuple[Goal, contract.KeyResultMeasured]":
        """Take a new value of a key result."""
        self._must_be("agreed", to="be measured")
        if all(part.key_result_id != key_result_id for part in self.key_results):
            raise NotFound("The goal has no key result with this id.")
        parts = tuple(
            part.measured(value, at=at) if part.key_result_id == key_result_id else part
            for part in self.key_results
        )
        goal = self.model_copy(update={"key_results": parts})
        measured = next(part for part in parts if part.key_result_id == key_result_id)
        return goal, contract.KeyResultMeasured(
            **goal.named(),
            key_result_id=key_result_id,
            value=value,
            measured_at=at,
            key_result_progress=measured.progress,
            goal_progress=goal.progress,
        )

    def check_in(
        self, *, by: PersonId, confidence: float, blocker_kinds: tuple[BlockerKind, ...]
    ) -> "tuple[Goal, contract.GoalCheckedIn]":
        """Say how it goes; `confidence` is a share from 0 to 1."""
        self._must_be("agreed", to="be checked in on")
        goal = self.model_copy(update={"confidence": confidence})
        return goal, contract.GoalCheckedIn(
            **goal.named(),
            by_person_id=by,
            confidence=confidence,
            blocker_kinds=blocker_kinds,
            goal_progress=goal.progress,
        )

    def align(self, parent_id: GoalId | None) -> "tuple[Goal, contract.GoalAligned]":
        """Let it serve another goal, or none; that there is no cycle is checked by who can see the tree."""
        if self.status == "closed":
            raise GoalNotInStage("A closed goal stays where it was.", status=self.status)
        goal = self.model_copy(update={"parent_id": parent_id})
        event = contract.GoalAligned(**goal.named(), from_parent_id=self.parent_id, to_parent_id=parent_id)
        return goal, event

    def close(
        self, *, outcome: Outcome, by: PersonId | None, comment: str, at: datetime
    ) -> "tuple[Goal, contract.GoalClosed]":
        """End it; a goal that was never agreed can only be cancelled."""
        if self.status == "closed":
            raise GoalNotInStage("The goal is closed already.", status=self.status)
        if self.status != "agreed" and outcome != "cancelled":
            raise GoalNotInStage(
                f"A goal that is {self.status} was never agreed; it can only be cancelled.",
                status=self.status,
            )
        closing = {"outcome": outcome, "closing_comment": comment, "closed_at": at, "asked_id": None}
        goal = self.model_copy(update={"status": "closed", **closing})
        return goal, contract.GoalClosed(
            **goal.named(), by_person_id=by, outcome=outcome, progress=goal.progress
        )

    def state(self) -> contract.GoalState:
        """What others may know; a private goal keeps its title."""
        return contract.GoalState(
            goal_id=self.goal_id,
            owner_id=self.owner_id,
            title=None if self.visibility == "private" else self.title,
            kind=self.kind,
            level=self.level,
            status=self.status,
            outcome=self.outcome,
            visibility=self.visibility,
            parent_id=self.parent_id,
            starts_on=self.starts_on,
            due_on=self.due_on,
            weight=self.weight,
            progress=self.progress,
            key_results=tuple(part.figures() for part in self.key_results),
        )

    def named(self) -> _Named:
        """What every event says of the goal."""
        return {"goal_id": self.goal_id, "owner_id": self.owner_id, "visibility": self.visibility}

    def _must_be(self, status: GoalStatus, *, to: str) -> None:
        if self.status != status:
            raise GoalNotInStage(
                f"A goal that is {self.status} cannot {to}; it must be {status}.", status=self.status
            )

    def _must_be_asked(self, by: PersonId) -> None:
        self._must_be("proposed", to="be answered")
        if by != self.asked_id:
            raise NotTheOneAsked("Only the one who was asked to agree can answer the proposal.")

    def check_dates(self) -> None:
        """Refuse a goal that ends before it starts, or has two key results of one id."""
        if self.due_on <= self.starts_on:
            raise Invalid(
                "The due date must lie after the start.", starts_on=self.starts_on, due_on=self.due_on
            )
        ids = [part.key_result_id for part in self.key_results]
        if len(set(ids)) < len(ids):
            raise Invalid("Two key results have the same id; give each its own.")
