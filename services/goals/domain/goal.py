"""The life of a goal: draft, proposed, agreed, closed; who may move it on is asked elsewhere.

Owner and manager shape a goal together: either proposes, the other agrees or asks for changes.
Every change returns the new goal and the event that it caused.
"""

from datetime import date, datetime
from typing import ClassVar, TypedDict

from pydantic import Field

from services.goals.domain.key_result import MOVING, KeyResult, KeyResultWording, weighted_progress
from services.goals.domain.smart import missing_parts
from services.goals.domain.wording import Change, Terms, Wording
from shared.aggregate import Aggregate
from shared.contracts import goals as contract
from shared.contracts.base import Frozen
from shared.contracts.goals import BlockerKind, GoalStatus, Heading, Neglect, Outcome, Pace, Visibility
from shared.errors import NotFound, Refusal
from shared.ids import GoalId, KeyResultId, PeriodId, PersonId


class _Named(TypedDict):
    goal_id: GoalId
    owner_id: PersonId
    visibility: Visibility


class GoalNotInStage(Refusal):
    """The goal's stage does not allow this."""


class GoalNotSmart(Refusal):
    """Only a goal that is specific, measurable, relevant and time-bound can be proposed."""

    status = 422


class NotTheOneAsked(Refusal):
    """Only the one who was asked can agree or ask for changes."""

    status = 403


class AskedToAnswer(Refusal):
    """Who was asked answers a proposal and does not withdraw it."""


class Standing(Frozen):
    """What of an agreed goal's outlook has been told; see outlook.py."""

    pace: Pace | None = None
    heading: Heading | None = None
    overdue: bool = False
    silent: bool = False
    neglect: Neglect | None = None


class Amendment(Frozen):
    """A change that somebody wants, and why; `then` is who has to agree after the one who is asked now."""

    change: Change
    by: PersonId
    reason: str
    then: PersonId | None = None


class Goal(Terms, Aggregate):
    """A goal of a person, a team or the organisation, with its key results.

    `asked_id` is who is to agree, while the goal or an amendment is proposed; `reason` is what was to be
    changed, or why it was not.
    """

    id_field: ClassVar[str] = "goal_id"
    goal_id: GoalId
    owner_id: PersonId
    key_results: tuple[KeyResult, ...] = Field(default=())
    status: GoalStatus = "draft"
    outcome: Outcome | None = None
    asked_id: PersonId | None = None
    proposed_by: PersonId | None = None
    reason: str = ""
    agreed_on: date | None = None
    contribution: float = 1.0
    confidence: float | None = None
    blocked_by: tuple[BlockerKind, ...] = ()
    checked_in_on: date | None = None
    standing: Standing = Standing()
    edition: int = 1
    origin_id: GoalId | None = None
    amendment: Amendment | None = None
    closing_comment: str = ""
    closed_at: datetime | None = None
    closed_by: PersonId | None = None

    @property
    def progress(self) -> float | None:
        """Weighted share of the way, 0 to 1; None while no part of it can be told."""
        return weighted_progress(self.key_results)

    @classmethod
    def draft(
        cls, wording: Wording, *, goal_id: GoalId, owner_id: PersonId
    ) -> "tuple[Goal, contract.GoalDrafted]":
        """Write a new goal down."""
        wording.require_sound()
        goal = cls.model_validate({**_said(wording), "goal_id": goal_id, "owner_id": owner_id})
        return goal, goal.drafted()

    def drafted(self) -> contract.GoalDrafted:
        """The event that it was written down."""
        return contract.GoalDrafted(
            **self.named(),
            kind=self.kind,
            level=self.level,
            starts_on=self.starts_on,
            due_on=self.due_on,
            parent_id=self.parent_id,
            period_id=self.period_id,
            origin_id=self.origin_id,
        )

    def reword(self, wording: Wording) -> "tuple[Goal, contract.GoalChanged]":
        """Replace what a draft says."""
        self._must_be("draft", to="be reworded")
        wording.require_sound()
        goal = Goal.model_validate({**dict(self), **_said(wording)})
        return goal, contract.GoalChanged(**goal.named(), starts_on=goal.starts_on, due_on=goal.due_on)

    def propose(self, *, by: PersonId, to: PersonId) -> "tuple[Goal, contract.GoalProposed]":
        """Ask the other, manager or owner, to agree."""
        self._must_be("draft", to="be proposed")
        self._require_smart()
        goal = self.model_copy(update={"status": "proposed", "proposed_by": by, "reason": ""})
        return goal.ask(to)

    def ask(self, to: PersonId) -> "tuple[Goal, contract.GoalProposed]":
        """Let somebody else answer the proposal, in the name of who made it."""
        self._must_be("proposed", to="be answered")
        goal = self.model_copy(update={"asked_id": to})
        by = self.proposed_by or self.owner_id
        return goal, contract.GoalProposed(**goal.named(), by_person_id=by, to_person_id=to)

    def withdraw(self, *, by: PersonId | None) -> "tuple[Goal, contract.GoalProposalWithdrawn]":
        """Take the proposal back; it is a draft again.  Without `by`, since nobody is left to answer."""
        self._must_be("proposed", to="be withdrawn")
        if by is not None and by == self.asked_id:
            raise AskedToAnswer("You are the one who was asked: agree, or ask for changes.")
        asked = self.asked_id or self.owner_id
        goal = self.model_copy(update={"status": "draft", "asked_id": None})
        event = contract.GoalProposalWithdrawn(**goal.named(), by_person_id=by, to_person_id=asked)
        return goal, event

    def agree(self, *, by: PersonId, on: date) -> "tuple[Goal, contract.GoalAgreed]":
        """Say yes to a proposal; the goal is active from here on."""
        self._must_be_asked(by)
        goal = self.model_copy(update={"status": "agreed", "asked_id": None, "agreed_on": on})
        event = contract.GoalAgreed(
            **goal.named(), by_person_id=by, starts_on=goal.starts_on, due_on=goal.due_on
        )
        return goal, event

    def request_changes(
        self, *, by: PersonId, to: PersonId, reason: str
    ) -> "tuple[Goal, contract.GoalChangesRequested]":
        """Send a proposal back to the other, saying why; it is a draft again."""
        self._must_be_asked(by)
        goal = self.model_copy(update={"status": "draft", "asked_id": None, "reason": reason})
        event = contract.GoalChangesRequested(**goal.named(), by_person_id=by, to_person_id=to)
        return goal, event

    def measure(
        self, key_result_id: KeyResultId, value: float, *, at: datetime
    ) -> "tuple[Goal, contract.KeyResultMeasured]":
        """Take a new value of a key result."""
        self._must_be("agreed", to="be measured")
        before = next((part for part in self.key_results if part.key_result_id == key_result_id), None)
        if before is None:
            raise NotFound("The goal has no key result with this id.")
        measured = before.measured(value, at=at)
        parts = tuple(measured if part is before else part for part in self.key_results)
        goal = self.model_copy(update={"key_results": parts})
        return goal, contract.KeyResultMeasured(
            **goal.named(),
            key_result_id=key_result_id,
            value=value,
            measured_at=at,
            key_result_progress=measured.progress,
            goal_progress=goal.progress,
        )

    def check_in(
        self, *, by: PersonId, confidence: float, blocker_kinds: tuple[BlockerKind, ...], on: date
    ) -> "tuple[Goal, contract.GoalCheckedIn]":
        """Say how it goes; `confidence` is a share from 0 to 1."""
        self._must_be("agreed", to="be checked in on")
        heard = self.standing.model_copy(update={"silent": False})
        said = {"confidence": confidence, "blocked_by": blocker_kinds, "checked_in_on": on}
        goal = self.model_copy(update={**said, "standing": heard})
        return goal, contract.GoalCheckedIn(
            **goal.named(),
            by_person_id=by,
            confidence=confidence,
            blocker_kinds=blocker_kinds,
            goal_progress=goal.progress,
        )

    def align(
        self, parent_id: GoalId | None, *, contribution: float = 1.0
    ) -> "tuple[Goal, contract.GoalAligned]":
        """Let it serve another goal, or none; that there is no cycle is checked by who can see the tree."""
        if self.status == "proposed":
            raise GoalNotInStage(
                "Somebody is asked to agree to the goal as it is; withdraw the proposal first.",
                status=self.status,
            )
        if self.status == "closed":
            raise GoalNotInStage("A closed goal stays where it was.", status=self.status)
        goal = self.model_copy(update={"parent_id": parent_id, "contribution": contribution})
        if goal.status == "agreed":
            goal._require_smart()  # noqa: SLF001  another one of the same kind
        event = contract.GoalAligned(
            **goal.named(),
            from_parent_id=self.parent_id,
            to_parent_id=parent_id,
            contribution=contribution,
        )
        return goal, event

    def close(
        self, *, outcome: Outcome, by: PersonId | None, comment: str, at: datetime
    ) -> "tuple[Goal, contract.GoalClosed]":
        """End it; a goal that was never agreed can only be cancelled.  Without `by` the suite does it."""
        if self.status == "closed":
            raise GoalNotInStage("The goal is closed already.", status=self.status)
        if self.status != "agreed" and outcome != "cancelled":
            raise GoalNotInStage(
                f"A goal that is {self.status} was never agreed; it can only be cancelled.",
                status=self.status,
            )
        closing = {"outcome": outcome, "closing_comment": comment, "closed_at": at, "closed_by": by}
        goal = self.model_copy(update={"status": "closed", "asked_id": None, "amendment": None, **closing})
        return goal, contract.GoalClosed(
            **goal.named(), by_person_id=by, outcome=outcome, progress=goal.progress
        )

    def carried_over(
        self,
        goal_id: GoalId,
        *,
        period_id: PeriodId,
        starts_on: date,
        due_on: date,
        by: PersonId,
        at: datetime,
    ) -> "tuple[Goal, contract.GoalClosed, Goal, contract.GoalDrafted]":
        """End it, and draft what goes on from where it stands; a target that is reached is for a new goal."""
        self._must_be("agreed", to="be carried over")
        open_parts = [part for part in self.key_results if part.type not in MOVING or part.progress != 1.0]
        if not open_parts:
            raise GoalNotInStage("All of it is reached; close it as achieved.", status=self.status)
        ended, closed = self.close(outcome="carried_over", by=by, comment="", at=at)
        terms = {name: getattr(self, name) for name in Terms.model_fields}
        terms |= {"period_id": period_id, "starts_on": starts_on, "due_on": due_on}
        parts = tuple(
            KeyResultWording.model_validate(
                {**dict(part), "start": part.value if part.type in MOVING else part.start}
            )
            for part in open_parts
        )
        wording = Wording.model_validate({**terms, "key_results": parts})
        new, _ = Goal.draft(wording, goal_id=goal_id, owner_id=self.owner_id)
        new = new.model_copy(update={"origin_id": self.goal_id, "contribution": self.contribution})
        return ended, closed, new, new.drafted()

    def state(self) -> contract.GoalState:
        """What others may know; only a goal that everyone may read shows its words."""
        public = self.visibility == "everyone"
        return contract.GoalState(
            goal_id=self.goal_id,
            owner_id=self.owner_id,
            title=self.title if public else None,
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
            pace=self.standing.pace,
            heading=self.standing.heading,
            overdue=self.standing.overdue,
            period_id=self.period_id,
            origin_id=self.origin_id,
            key_results=tuple(part.figures(confidential=not public) for part in self.key_results),
        )

    def named(self) -> _Named:
        """What every event says of the goal."""
        return {"goal_id": self.goal_id, "owner_id": self.owner_id, "visibility": self.visibility}

    def _require_smart(self) -> None:
        missing = missing_parts(self)
        if missing:
            raise GoalNotSmart(" ".join(missing.values()), missing=sorted(missing))

    def _must_be(self, status: GoalStatus, *, to: str) -> None:
        if self.status != status:
            raise GoalNotInStage(
                f"A goal that is {self.status} cannot {to}; it must be {status}.", status=self.status
            )

    def _must_be_asked(self, by: PersonId) -> None:
        self._must_be("proposed", to="be answered")
        if by != self.asked_id:
            raise NotTheOneAsked("Only the one who was asked to agree can answer the proposal.")


def _said(wording: Wording) -> dict[str, object]:
    return {**dict(wording), "key_results": [dict(part) for part in wording.key_results]}
