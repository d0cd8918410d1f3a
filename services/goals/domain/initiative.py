"""Initiatives: what is done for a goal, by whom, until when, and what it takes.

A key result says what will be true, an initiative what somebody does for it.  What is reported is so
far: a correction is another report, and every report is kept.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Literal, TypedDict

from pydantic import Field, StringConstraints

from services.goals.domain.beside import is_wider
from services.goals.domain.goal import Goal
from services.goals.domain.wording import EARLIEST, LATEST
from shared.aggregate import Aggregate
from shared.contracts import goals_initiatives as contract
from shared.contracts.base import Frozen
from shared.contracts.goals import Visibility
from shared.contracts.goals_initiatives import InitiativeEnd, InitiativeStatus
from shared.errors import Invalid, Refusal
from shared.ids import GoalId, InitiativeId, PersonId
from shared.money import Amount, Currency, Days, in_currency

OPEN: Final[Sequence[InitiativeStatus]] = ("planned", "under_way")
Beyond = Literal["starts_before_goal", "ends_after_goal"]
"""How an initiative's dates may lie beyond its goal's."""


class InitiativeEnded(Refusal):
    """What is done or dropped is not planned or reported on any more; what it took may be corrected."""


class CurrencySettled(Refusal):
    """An initiative counts in one currency, and something was reported in it."""


class InitiativeTerms(Frozen):
    """What is planned, and when; effort in person-days, cost in `currency`."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    description: str = Field(default="", max_length=4000)
    starts_on: date = Field(ge=EARLIEST, le=LATEST)
    due_on: date = Field(ge=EARLIEST, le=LATEST)
    planned_effort_days: Days | None = None
    planned_cost: Amount | None = None
    currency: Currency | None = None


class InitiativePlan(InitiativeTerms):
    """The same, and who does it."""

    owner_id: PersonId

    def sound(self) -> "InitiativePlan":
        """The same with its cost to the places of its currency; raises `Invalid`."""
        if self.due_on < self.starts_on:
            raise Invalid(
                "It cannot be due before it starts; change one of the dates.",
                starts_on=self.starts_on,
                due_on=self.due_on,
            )
        return self.model_copy(update={"planned_cost": _counted(self.planned_cost, self.currency)})


class Progress(Frozen):
    """What somebody says of it: the share that is done, 0 to 1, and what it took so far.

    What is left out stays; `currency` may be left out where the initiative has one.
    """

    share_done: float | None = Field(default=None, ge=0, le=1)
    effort_days: Days | None = None
    cost: Amount | None = None
    currency: Currency | None = None
    note: str = Field(default="", max_length=2000)


class InitiativeReport(Aggregate):
    """A report that was made, as it was made; it does not change.  `status` is that after it."""

    id_field: ClassVar[str] = "report_id"
    report_id: str
    initiative_id: InitiativeId
    by_person_id: PersonId
    at: datetime
    status: InitiativeStatus
    share_done: float | None
    effort_days: Days | None
    cost: Amount | None
    currency: Currency | None
    note: str


class _Named(TypedDict):
    initiative_id: InitiativeId
    goal_id: GoalId
    owner_id: PersonId
    goal_owner_id: PersonId
    visibility: Visibility


class _Figures(TypedDict):
    starts_on: date
    due_on: date
    planned_effort_days: Decimal | None
    planned_cost: Decimal | None
    currency: str | None


class Initiative(InitiativePlan, Aggregate):
    """Something that is done for a goal.

    `goal_owner_id` and `goal_visibility` are the goal's, kept here for who may read it; `owner_left` says
    that nobody works on it.
    """

    id_field: ClassVar[str] = "initiative_id"
    initiative_id: InitiativeId
    goal_id: GoalId
    goal_owner_id: PersonId
    goal_visibility: Visibility
    status: InitiativeStatus = "planned"
    share_done: float = 0.0
    actual_effort_days: Days | None = None
    actual_cost: Amount | None = None
    owner_left: bool = False
    reason: str = ""
    closed_at: datetime | None = None
    closed_by: PersonId | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do."""
        return self.status in OPEN

    @classmethod
    def plan(
        cls, plan: InitiativePlan, goal: Goal, *, initiative_id: InitiativeId, by: PersonId
    ) -> "tuple[Initiative, contract.InitiativePlanned]":
        """Write down what is to be done for a goal."""
        of_goal = {
            "goal_id": goal.goal_id,
            "goal_owner_id": goal.owner_id,
            "goal_visibility": goal.visibility,
        }
        said = {**dict(plan.sound()), **of_goal, "initiative_id": initiative_id}
        new = cls.model_validate(said)
        return new, contract.InitiativePlanned(**new.named(), **_figures(new), by_person_id=by)

    def change(
        self, plan: InitiativePlan, *, by: PersonId
    ) -> "tuple[Initiative, contract.InitiativeChanged | None]":
        """Plan it otherwise; without an event if it is planned so already."""
        self._must_be_open("be planned otherwise")
        plan = plan.sound()
        if self.actual_cost is not None and plan.currency != self.currency:
            raise CurrencySettled(
                f"What it cost was reported in {self.currency}; keep that, or plan another initiative.",
                currency=self.currency,
            )
        changes = tuple(name for name, value in plan if value != getattr(self, name))
        if not changes:
            return self, None
        given = plan.owner_id != self.owner_id
        owner_left = self.owner_left and not given
        new = self.model_copy(update={**dict(plan), "owner_left": owner_left})
        event = contract.InitiativeChanged(
            **new.named(),
            **_figures(new),
            by_person_id=by,
            changes=changes,
            from_owner_id=self.owner_id if given else None,
        )
        return new, event

    def report(self, said: Progress, *, by: PersonId) -> "tuple[Initiative, contract.InitiativeProgressed]":
        """Take what somebody says of it; it has begun once some is done or taken, and not by a note."""
        if said.share_done is None and said.effort_days is None and said.cost is None and not said.note:
            raise Invalid("There is nothing in the report; say what is done, what it took, or how it goes.")
        if not self.is_open and said.share_done is not None:
            raise InitiativeEnded(
                f"It is {self.status}; what it took can still be corrected, and nothing else.",
                status=self.status,
            )
        currency = self._currency_of(said)
        cost = _counted(said.cost, currency)
        begun = self.status == "planned" and any((said.share_done, said.effort_days, said.cost))
        new = self.model_copy(
            update={
                "status": "under_way" if begun else self.status,
                "share_done": self.share_done if said.share_done is None else said.share_done,
                "actual_effort_days": _or(said.effort_days, self.actual_effort_days),
                "actual_cost": _or(cost, self.actual_cost),
                "currency": currency,
            }
        )
        event = contract.InitiativeProgressed(
            **new.named(),
            by_person_id=by,
            status=new.status,
            share_done=new.share_done,
            actual_effort_days=new.actual_effort_days,
            actual_cost=new.actual_cost,
            currency=new.currency,
        )
        return new, event

    def close(
        self, outcome: InitiativeEnd, *, by: PersonId | None, reason: str, at: datetime
    ) -> "tuple[Initiative, contract.InitiativeClosed]":
        """End it; what is dropped says why.  Without `by` its goal was closed."""
        self._must_be_open("be closed")
        if outcome == "dropped" and by is not None and not reason:
            raise Invalid("Say in reason why it is dropped.")
        share = 1.0 if outcome == "done" else self.share_done
        ending = {"status": outcome, "share_done": share, "reason": reason}
        new = self.model_copy(update={**ending, "closed_at": at, "closed_by": by})
        event = contract.InitiativeClosed(
            **new.named(), by_person_id=by, outcome=outcome, share_done=new.share_done
        )
        return new, event

    def end_with_goal(self, *, at: datetime) -> "tuple[Initiative, contract.InitiativeClosed]":
        """End it since its goal is closed: as done if all of it is, or else as dropped."""
        return self.close("done" if self.share_done == 1 else "dropped", by=None, reason="", at=at)

    def carried_over(self, to: Goal) -> "tuple[Initiative, contract.InitiativeChanged]":
        """Let it serve the goal that its own goes on as."""
        new = self.of_goal(to).model_copy(update={"goal_id": to.goal_id})
        event = contract.InitiativeChanged(
            **new.named(),
            **_figures(new),
            by_person_id=None,
            changes=("goal_id",),
            from_goal_id=self.goal_id,
        )
        return new, event

    def left_alone(self) -> "tuple[Initiative, contract.InitiativeLeftAlone]":
        """Nobody works on it any more."""
        new = self.model_copy(update={"owner_left": True})
        return new, contract.InitiativeLeftAlone(**new.named())

    def taken_up(self) -> "tuple[Initiative, contract.InitiativeTakenUp]":
        """Who is to do it works here again."""
        new = self.model_copy(update={"owner_left": False})
        return new, contract.InitiativeTakenUp(**new.named())

    def follow(self, goal: Goal) -> "tuple[Initiative, contract.InitiativeFollowed | None]":
        """Be its goal's owner's, and for those who may read it; without an event if it is so already.

        Why it was dropped was said to those who read it then.
        """
        new = self.of_goal(goal)
        if is_wider(goal.visibility, self.goal_visibility):
            new = new.model_copy(update={"reason": ""})
        return new, contract.InitiativeFollowed(**new.named()) if new != self else None

    def state(self) -> contract.InitiativeState:
        """What others may know; only where everyone may read its goal it shows its title."""
        return contract.InitiativeState(
            **self.named(),
            **_figures(self),
            title=self.title if self.goal_visibility == "everyone" else None,
            status=self.status,
            share_done=self.share_done,
            actual_effort_days=self.actual_effort_days,
            actual_cost=self.actual_cost,
            owner_left=self.owner_left,
        )

    def of_goal(self, goal: Goal) -> "Initiative":
        """With what it keeps of its goal as that is now."""
        return self.model_copy(update={"goal_owner_id": goal.owner_id, "goal_visibility": goal.visibility})

    def beyond(self, goal: Goal) -> tuple[Beyond, ...]:
        """How its dates lie beyond its goal's.

        That is told and not refused: preparations begin before a goal does, and what serves a goal may go on
        to serve its successor; the goal's own dates change too.
        """
        early: tuple[Beyond, ...] = ("starts_before_goal",) if self.starts_on < goal.starts_on else ()
        return (*early, "ends_after_goal") if self.due_on > goal.due_on else early

    def named(self) -> _Named:
        """What every event says of it."""
        return {
            "initiative_id": self.initiative_id,
            "goal_id": self.goal_id,
            "owner_id": self.owner_id,
            "goal_owner_id": self.goal_owner_id,
            "visibility": self.goal_visibility,
        }

    def _must_be_open(self, to: str) -> None:
        if not self.is_open:
            raise InitiativeEnded(f"An initiative that is {self.status} cannot {to}.", status=self.status)

    def _currency_of(self, said: Progress) -> str | None:
        """The currency that it counts in from now on."""
        if said.currency is None or said.currency == self.currency:
            return self.currency
        if self.currency is not None:
            raise CurrencySettled(
                f"It counts in {self.currency}; report in that, or leave the currency out.",
                currency=self.currency,
            )
        return said.currency


def _figures(plan: InitiativePlan) -> _Figures:
    return {
        "starts_on": plan.starts_on,
        "due_on": plan.due_on,
        "planned_effort_days": plan.planned_effort_days,
        "planned_cost": plan.planned_cost,
        "currency": plan.currency,
    }


def _counted(amount: Decimal | None, currency: str | None) -> Decimal | None:
    """To the places of its currency; raises `Invalid`."""
    if amount is None:
        return None
    if currency is None:
        raise Invalid("Say in currency what the cost is in, such as EUR.")
    try:
        return in_currency(amount, currency)
    except ValueError as error:
        raise Invalid(f"The cost cannot be so: {error}.", currency=currency) from error


def _or(said: Decimal | None, before: Decimal | None) -> Decimal | None:
    return before if said is None else said
