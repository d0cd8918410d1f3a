"""A review cycle: for which period, by when, on which scale, under which headings, and for whom.

Knows no review: how far its reviews have come is counted where they are kept.
"""

from datetime import date, datetime
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from shared.aggregate import Aggregate
from shared.contracts import reviews as contract
from shared.contracts.base import Frozen
from shared.errors import Invalid
from shared.ids import CycleId, PersonId, derive
from shared.population import NamedPopulation


class Period(Frozen):
    """The days that a review is about, the last one included."""

    starts_on: date
    ends_on: date

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        if self.ends_on <= self.starts_on:
            raise ValueError("the period ends before it starts; change one of its dates")
        return self

    def holds(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.starts_on <= day <= self.ends_on


class Section(Frozen):
    """A heading under which both sides write."""

    section_id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    title: str = Field(min_length=1, max_length=200)


DEFAULT_SECTIONS = (
    Section(section_id="achievements", title="What was achieved"),
    Section(section_id="strengths", title="What went well, and why"),
    Section(section_id="development", title="What to develop next"),
)


class Terms(Frozen):
    """What HR decides about a cycle; ratings go from 1 to `scale_max`."""

    name: str = Field(min_length=1, max_length=200)
    period: Period
    self_due_on: date
    manager_due_on: date
    scale_max: int = Field(default=5, ge=2, le=10)
    sections: tuple[Section, ...] = Field(default=DEFAULT_SECTIONS, min_length=1, max_length=20)
    population: NamedPopulation

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.manager_due_on < self.self_due_on:
            raise ValueError("the manager's assessment is due before the self-assessment; change one date")
        if len({section.section_id for section in self.sections}) < len(self.sections):
            raise ValueError("two sections have the same section_id; give each its own")
        return self


class Cycle(Terms, Aggregate):
    """A cycle that was launched."""

    id_field: ClassVar[str] = "cycle_id"
    cycle_id: CycleId
    status: Literal["open", "closed"] = "open"
    launched_at: datetime
    launched_by: PersonId | None

    @classmethod
    def launch(
        cls, terms: Terms, *, cycle_id: CycleId, by: PersonId | None, at: datetime
    ) -> "tuple[Cycle, contract.CycleLaunched]":
        """Start it; its reviews open one by one afterwards."""
        refuse_overdue(terms, today=at.date())
        cycle = cls(**dict(terms), cycle_id=cycle_id, launched_at=at, launched_by=by)
        return cycle, contract.CycleLaunched(
            cycle_id=cycle_id,
            period_starts_on=cycle.period.starts_on,
            period_ends_on=cycle.period.ends_on,
            self_due_on=cycle.self_due_on,
            manager_due_on=cycle.manager_due_on,
            by_person_id=by,
        )

    @property
    def opening_id(self) -> str:
        """The one fan-out that opens its reviews."""
        return derive("opening", self.cycle_id)

    def state(self) -> contract.CycleState:
        """What others may know."""
        return contract.CycleState(
            cycle_id=self.cycle_id,
            name=self.name,
            period_starts_on=self.period.starts_on,
            period_ends_on=self.period.ends_on,
            self_due_on=self.self_due_on,
            manager_due_on=self.manager_due_on,
            status=self.status,
        )


def refuse_overdue(terms: Terms, *, today: date) -> None:
    """Refuse a cycle whose self-assessments would be late from the start."""
    if terms.self_due_on < today:
        raise Invalid(
            "The self-assessments would be due before the cycle is launched; set a later date.",
            self_due_on=terms.self_due_on,
        )
