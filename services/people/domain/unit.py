"""Companies, departments and teams, one under the other, and their HR partners.

Refuses to know who works in them: a person names their unit.
"""

from collections.abc import Collection
from typing import ClassVar, Final, Literal, Self

from shared.aggregate import Aggregate
from shared.contracts.people import UnitChanged, UnitCreated, UnitState
from shared.errors import Invalid, Refusal
from shared.ids import PersonId, UnitId

UnitKind = Literal["company", "department", "team"]
UNIT_KINDS: Final[tuple[UnitKind, ...]] = ("company", "department", "team")


class NamelessUnit(Invalid):
    """An org unit needs a name."""


class UnitOutOfOrder(Refusal):
    """A company holds departments and a department holds teams, never the other way round."""


class CircularUnits(Refusal):
    """The new parent lies in the unit itself."""


class UnitNameTaken(Refusal):
    """A unit of this kind and name stands in the same place."""


class OrgUnit(Aggregate):
    """A company, a department or a team."""

    id_field: ClassVar[str] = "unit_id"
    unit_id: UnitId
    name: str
    kind: UnitKind
    parent_id: UnitId | None = None
    hr_partner_ids: tuple[PersonId, ...] = ()

    @classmethod
    def create(
        cls, unit_id: UnitId, *, name: str, kind: UnitKind, parent: "OrgUnit | None" = None
    ) -> tuple[Self, UnitCreated]:
        """Add a unit, under `parent` or at the top."""
        unit = cls(unit_id=unit_id, name=name, kind=kind)
        _require_sound(unit)
        unit, *_ = unit.put_under(parent)
        return unit, UnitCreated(unit_id=unit_id, parent_id=unit.parent_id)

    def rename(self, name: str) -> tuple[Self, *tuple[UnitChanged, ...]]:
        """Call it something else."""
        return self._changed(self.model_copy(update={"name": name}))

    def put_under(
        self, parent: "OrgUnit | None", *, line: Collection[UnitId] = ()
    ) -> tuple[Self, *tuple[UnitChanged, ...]]:
        """Put it under another unit, or at the top; `line` is every unit above the new parent."""
        if parent is not None:
            _require_fit(self, parent, line=line)
        return self._changed(self.model_copy(update={"parent_id": parent.unit_id if parent else None}))

    def assign_hr_partners(
        self, hr_partner_ids: Collection[PersonId]
    ) -> tuple[Self, *tuple[UnitChanged, ...]]:
        """Say who in HR looks after the unit, in the order given, each once."""
        return self._changed(self.model_copy(update={"hr_partner_ids": tuple(dict.fromkeys(hr_partner_ids))}))

    def state(self) -> UnitState:
        """What the directory shows of the unit."""
        return UnitState.model_validate(self.model_dump())

    def _changed(self, unit: Self) -> tuple[Self, *tuple[UnitChanged, ...]]:
        if unit == self:
            return (self,)
        _require_sound(unit)
        return unit, UnitChanged(unit_id=unit.unit_id, parent_id=unit.parent_id)


def _require_sound(unit: OrgUnit) -> None:
    if not unit.name.strip():
        raise NamelessUnit("Give the unit a name.")


def _require_fit(unit: OrgUnit, parent: OrgUnit, *, line: Collection[UnitId]) -> None:
    if UNIT_KINDS.index(parent.kind) > UNIT_KINDS.index(unit.kind):
        raise UnitOutOfOrder(
            f"A {unit.kind} cannot be part of a {parent.kind}; choose another parent.",
            parent_id=parent.unit_id,
        )
    if unit.unit_id == parent.unit_id or unit.unit_id in line:
        raise CircularUnits(
            "The new parent is part of this unit; choose one outside it.", parent_id=parent.unit_id
        )


def refuse_namesakes(unit: OrgUnit, namesakes: Collection[OrgUnit]) -> None:
    """Refuse a unit that would have the kind, name and place of another one."""
    for other in namesakes:
        raise UnitNameTaken(
            f"There is a {unit.kind} of this name in the same place; use that one or another name.",
            unit_id=other.unit_id,
        )
