"""Take what the identity provider says of a group: who is in it, and so who has the role that it gives.

When    the identity provider creates, replaces, patches or deletes a Group (SCIM, /scim/v2/Groups)
May     give_roles: HR admin, which the provider's token stands for (access.py)
Rule    ScimGroup, Person.take_roles; members are people
Emits   people.PersonRolesChanged
Then    every service keeps its copy, and grants the roles beside those of the token

Whoever changes groups holds a guard: two that take somebody out of two groups at once would each see the
other's, and leave a role that none gives.
"""

from collections.abc import Collection

from services.people.domain.person import Person
from services.people.domain.scim_group import (
    GroupId,
    SaidOfGroup,
    ScimGroup,
    UnknownMembers,
    require_few_members,
    roles_of,
    touched,
)
from services.people.store.guards import GROUPS, GUARDS
from services.people.store.people import PersonStore
from services.people.store.scim import ScimGroupStore
from shared.access import NOTHING
from shared.contracts.base import Frozen
from shared.errors import NotFound, Stale
from shared.identity import GroupRole
from shared.work import Transaction


class TakeScimGroup(SaidOfGroup):
    """What is said of which group; `expected` is the version that it must still have."""

    group_id: GroupId
    creates: bool = False
    expected: str | None = None


class DeleteScimGroup(Frozen):
    """Which is there no longer; `expected` is the version that it must still have."""

    group_id: GroupId
    expected: str | None = None


async def take_scim_group(command: TakeScimGroup | DeleteScimGroup, tx: Transaction) -> ScimGroup:
    """The group after it; the one that was there, of one that is deleted."""
    await tx.require("give_roles", NOTHING)
    groups = ScimGroupStore(tx)
    before = await groups.find(command.group_id)
    if isinstance(command, DeleteScimGroup):
        before = _current(command.expected, before)
        await give_roles(before, None, tx)
        groups.delete(before)
        return before
    if not command.creates:
        before = _current(command.expected, before)
    after = _after(command, before, now=tx.now.isoformat())
    require_few_members(after)
    await _require_users(after, before, tx)
    await give_roles(before, after, tx)
    return groups.save(after)


async def give_roles(before: ScimGroup | None, after: ScimGroup | None, tx: Transaction) -> None:
    """Let all whom the change of a group concerns have what their groups give; before it is saved."""
    tx.hold(GUARDS, GROUPS)
    concerned = touched(before, after)
    changed = {group.group_id for group in (before, after) if group is not None}
    found = await ScimGroupStore(tx).with_any_of(concerned)
    groups = [group for group in found if group.group_id not in changed]
    if after is not None:
        groups.append(after)
    for person in (await PersonStore(tx).known_among(concerned)).values():
        _with_roles(person, roles_of(person.person_id, groups), tx)


async def leave_groups(person: Person, tx: Transaction) -> Person:
    """The person, who is in no group any more and has no role by one."""
    await tx.require("give_roles", NOTHING)
    if not await ScimGroupStore(tx).take_out(person.person_id, at=tx.now.isoformat()):
        return person
    tx.hold(GUARDS, GROUPS)
    return _with_roles(person, (), tx)


def group_version(group: ScimGroup) -> str:
    """The entity tag."""
    return f'W/"{group.version}"'


def _current(expected: str | None, before: ScimGroup | None) -> ScimGroup:
    if before is None:
        raise NotFound("There is no Group with this id.")
    if expected is not None and expected != group_version(before):
        raise Stale("The Group was changed since it was read; read it again.")
    return before


def _after(command: TakeScimGroup, before: ScimGroup | None, *, now: str) -> ScimGroup:
    said = command.model_dump(exclude={"creates", "expected", "member_ids"})
    return ScimGroup(
        **said,
        member_ids=tuple(dict.fromkeys(command.member_ids)),
        version=before.version if before else 0,
        created=before.created if before else now,
        modified=now,
    )


async def _require_users(after: ScimGroup, before: ScimGroup | None, tx: Transaction) -> None:
    new = sorted({*after.member_ids} - {*(before.member_ids if before else ())})
    known = await PersonStore(tx).known_among(new)
    unknown = [each for each in new if each not in known or known[each].deprovisioned]
    if unknown:
        named = ", ".join(each[:100] for each in unknown[:5])
        raise UnknownMembers(f"Members are Users, by their id; there is none with {named}.", field="members")


def _with_roles(person: Person, roles: Collection[GroupRole], tx: Transaction) -> Person:
    person, *changed = person.take_roles(roles)
    if changed:
        person = PersonStore(tx).save(person)
        tx.publish(*changed, person.state())
    return person
