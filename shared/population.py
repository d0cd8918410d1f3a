"""Whom something is for: criteria that are kept, and read anew at each page of a fan-out."""

from typing import Self

from pydantic import Field, model_validator

from shared.contracts.base import Frozen
from shared.ids import PersonId, UnitId


class Population(Frozen):
    """Whom something is for: everyone, or the named people and those in the units and all below.

    Only active people count; criteria that name nobody are nobody.
    """

    everyone: bool = False
    unit_ids: tuple[UnitId, ...] = ()
    person_ids: tuple[PersonId, ...] = ()


class NamedPopulation(Population):
    """A population as somebody asks for it: it names somebody, and nobody twice over."""

    unit_ids: tuple[UnitId, ...] = Field(default=(), max_length=1000)
    person_ids: tuple[PersonId, ...] = Field(default=(), max_length=1000)

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if not (self.everyone or self.unit_ids or self.person_ids):
            raise ValueError("the population names nobody; send everyone, unit_ids or person_ids")
        if self.everyone and (self.unit_ids or self.person_ids):
            raise ValueError("everyone includes all units and people; leave unit_ids and person_ids out")
        return self
