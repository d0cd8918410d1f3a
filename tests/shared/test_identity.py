"""A caller is a person with roles, or a machine that acts for itself."""

import pytest

from shared.identity import GROUP_ROLES, MACHINE_ROLES, ROLES, Caller, service_caller


def test_a_person_is_no_machine_unless_the_token_says_so():
    assert not Caller(subject="s", person_id="person_1", roles=GROUP_ROLES).is_machine
    assert all(Caller(subject="s", roles=frozenset({role})).is_machine for role in MACHINE_ROLES)
    assert GROUP_ROLES | MACHINE_ROLES == ROLES
    assert not GROUP_ROLES & MACHINE_ROLES


def test_any_of_the_roles_asked_for_is_enough():
    caller = Caller(subject="s", roles=frozenset({"auditor"}))
    assert caller.has("hr_admin", "auditor")
    assert not caller.has("hr_admin", "executive")
    assert not Caller(subject="s").has(*ROLES)


def test_a_service_is_nobody_in_the_directory():
    caller = service_caller("reviews")
    assert (caller.person_id, caller.is_machine, caller.subject) == (None, True, "service:reviews")


def test_a_caller_does_not_change():
    with pytest.raises(AttributeError):
        Caller(subject="s").person_id = "person_2"
