"""Steps that change the organisation itself, done by HR through the people service."""

from typing import Any

from deploy.live.deeds import Deed, World
from deploy.sample.quarter import steps as plan


async def assign_hr_partner(world: World, deed: Deed, step: plan.AssignHrPartner) -> None:
    """A department gets its HR partner."""
    unit_id = world.units[step.company, step.department]
    unit = await world.client.read("people", f"/units/{unit_id}", as_person=deed.person)
    body = {"hr_partner_ids": [step.hr_partner]}
    await deed.send(world, "people", "PATCH", f"/units/{unit_id}", body, match=f'"v{unit["version"]}"')


async def change_manager(world: World, deed: Deed, step: plan.ChangeManager) -> None:
    """A person reports to somebody else."""
    await _change(world, deed, step.person, {"manager_id": step.manager})


async def move_person(world: World, deed: Deed, step: plan.MovePerson) -> None:
    """A person goes to another unit and manager."""
    unit_id = world.unit_of[step.beside]
    world.unit_of[step.person] = unit_id
    await _change(world, deed, step.person, {"unit_id": unit_id, "manager_id": step.beside})


async def record_leaving(world: World, deed: Deed, step: plan.RecordLeaving) -> None:
    """A person has left."""
    path = f"/people/{step.person}/departure"
    await deed.send(world, "people", "POST", path, {"left_on": str(step.left_on)})


async def _change(world: World, deed: Deed, person: str, body: dict[str, Any]) -> None:
    now = await world.client.read("people", f"/people/{person}", as_person=deed.person)
    await deed.send(world, "people", "PATCH", f"/people/{person}", body, match=f'"v{now["version"]}"')
