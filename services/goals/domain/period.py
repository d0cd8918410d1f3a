"""Planning periods: open for planning and work, closing for a time of grace, then closed for good.

A goal may belong to one.  While it closes, what was agreed is still followed, graded and carried over, but
nothing new is planned; once it is closed its goals are read and no longer changed, but settled: what was
left open is closed as it ended, or carried over.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from services.goals.domain.wording import EARLIEST, LATEST
from shared.aggregate import Aggregate
from shared.contracts import goals as contract
from shared.contracts.base import Frozen
from shared.contracts.goals import PeriodKind, PeriodStatus
from shared.errors import Refusal
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


class NoSuchPeriod(Refusal):
    """The period does not exist."""

    status = 422


class PeriodWording(Frozen):
    """What is written down of a period; both dates belong to it.

    `grace_days` is how long it closes after its end, `check_in_days` how often its goals are checked in on.
    """

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
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


class Period(PeriodWording, Aggregate):
    """A planning period and how far it has gone."""

    id_field: ClassVar[str] = "period_id"
    period_id: PeriodId
    status: PeriodStatus = "open"

    @property
    def closes_on(self) -> date:
        """The last day of grace."""
        return self.ends_on + timedelta(days=self.grace_days)

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

    def turn(self, *, at: datetime) -> "tuple[Period, Sequence[contract.PeriodTurned]]":
        """Let it be what it is at a time, step by step: each has its event, though nobody saw it in time."""
        status: PeriodStatus = (
            "open" if at < ended(self.ends_on) else "closing" if at < ended(self.closes_on) else "closed"
        )
        period, events = self, list[contract.PeriodTurned]()
        for step in _ORDER[_ORDER.index(self.status) + 1 : _ORDER.index(status) + 1]:
            period, event = period._turned(step, by=None)
            events.append(event)
        return period, events

    def close(self, *, by: PersonId | None) -> "tuple[Period, contract.PeriodTurned]":
        """End it before its time of grace is over."""
        if self.status == "closed":
            raise PeriodClosed("The period is closed already.", period_id=self.period_id)
        return self._turned("closed", by=by)

    def next_turn(self) -> datetime | None:
        """When the clock has something to do; None once it is closed."""
        ends = {"open": self.ends_on, "closing": self.closes_on}.get(self.status)
        return ended(ends) if ends else None

    def require(self, deed: Deed) -> None:
        """Refuse what its stage does not allow."""
        if self.status == "closed":
            raise PeriodClosed(
                f"The period “{self.name}” is closed; close the goal as it ended, or carry it over.",
                period_id=self.period_id,
            )
        if self.status == "closing" and deed == "plan":
            raise PeriodClosing(
                f"The period “{self.name}” is closing; plan in one that is open, or carry the goal over.",
                period_id=self.period_id,
            )

    def require_within(self, due_on: date) -> None:
        """Refuse a due date outside of it."""
        if not self.starts_on <= due_on <= self.ends_on:
            raise OutsidePeriod(
                f"The goal must be due within “{self.name}”, from {self.starts_on} to {self.ends_on}.",
                starts_on=self.starts_on,
                ends_on=self.ends_on,
            )

    def _turned(self, status: PeriodStatus, *, by: PersonId | None) -> "tuple[Period, contract.PeriodTurned]":
        event = contract.PeriodTurned(
            period_id=self.period_id, from_status=self.status, to_status=status, by_person_id=by
        )
        return self.model_copy(update={"status": status}), event


_ORDER: Final[tuple[PeriodStatus, ...]] = ("open", "closing", "closed")


def ended(on: date) -> datetime:
    """When a day has ended everywhere."""
    return datetime.combine(on + timedelta(days=1), time(), EVERYWHERE).astimezone(UTC)
