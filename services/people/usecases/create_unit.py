"""Add an org unit.

When    HR admin asks (POST /units)
May     edit_unit: HR admin                        (access.py)
Rule    OrgUnit.create, refuse_namesakes
Emits   people.UnitCreated
Then    every service keeps its copy
"""

from collections.abc import Sequence

from fastapi import APIRouter, Response
from pydantic import Field

from services.people.domain.csv_import.cells import LONGEST
from services.people.domain.details import Name
from services.people.domain.places import (
    PersonHasLeft,
    UnknownPerson,
    UnknownUnit,
    require_active,
    unknown_unit,
)
from services.people.domain.unit import (
    NamelessUnit,
    OrgUnit,
    UnitKind,
    UnitNameTaken,
    UnitOutOfOrder,
    refuse_namesakes,
)
from services.people.store.guards import GUARDS, STRUCTURE
from services.people.store.people import PersonStore
from services.people.store.units import UnitStore
from services.people.views.units import UnitView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import PersonId, UnitId, mint
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["units"])
REFUSALS = (NamelessUnit, PersonHasLeft, UnitNameTaken, UnitOutOfOrder, UnknownPerson, UnknownUnit)


class NewUnit(Frozen):
    """What is sent: name and kind, where it belongs, and who in HR looks after it."""

    name: Name = Field(max_length=LONGEST)
    kind: UnitKind
    parent_id: UnitId | None = None
    hr_partner_ids: tuple[PersonId, ...] = Field(default=(), max_length=20)


class CreateUnit(Frozen):
    """The unit to add; `unit_id` is new."""

    unit_id: UnitId
    unit: NewUnit


async def create_unit(command: CreateUnit, tx: Transaction) -> OrgUnit:
    """The new unit."""
    units, new = UnitStore(tx), command.unit
    parent = await parent_unit(new.parent_id, units)
    unit, created = OrgUnit.create(command.unit_id, name=new.name, kind=new.kind, parent=parent)
    await tx.require("edit_unit", unit)
    await require_hr_partners(new.hr_partner_ids, tx)
    unit, *_ = unit.assign_hr_partners(new.hr_partner_ids)
    tx.hold(GUARDS, STRUCTURE)
    refuse_namesakes(unit, await units.namesakes(unit))
    unit = units.save(unit)
    tx.publish(created, unit.state())
    return unit


async def parent_unit(parent_id: UnitId | None, units: UnitStore) -> OrgUnit | None:
    """The unit that another is to belong to."""
    parent = await units.find(parent_id) if parent_id is not None else None
    if parent_id is not None and parent is None:
        raise unknown_unit(parent_id)
    return parent


async def require_hr_partners(person_ids: Sequence[PersonId], tx: Transaction) -> None:
    """Refuse HR partners who do not exist or have left."""
    people = PersonStore(tx)
    for person_id in person_ids:
        require_active(person_id, await people.find(person_id))


@router.post(
    "/units",
    status_code=201,
    response_model=UnitView,
    summary="Add an org unit",
    responses=refusals(*REFUSALS),
)
async def post_unit(new: NewUnit, run: Run) -> Response:
    """Add a company, a department or a team."""
    unit_id = UnitId(mint("unit"))
    return await run(
        create_unit,
        CreateUnit(unit_id=unit_id, unit=new),
        key=unit_id,
        reply=UnitView.of,
        status=201,
        location=lambda unit: f"/units/{unit.unit_id}",
    )
