"""A line is the walk from manager to manager, cut where it would meet somebody again."""

from hypothesis import given
from hypothesis import strategies as st

from shared.directory.lines import line_above, relined

PEOPLE = "abcdefgh"
managers = st.fixed_dictionaries({id_: st.sampled_from([None, *PEOPLE, "unknown"]) for id_ in PEOPLE})


def walk(person_id, managers):
    line, current = [], managers.get(person_id)
    while current is not None and current != person_id and current not in line:
        line.append(current)
        current = managers.get(current)
    return line


def without_self(managers):
    return {person: manager if manager != person else None for person, manager in managers.items()}


def test_line_ends_where_two_manage_each_other():
    assert line_above("a", "b", ["a"]) == ["b"]
    assert line_above("c", "a", ["b"]) == ["a", "b"]
    assert line_above("c", "a", ["b", "a"]) == ["a", "b"]


def test_nobody_above_is_an_empty_line():
    assert line_above("a", None, ()) == []


@given(managers)
def test_line_follows_from_that_of_the_manager(managers):
    managers = without_self(managers)
    for person, manager in managers.items():
        above = walk(manager, managers) if manager else []
        assert line_above(person, manager, above) == walk(person, managers)


@given(managers, st.sampled_from(PEOPLE), st.sampled_from([None, *PEOPLE]))
def test_lines_below_follow_from_that_of_who_moved(managers, moved, to):
    before = without_self(managers)
    after = without_self(before | {moved: to})
    for person in PEOPLE:
        line = walk(person, before)
        if moved in line:
            line = relined(person, line, head_id=moved, head_line=walk(moved, after))
        elif person == moved:
            continue
        assert line == walk(person, after)
