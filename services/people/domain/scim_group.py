"""A group of the identity provider: who is in it, and the role that being in it gives.

Which role a group gives is an argument: the operator says it, by the group's name.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, NewType

from pydantic import Field

from services.people.domain.csv_import.cells import reference
from shared.aggregate import Aggregate
from shared.contracts.base import Frozen
from shared.errors import Invalid, Refusal
from shared.identity import GroupRole
from shared.ids import PersonId

GroupId = NewType("GroupId", str)
MOST_MEMBERS: Final = 20_000
MOST_WITH_A_ROLE: Final = 1_000
"""A role is given to each member in one change."""


class UnknownMembers(Invalid):
    """Members must be Users."""


class TooManyMembers(Refusal):
    """More members than one group can have."""


class SaidOfGroup(Frozen):
    """What the identity provider says of a group; `resource` is all of it but its members.

    `displays` is what it calls its members, if it says.
    """

    display_name: str
    external_id: str | None = None
    member_ids: tuple[PersonId, ...] = ()
    displays: dict[PersonId, str] = Field(default_factory=dict[PersonId, str])
    role: GroupRole | None = None
    resource: dict[str, Any]


class ScimGroup(SaidOfGroup, Aggregate):
    """A group as it was last said to be."""

    id_field: ClassVar[str] = "group_id"
    group_id: GroupId
    created: str
    modified: str

    @property
    def name_key(self) -> str:
        """How it is looked up."""
        return group_key(self.display_name)

    def without(self, person_id: PersonId, *, at: str) -> "ScimGroup":
        """Without one of its members."""
        left = tuple(each for each in self.member_ids if each != person_id)
        called = {each: text for each, text in self.displays.items() if each != person_id}
        return self.model_copy(update={"member_ids": left, "displays": called, "modified": at})


def group_key(name: str) -> str:
    """A group's name without regard to case and blanks (RFC 7643 4.2: displayName is not case-exact)."""
    return reference(name)


def require_few_members(group: ScimGroup) -> None:
    """Refuse a group that is too large, above all one that gives a role."""
    most = MOST_MEMBERS if group.role is None else MOST_WITH_A_ROLE
    if len(group.member_ids) > most:
        what = "A group" if group.role is None else "A group that gives a role"
        raise TooManyMembers(f"{what} has at most {most} members; take smaller groups.", limit=most)


def touched(before: ScimGroup | None, after: ScimGroup | None) -> Sequence[PersonId]:
    """Whose roles may be others after the change."""
    had, have = _given(before), _given(after)
    return sorted({person_id for person_id in {*had, *have} if had.get(person_id) != have.get(person_id)})


def roles_of(person_id: PersonId, groups: Iterable[ScimGroup]) -> Collection[GroupRole]:
    """All that the groups give somebody."""
    return {group.role for group in groups if group.role is not None and person_id in group.member_ids}


def _given(group: ScimGroup | None) -> Mapping[PersonId, GroupRole]:
    if group is None or group.role is None:
        return {}
    return dict.fromkeys(group.member_ids, group.role)
