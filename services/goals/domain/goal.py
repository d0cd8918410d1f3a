"""The life of a goal: draft, proposed, agreed, closed; who may move it on is asked elsewhere.

Owner and manager shape a goal together: either proposes, the other agrees or asks for changes.
Every change returns the new goal and the event that it caused.
"""

from datetime import date, datetime
from typing import ClassVar, TypedDict

from pydantic import Field

from services.goals.domain.beside import Amendment, Narrower, Standing, is_wider, kept_narrower
from services.goals.domain.grade import Grade, Retrospective
from services.goals.domain.key_result import KeyResult, weighted_progress
from services.goals.domain.smart import missing_parts
from services.goals.domain.wording import Terms, Wording
from shared.aggregate import Aggregate
from shared.contracts import goals as contract
from shared.contracts.goals import BlockerKind, GoalStatus, Outcome, Visibility
from shared.errors import NotFound, Refusal
from shared.ids import AssignmentId, GoalId, KeyResultId, PersonId, TemplateId


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
    """Only the one who was asked can agree, ask for changes or decline."""

    status = 403


class AskedToAnswer(Refusal):
    """Who was asked answers a proposal and does not withdraw it."""


class Goal(Terms, Aggregate):
    """A goal of a person, a team or the organisation, with its key results.

    `asked_id` is who is to agree, while the goal or an amendment is proposed; `reason` is what was to be
    changed, or why it was not.  `dropped` are the ids of key results that it had; `declined` says that it
    ended since who was asked did not want it, `orphaned` that what it serves was closed or erased first;
    `told_at` is when a value of it was last reported.
    """

    id_field: ClassVar[str] = "goal_id"
    goal_id: GoalId
    owner_id: PersonId
    key_results: tuple[KeyResult, ...] = Field(default=())
    dropped: tuple[KeyResultId, ...] = ()
    narrower: tuple[Narrower, ...] = ()
    status: GoalStatus = "draft"
    outcome: Outcome | None = None
    asked_id: PersonId | None = None
    proposed_by: PersonId | None = None
    reason: str = ""
    agreed_on: date | None = None
    agreed_at: datetime | None = None
    contribution: float = 1.0
    orphaned: bool = False
    confidence: float | None = None
    blocked_by: tuple[BlockerKind, ...] = ()
    checked_in_on: date | None = None
    told_at: datetime | None = None
    standing: Standing = Standing()
    edition: int = 1
    origin_id: GoalId | None = None
    template_id: TemplateId | None = None
    assignment_id: AssignmentId | None = None
    declined: bool = False
    amendment: Amendment | None = None
    closing_comment: str = ""
    retrospective: Retrospective | None = None
    grades: tuple[Grade, ...] = ()
    closed_at: datetime | None = None
    closed_by: PersonId | None = None

    @property
    def progress(self) -> float | None:
        """Weighted share of the way, 0 to 1; None while no part of it can be told."""
        return weighted_progress(self.key_results)

    @classmethod
    def draft(
        cls,
        wording: Wording,
        *,
        goal_id: GoalId,
        owner_id: PersonId,
        template_id: TemplateId | None = None,
        contribution: float = 1.0,
    ) -> "tuple[Goal, contract.GoalDrafted]":
        """Write a new goal down.

        `template_id` is where its words were taken from, `contribution` how it weighs beside the others that
        serve its parent.
        """
        wording.require_sound()
        whose = {"goal_id": goal_id, "owner_id": owner_id, "template_id": template_id}
        goal = cls.model_validate({**_said(wording), **whose, "contribution": contribution})
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
            template_id=self.template_id,
        )

    def reword(self, wording: Wording, *, at: datetime) -> "tuple[Goal, contract.GoalChanged]":
        """Replace what a draft says; what was said of it before is not for those who read it only then."""
        self.must_be("draft", to="be reworded")
        wording.require_sound()
        reason = "" if is_wider(wording.visibility, self.visibility) else self.reason
        narrower = kept_narrower(self.narrower, self.visibility, wording.visibility, at=at)
        orphaned = self.orphaned and wording.parent_id == self.parent_id
        beside = {"reason": reason, "narrower": narrower, "orphaned": orphaned}
        goal = Goal.model_validate({**dict(self), **_said(wording), **beside})
        return goal, contract.GoalChanged(**goal.named(), starts_on=goal.starts_on, due_on=goal.due_on)

    def propose(self, *, by: PersonId, to: PersonId) -> "tuple[Goal, contract.GoalProposed]":
        """Ask the other, manager or owner, to agree."""
        self.must_be("draft", to="be proposed")
        self.require_smart()
        goal = self.model_copy(update={"status": "proposed", "proposed_by": by, "reason": ""})
        return goal.ask(to)

    def ask(self, to: PersonId) -> "tuple[Goal, contract.GoalProposed]":
        """Let somebody else answer the proposal, in the name of who made it."""
        self.must_be("proposed", to="be answered")
        goal = self.model_copy(update={"asked_id": to})
        by = self.proposed_by or self.owner_id
        return goal, contract.GoalProposed(**goal.named(), by_person_id=by, to_person_id=to)

    def withdraw(self, *, by: PersonId | None) -> "tuple[Goal, contract.GoalProposalWithdrawn]":
        """Take the proposal back; it is a draft again.  Without `by`, since nobody is left to answer."""
        self.must_be("proposed", to="be withdrawn")
        if by is not None and by == self.asked_id:
            raise AskedToAnswer("You are the one who was asked: agree, ask for changes, or decline.")
        asked = self.asked_id or self.owner_id
        goal = self.model_copy(update={"status": "draft", "asked_id": None})
        event = contract.GoalProposalWithdrawn(**goal.named(), by_person_id=by, to_person_id=asked)
        return goal, event

    def agree(
        self, *, by: PersonId, on: date, at: datetime | None = None
    ) -> "tuple[Goal, contract.GoalAgreed]":
        """Say yes to a proposal; the goal is active from here on, on the owner's day `on`."""
        self.must_be_asked(by)
        goal = self.model_copy(
            update={"status": "agreed", "asked_id": None, "agreed_on": on, "agreed_at": at}
        )
        event = contract.GoalAgreed(
            **goal.named(), by_person_id=by, starts_on=goal.starts_on, due_on=goal.due_on
        )
        return goal, event

    def request_changes(
        self, *, by: PersonId, to: PersonId, reason: str
    ) -> "tuple[Goal, contract.GoalChangesRequested]":
        """Send a proposal back to the other, saying why; it is a draft again."""
        self.must_be_asked(by)
        goal = self.model_copy(update={"status": "draft", "asked_id": None, "reason": reason})
        event = contract.GoalChangesRequested(**goal.named(), by_person_id=by, to_person_id=to)
        return goal, event

    def measure(
        self, key_result_id: KeyResultId, value: float, *, at: datetime
    ) -> "tuple[Goal, contract.KeyResultMeasured]":
        """Take a new value of a key result."""
        self.must_be("agreed", to="be measured")
        measured = self.part(key_result_id).measured(value, at=at)
        goal = self._with(measured)
        return goal, goal.measurement_of(measured, at=at, value=value)

    def reach_milestone(
        self, key_result_id: KeyResultId, milestone_id: str, *, reached: bool, at: datetime
    ) -> "tuple[Goal, contract.KeyResultMeasured]":
        """Take up that a milestone of a key result is reached, or is not after all."""
        self.must_be("agreed", to="be measured")
        measured = self.part(key_result_id).with_milestone(milestone_id, reached=reached, at=at)
        goal = self._with(measured)
        return goal, goal.measurement_of(measured, at=at)

    def stand_corrected(
        self, key_result_id: KeyResultId, value: float | None, *, at: datetime | None
    ) -> "tuple[Goal, KeyResult]":
        """Let this be the newest value of a key result, since one was wrong; None if none is left."""
        self.must_be("agreed", to="be measured")
        stands = self.part(key_result_id).standing_at(value, at=at)
        return self._with(stands), stands

    def stand_retold(self, part: KeyResult) -> "Goal":
        """Let a key result stand as it does by what is known now of its milestones."""
        self.must_be("agreed", to="be measured")
        return self._with(part)

    def part(self, key_result_id: KeyResultId) -> KeyResult:
        """The key result; raises `NotFound`."""
        found = next((part for part in self.key_results if part.key_result_id == key_result_id), None)
        if found is None:
            raise NotFound("The goal has no key result with this id.")
        return found

    def _with(self, new: KeyResult) -> "Goal":
        parts = tuple(new if part.key_result_id == new.key_result_id else part for part in self.key_results)
        return self.model_copy(update={"key_results": parts})

    def measurement_of(
        self, part: KeyResult, *, at: datetime, value: float | None = None
    ) -> contract.KeyResultMeasured:
        """The event that a key result has a value, its newest one unless another is given."""
        return contract.KeyResultMeasured(
            **self.named(),
            key_result_id=part.key_result_id,
            value=part.value if value is None else value,
            measured_at=at,
            key_result_progress=part.progress,
            goal_progress=self.progress,
        )

    def check_in(
        self, *, by: PersonId, confidence: float, blocker_kinds: tuple[BlockerKind, ...], on: date
    ) -> "tuple[Goal, contract.GoalCheckedIn]":
        """Say how it goes; `confidence` is a share from 0 to 1."""
        self.must_be("agreed", to="be checked in on")
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
        if self.status == "agreed":
            self.model_copy(update={"parent_id": parent_id}).require_smart()
        return self._serving(parent_id, contribution)

    def go_on_serving(self, successor_id: GoalId) -> "tuple[Goal, contract.GoalAligned]":
        """Let it serve what that goal goes on as which it serves; also while it is proposed."""
        return self._serving(successor_id, self.contribution)

    def _serving(self, parent_id: GoalId | None, contribution: float) -> "tuple[Goal, contract.GoalAligned]":
        moved = parent_id != self.parent_id
        changed = moved or (parent_id is not None and contribution != self.contribution)
        edition = self.edition + (self.status == "agreed" and changed)
        served = {"parent_id": parent_id, "contribution": contribution, "edition": edition}
        goal = self.model_copy(update=served | {"orphaned": self.orphaned and not moved})
        event = contract.GoalAligned(
            **goal.named(),
            from_parent_id=self.parent_id,
            to_parent_id=parent_id,
            contribution=contribution,
            edition=goal.edition,
        )
        return goal, event

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
            category=self.category if public else None,
            perspective=self.perspective,
            tags=self.tags if public else None,
            key_results=tuple(part.figures(confidential=not public) for part in self.key_results),
        )

    def named(self) -> _Named:
        """What every event says of the goal."""
        return {"goal_id": self.goal_id, "owner_id": self.owner_id, "visibility": self.visibility}

    def require_smart(self) -> None:
        """Refuse one that says too little to be agreed; raises `GoalNotSmart`."""
        missing = missing_parts(self)
        if missing:
            raise GoalNotSmart(" ".join(missing.values()), missing=sorted(missing))

    def must_be(self, status: GoalStatus, *, to: str) -> None:
        """Refuse what another stage is for; raises `GoalNotInStage`."""
        if self.status != status:
            raise GoalNotInStage(
                f"A goal that is {self.status} cannot {to}; it must be {status}.", status=self.status
            )

    def must_be_asked(self, by: PersonId) -> None:
        """Refuse who was not asked to agree; raises `NotTheOneAsked`."""
        self.must_be("proposed", to="be answered")
        if by != self.asked_id:
            raise NotTheOneAsked("Only the one who was asked to agree can answer the proposal.")


def _said(wording: Wording) -> dict[str, object]:
    return {**dict(wording), "key_results": [dict(part) for part in wording.key_results]}
