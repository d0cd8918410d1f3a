"""Rename an org unit, put it under another one, or name its HR partners.

When    HR admin asks (PATCH /units/{unit_id})
May     edit_unit: HR admin                        (access.py)
Rule    OrgUnit.rename, OrgUnit.put_under, OrgUnit.assign_hr_partners, refuse_namesakes
Emits   people.UnitChanged
Then    every service keeps its copy
"""

from fastapi import APIRouter, Response
from pydantic import Field

from services.people.domain.csv_import.cells import LONGEST
from services.people.domain.details import Name
from services.people.domain.unit import CircularUnits, OrgUnit, refuse_namesakes
from services.people.store.guards import GUARDS, STRUCTURE
from services.people.store.units import UnitStore
from services.people.usecases.create_unit import REFUSALS, parent_unit, require_hr_partners
from services.people.views.units import UnitView
from shared.contracts.base import Frozen
from shared.contracts.people import UnitChanged
from shared.http import Run
from shared.ids import PersonId, UnitId
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["units"])


class UnitChange(Frozen):
    """What is sent: only what is to change."""

    name: Name = Field(default="", max_length=LONGEST)
    parent_id: UnitId | None = None
    hr_partner_ids: tuple[PersonId, ...] = Field(default=(), max_length=20)


class ChangeUnit(Frozen):
    """What changes of which unit."""

    unit_id: UnitId
    change: UnitChange


async def change_unit(command: ChangeUnit, tx: Transaction) -> OrgUnit:
    """The unit after the change; as it was if it says nothing new."""
    units, change = UnitStore(tx), command.change
    before = await units.get(command.unit_id)
    await tx.require("edit_unit", before)
    unit = before
    if "name" in change.model_fields_set:
        unit, *_ = unit.rename(change.name)
    if "hr_partner_ids" in change.model_fields_set:
        await require_hr_partners(change.hr_partner_ids, tx)
        unit, *_ = unit.assign_hr_partners(change.hr_partner_ids)
    unit = await _placed(unit, change, tx)
    if unit == before:
        return before
    unit = units.save(unit)
    tx.publish(UnitChanged(unit_id=unit.unit_id, parent_id=unit.parent_id), unit.state())
    return unit


async def _placed(unit: OrgUnit, change: UnitChange, tx: Transaction) -> OrgUnit:
    """The unit in its place, which is its own: all that move or rename a unit follow each other."""
    if not change.model_fields_set & {"name", "parent_id"}:
        return unit
    units = UnitStore(tx)
    tx.hold(GUARDS, STRUCTURE)
    if "parent_id" in change.model_fields_set:
        parent = await parent_unit(change.parent_id, units)
        line = [above.unit_id for above in await units.line_from(change.parent_id)]
        unit, *_ = unit.put_under(parent, line=line)
    refuse_namesakes(unit, await units.namesakes(unit))
    return unit


@router.patch(
    "/units/{unit_id}",
    response_model=UnitView,
    summary="Change an org unit",
    responses=refusals(CircularUnits, *REFUSALS),
)
async def patch_unit(unit_id: UnitId, change: UnitChange, run: Run) -> Response:
    """Change what is sent and keep the rest."""
    return await run(
        change_unit,
        ChangeUnit(unit_id=unit_id, change=change),
        key=unit_id,
        reply=UnitView.of,
        match=("units", unit_id),
    )
