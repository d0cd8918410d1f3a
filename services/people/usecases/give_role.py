"""Let a group of the identity provider give another role, or none, to who is in it.

When    the service starts, and the operator's settings say something else of the group's name than before
May     give_roles: HR admin, which the provider's token stands for (access.py)
Rule    Person.take_roles, require_few_members
Emits   people.PersonRolesChanged
Then    every service keeps its copy, and grants the roles beside those of the token
"""

from services.people.domain.scim_group import GroupId, ScimGroup, require_few_members
from services.people.store.scim import ScimGroupStore
from services.people.usecases.take_scim_group import give_roles
from shared.access import NOTHING
from shared.contracts.base import Frozen
from shared.identity import GroupRole
from shared.work import Transaction


class GiveRole(Frozen):
    """Which role whoever is in a group has from now on."""

    group_id: GroupId
    role: GroupRole | None


async def give_role(command: GiveRole, tx: Transaction) -> ScimGroup:
    """The group with the role; as it is if it gives that already."""
    await tx.require("give_roles", NOTHING)
    groups = ScimGroupStore(tx)
    before = await groups.get(command.group_id)
    if before.role == command.role:
        return before
    after = before.model_copy(update={"role": command.role})
    require_few_members(after)
    await give_roles(before, after, tx)
    return groups.save(after)
