"""A group as SCIM has it, and what is said of one."""

from collections.abc import Mapping
from typing import Any

from scim2_models import Group, GroupMember, Meta

from services.people.domain.scim_group import GroupId, ScimGroup, group_key
from services.people.usecases.take_scim_group import TakeScimGroup, group_version
from shared.identity import GroupRole
from shared.ids import PersonId

RolesByName = Mapping[str, GroupRole]
"""By the key of a group's name."""


def group_of(kept: ScimGroup) -> Any:
    """The Group: what was sent, with who is in it."""
    group = Group.model_validate(kept.resource)
    group.id, group.display_name, group.external_id = kept.group_id, kept.display_name, kept.external_id
    group.members = [_member(each, kept.displays.get(each)) for each in kept.member_ids] or None
    group.meta = Meta.model_validate(
        {
            "resourceType": "Group",
            "created": kept.created,
            "lastModified": kept.modified,
            "version": group_version(kept),
        }
    )
    return group


def said_of(group: Any, group_id: GroupId, roles: RolesByName, **how: Any) -> TakeScimGroup:
    """What a Group says; its role is the one that the operator has set for its name."""
    sent = group.model_copy(deep=True)
    sent.id = sent.meta = sent.members = None
    members = [each for each in group.members or () if each.value]
    return TakeScimGroup(
        group_id=group_id,
        display_name=group.display_name,
        external_id=group.external_id,
        member_ids=tuple(PersonId(each.value) for each in members),
        displays={PersonId(each.value): each.display for each in members if each.display},
        role=roles.get(group_key(group.display_name)),
        resource=sent.model_dump(),
        **how,
    )


def _member(person_id: PersonId, display: str | None) -> GroupMember:
    said = {"value": person_id, "$ref": f"Users/{person_id}", "type": "User", "display": display}
    return GroupMember.model_validate(said)
