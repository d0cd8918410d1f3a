"""Whom something is for: criteria that are kept, and read anew at each page of a fan-out."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.contracts.base import Frozen
from shared.ids import PersonId, UnitId

JobLevel = Annotated[str, Field(min_length=1, max_length=200)]


class Population(Frozen):
    """Whom something is for: everyone, or the people who are named in some way.

    That is by name, by the units that they and all below are in, and in `reporting_to_ids` by those
    whom they report to, directly or further down.  `job_levels` are all of these levels, and together with
    units or lines those of these levels in them; who is in `person_ids` is meant whatever their level.

    Only active people count; criteria that name nobody are nobody.
    """

    everyone: bool = False
    unit_ids: tuple[UnitId, ...] = ()
    person_ids: tuple[PersonId, ...] = ()
    reporting_to_ids: tuple[PersonId, ...] = ()
    job_levels: tuple[str, ...] = ()


class NamedPopulation(Population):
    """A population as somebody asks for it: it names somebody, and nobody twice over."""

    unit_ids: tuple[UnitId, ...] = Field(default=(), max_length=1000)
    person_ids: tuple[PersonId, ...] = Field(default=(), max_length=1000)
    reporting_to_ids: tuple[PersonId, ...] = Field(default=(), max_length=1000)
    job_levels: tuple[JobLevel, ...] = Field(
        default=(),
        max_length=100,
        description="Of these job levels, such as L3; with units or lines, in those. People named one by one"
        " are meant whatever their level.",
    )

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        some = self.unit_ids or self.person_ids or self.reporting_to_ids or self.job_levels
        if not (self.everyone or some):
            raise ValueError(
                "the population names nobody; send everyone, unit_ids, person_ids, reporting_to_ids"
                " or job_levels"
            )
        if self.everyone and some:
            raise ValueError("everyone includes all units, people and levels; leave those or everyone out")
        return self
