"""Whose roles a change of a group concerns, and how many can be in one."""

from typing import Any

import pytest

from services.people.domain.scim_group import (
    MOST_MEMBERS,
    MOST_WITH_A_ROLE,
    GroupId,
    ScimGroup,
    TooManyMembers,
    group_key,
    require_few_members,
    roles_of,
    touched,
)
from shared.ids import PersonId

ANN, BEN, CEM = PersonId("ann"), PersonId("ben"), PersonId("cem")


def group(*member_ids: PersonId, role: Any = "auditor", name: str = "Audit") -> ScimGroup:
    return ScimGroup(
        group_id=GroupId(name),
        display_name=name,
        member_ids=member_ids,
        role=role,
        resource={},
        created="2026-11-27",
        modified="2026-11-27",
    )


def test_a_change_concerns_who_comes_and_goes_and_all_if_the_role_is_another() -> None:
    assert touched(group(ANN, BEN), group(BEN, CEM)) == [ANN, CEM]
    assert touched(group(ANN, BEN), group(ANN, BEN, role="hr_admin")) == [ANN, BEN]
    assert touched(group(ANN), group(ANN, role=None)) == [ANN]
    assert touched(None, group(ANN)) == touched(group(ANN), None) == [ANN]
    assert touched(group(ANN, role=None), group(BEN, role=None)) == []
    assert touched(group(ANN), group(ANN)) == []


def test_somebody_has_what_all_their_groups_give() -> None:
    groups = [
        group(ANN, BEN),
        group(ANN, role="hr_admin"),
        group(ANN, role=None),
        group(BEN, role="executive"),
    ]
    assert roles_of(ANN, groups) == {"auditor", "hr_admin"}
    assert roles_of(CEM, groups) == set()


@pytest.mark.parametrize(("role", "most"), [("auditor", MOST_WITH_A_ROLE), (None, MOST_MEMBERS)])
def test_a_group_has_so_many_members_at_most(role: str | None, most: int) -> None:
    full = group(*(PersonId(str(number)) for number in range(most)), role=role)
    require_few_members(full)
    with pytest.raises(TooManyMembers):
        require_few_members(full.model_copy(update={"member_ids": (*full.member_ids, ANN)}))


def test_names_are_compared_without_regard_to_case() -> None:
    assert group_key("HR Admins") == group_key("hr admins") != group_key("hr")
