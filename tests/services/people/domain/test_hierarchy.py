"""Reporting lines: circles, unknown managers, the line above, depth and top-down order."""

from hypothesis import given
from hypothesis import strategies as st

from services.people.domain import hierarchy

LINES = st.dictionaries(st.integers(0, 30), st.none() | st.integers(0, 35), max_size=30)


def walked(person, managers):
    """Everybody met on the way up, the slow and obvious way."""
    met = []
    current = managers.get(person)
    while current is not None and current not in met:
        met.append(current)
        current = managers.get(current)
    return met


@given(LINES)
def test_the_members_of_circles_are_exactly_those_above_themselves(managers):
    members = [person for circle in hierarchy.cycles(managers) for person in circle]
    assert len(members) == len(set(members))
    assert set(members) == {person for person in managers if person in walked(person, managers)}


@given(LINES)
def test_each_member_of_a_circle_manages_the_one_before(managers):
    for circle in hierarchy.cycles(managers):
        assert [managers[person] for person in circle] == [*circle[1:], circle[0]]


@given(LINES)
def test_with_circles_opened_everybody_stands_below_their_manager(managers):
    members = {person for circle in hierarchy.cycles(managers) for person in circle}
    opened = {person: None if person in members else manager for person, manager in managers.items()}
    order = hierarchy.top_down(opened)
    assert sorted(order) == sorted(opened)
    for person, manager in opened.items():
        if manager in opened:
            assert order.index(manager) < order.index(person)
    assert hierarchy.depths(opened) == {
        person: sum(above in opened for above in walked(person, opened)) for person in opened
    }


@given(LINES)
def test_the_line_above_is_everybody_on_the_way_up(managers):
    for person in managers:
        assert list(hierarchy.line_above(person, managers)) == [
            above for above in walked(person, managers) if above != person
        ]


@given(LINES)
def test_depths_come_to_an_end_even_in_a_circle(managers):
    assert set(hierarchy.depths(managers)) == set(managers)


def test_self_managers_and_unknown_managers_are_told_apart():
    managers = {"ann": "ann", "ben": "zoe", "cy": None, "di": "cy"}
    assert hierarchy.self_managed(managers) == ("ann",)
    assert hierarchy.unknown_managers(managers) == ("ben",)


def test_a_line_of_a_hundred_thousand_does_not_exhaust_the_stack():
    managers = {person: person - 1 if person else None for person in range(100_000)}
    assert hierarchy.depths(managers)[99_999] == 99_999
    assert hierarchy.cycles(managers) == ()
