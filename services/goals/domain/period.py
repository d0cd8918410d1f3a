"""Planning periods: open for planning and work, closing for a time of grace, then closed.

A goal may belong to one.  While it closes, what was agreed is still followed, graded and carried over, but
nothing new is planned; once it is closed its goals are read and no longer changed, but settled: what was
left open is closed as it ended, or carried over.  HR can correct a period until it is closed, and reopen
one that was closed too early; each time it is kept who did so, when, why, and what was so before.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from services.goals.domain.wording import EARLIEST, LATEST, ReasonMissing, why
from shared.aggregate import Aggregate
from shared.contracts import goals_periods as contract
from shared.contracts.base import Frozen
from shared.contracts.goals_periods import PeriodKind, PeriodStatus
from shared.errors import Invalid, Refusal
from shared.ids import PeriodId, PersonId

EVERYWHERE: Final = timezone(-timedelta(hours=12))
"""A day has ended when it has ended everywhere on Earth: nobody's period ends before their midnight."""
Deed = Literal["plan", "follow"]
"""To plan is to draft, reword, propose or agree; to follow is to measure, correct, check in, amend, align,
plan and report on initiatives, grade or look back.

To settle what was left open, by closing it or carrying it over, is allowed in any stage.
"""


class PeriodClosing(Refusal):
    """Nothing new is planned in a period that closes."""


class PeriodClosed(Refusal):
    """What belongs to a closed period is only read, and carried over."""


class OutsidePeriod(Refusal):
    """A goal of a period is due within it."""

    status = 422


class PeriodNotLater(Refusal):
    """A goal goes on in a period that ends later than the one that it comes from."""

    status = 422


class NoSuchPeriod(Refusal):
    """The period does not exist."""

    status = 422


class PeriodNotClosed(Refusal):
    """What is still open needs no reopening."""


class PeriodExists(Refusal):
    """There is one of this name with these dates already."""


class GoalsOutside(Refusal):
    """A period keeps its goals within its dates."""


PeriodName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
PeriodReason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
MOST_CHANGES: Final = 200
"""Of one period: they are kept with it."""


class PeriodWording(Frozen):
    """What is written down of a period; both dates belong to it.

    `grace_days` is how long it closes after its end, `check_in_days` how often its goals are checked in on.
    """

    name: PeriodName
    kind: PeriodKind
    starts_on: date = Field(ge=EARLIEST)
    ends_on: date = Field(le=LATEST)
    grace_days: int = Field(default=14, ge=0, le=90)
    check_in_days: int = Field(default=14, ge=1, le=90)

    @model_validator(mode="after")
    def _has_days(self) -> Self:
        if self.ends_on <= self.starts_on:
            raise ValueError("a period ends after it starts; change one of the dates")
        days = {"quarter": (85, 98), "half_year": (175, 190), "year": (360, 372)}.get(self.kind)
        length = (self.ends_on - self.starts_on).days + 1
        if days is not None and not days[0] <= length <= days[1]:
            raise ValueError(
                f"a {self.kind.replace('_', ' ')} has {days[0]} to {days[1]} days, this one has {length};"
                " change a date, or make its kind custom"
            )
        return self


class PeriodCorrection(Frozen):
    """What is written anew of a period; what is not named stays."""

    name: PeriodName | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    grace_days: int | None = None
    check_in_days: int | None = None


class PeriodChange(Frozen):
    """That somebody has corrected, closed or reopened a period, and what was said of it before."""

    at: datetime
    by_person_id: PersonId | None
    what: Literal["corrected", "closed", "reopened"]
    reason: str
    before: PeriodCorrection = PeriodCorrection()


class Period(PeriodWording, Aggregate):
    """A planning period and how far it has gone."""

    id_field: ClassVar[str] = "period_id"
    period_id: PeriodId
    status: PeriodStatus = "open"
    reopened_until: date | None = None
    changes: tuple[PeriodChange, ...] = ()

    @property
    def closes_on(self) -> date:
        """The last day of grace, or the one until which it was reopened."""
        return self.reopened_until or self.ends_on + timedelta(days=self.grace_days)

    @classmethod
    def open(cls, wording: PeriodWording, *, period_id: PeriodId) -> "tuple[Period, contract.PeriodOpened]":
        """Begin to plan in it."""
        period = cls.model_validate({**dict(wording), "period_id": period_id})
        event = contract.PeriodOpened(
            period_id=period_id,
            kind=period.kind,
            starts_on=period.starts_on,
            ends_on=period.ends_on,
            closes_on=period.closes_on,
        )
        return period, event

    def is_like(self, other: PeriodWording) -> bool:
        """Whether somebody would take one for the other: the same name and dates."""
        mine, theirs = ((each.name.casefold(), each.starts_on, each.ends_on) for each in (self, other))
        return mine == theirs

    def turn(self, *, at: datetime) -> "tuple[Period, Sequence[contract.PeriodTurned]]":
        """Let it be what it is at a time, step by step: each has its event, though nobody saw it in time."""
        due = _ORDER.index(_stage(self, at)) > _ORDER.index(self.status)
        return _brought(self, _stage(self, at), by=None) if due else (self, [])

    def correct(
        self, correction: PeriodCorrection, *, by: PersonId | None, reason: str, at: datetime
    ) -> "tuple[Period, Sequence[contract.PeriodCorrected | contract.PeriodTurned]]":
        """Write some of it anew, while it is not closed; nothing happens if it says so already.

        Raises:
            PeriodClosed: it is, and must be reopened first.
            Invalid: what it would say is no period.
        """
        if self.status == "closed":
            raise PeriodClosed("The period is closed; reopen it to correct it.", period_id=self.period_id)
        said = correction.model_dump(exclude_none=True)
        ends = {"ends_on", "grace_days"} & said.keys() if self.reopened_until is not None else set[str]()
        new = {n: value for n, value in said.items() if getattr(self, n) != value or n in ends}
        if not new:
            return self, []
        try:
            wording = PeriodWording.model_validate(
                {name: new.get(name, getattr(self, name)) for name in PeriodWording.model_fields}
            )
        except ValidationError as error:
            raise Invalid(f"The period would make no sense: {why(error)}.", fields=sorted(new)) from error
        before = PeriodCorrection(**{name: getattr(self, name) for name in new})
        change = PeriodChange(at=at, by_person_id=by, what="corrected", reason=reason, before=before)
        again = {"reopened_until": None} if {"ends_on", "grace_days"} & new.keys() else {}
        period = _noted(self.model_copy(update=dict(wording) | again), change)
        corrected = contract.PeriodCorrected(
            period_id=self.period_id,
            kind=period.kind,
            starts_on=period.starts_on,
            ends_on=period.ends_on,
            closes_on=period.closes_on,
            changed=tuple(sorted(new)),
            by_person_id=by,
        )
        period, turned = _brought(period, _stage(period, at), by=by)
        return period, [corrected, *turned]

    def close(
        self, *, by: PersonId | None, reason: str = "", at: datetime
    ) -> "tuple[Period, contract.PeriodTurned]":
        """End it before its time of grace is over; before its last day is, with a reason."""
        if self.status == "closed":
            raise PeriodClosed("The period is closed already.", period_id=self.period_id)
        if self.status == "open" and not reason:
            raise ReasonMissing(
                f"The period runs until {self.ends_on}; say why it is closed before.", ends_on=self.ends_on
            )
        change = PeriodChange(at=at, by_person_id=by, what="closed", reason=reason)
        return _turned(_noted(self, change), "closed", by=by)

    def reopen(
        self, until: date, *, by: PersonId | None, reason: str, at: datetime
    ) -> "tuple[Period, contract.PeriodTurned]":
        """Let its goals be followed again through a day, and be planned if its last day is still to come.

        Raises:
            PeriodNotClosed: there is nothing to reopen.
            Invalid: the day is over, or before the period's last one.
        """
        if self.status != "closed":
            raise PeriodNotClosed(f"The period is {self.status}.", period_id=self.period_id)
        if until < self.ends_on or ended(until) <= at:
            raise Invalid(f"{until} is over, or before the period's last day; name a later one.")
        change = PeriodChange(at=at, by_person_id=by, what="reopened", reason=reason)
        period = _noted(self, change).model_copy(update={"reopened_until": until})
        return _turned(period, _stage(period, at), by=by)

    def next_turn(self) -> datetime | None:
        """When the clock has something to do; None once it is closed."""
        ends = {"open": self.ends_on, "closing": self.closes_on}.get(self.status)
        return ended(ends) if ends else None

    def require(self, deed: Deed) -> None:
        """Refuse what its stage does not allow."""
        if self.status == "closed":
            mend = "close the goal as it ended, or carry it over"
            if deed == "plan":
                mend = "plan in one that is open; carry over what was agreed here, and cancel what was not"
            raise PeriodClosed(
                f"The period “{self.name}” is closed; {mend}.",
                period_id=self.period_id,
            )
        if self.status == "closing" and deed == "plan":
            raise PeriodClosing(
                f"The period “{self.name}” is closing; plan in one that is open, or carry the goal over.",
                period_id=self.period_id,
            )

    def require_later(self, than: date) -> None:
        """Refuse to go on in it what had until a day that is not before its last one."""
        if self.ends_on <= than:
            raise PeriodNotLater(
                f"“{self.name}” ends on {self.ends_on}; carry the goal over to one that ends after {than}.",
                ends_on=self.ends_on,
            )

    def require_within(self, due_on: date) -> None:
        """Refuse a due date outside of it."""
        if not self.starts_on <= due_on <= self.ends_on:
            raise OutsidePeriod(
                f"The goal must be due within “{self.name}”, from {self.starts_on} to {self.ends_on}.",
                starts_on=self.starts_on,
                ends_on=self.ends_on,
            )


_ORDER: Final[tuple[PeriodStatus, ...]] = ("open", "closing", "closed")


def _stage(period: Period, at: datetime) -> PeriodStatus:
    """What it is at a time by its dates."""
    return "open" if at < ended(period.ends_on) else "closing" if at < ended(period.closes_on) else "closed"


def _noted(period: Period, change: PeriodChange) -> Period:
    if len(period.changes) >= MOST_CHANGES:
        raise Invalid(f"A period is changed {MOST_CHANGES} times at most; open another one.")
    return period.model_copy(update={"changes": (*period.changes, change)})


def _brought(
    period: Period, stage: PeriodStatus, *, by: PersonId | None
) -> tuple[Period, Sequence[contract.PeriodTurned]]:
    """Forwards one step after the other, backwards at once."""
    here, there, events = _ORDER.index(period.status), _ORDER.index(stage), list[contract.PeriodTurned]()
    for step in _ORDER[here + 1 : there + 1] if here <= there else (stage,):
        period, event = _turned(period, step, by=by)
        events.append(event)
    return period, events


def _turned(
    period: Period, status: PeriodStatus, *, by: PersonId | None
) -> tuple[Period, contract.PeriodTurned]:
    event = contract.PeriodTurned(
        period_id=period.period_id, from_status=period.status, to_status=status, by_person_id=by
    )
    return period.model_copy(update={"status": status}), event


def ended(on: date) -> datetime:
    """When a day has ended everywhere."""
    return datetime.combine(on + timedelta(days=1), time(), EVERYWHERE).astimezone(UTC)
