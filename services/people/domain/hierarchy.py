"""Reporting lines as a mapping of each person to their manager.

Knows no persons, only keys: ids, row numbers, whatever names somebody.  A manager who is not
a key of the mapping is the end of a line.  All functions are linear in what they are given.
"""

from collections.abc import Hashable, Mapping
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def self_managed(managers: Mapping[K, K | None]) -> tuple[K, ...]:
    """Those who name themselves as their manager."""
    return tuple(person for person, manager in managers.items() if person == manager)


def unknown_managers(managers: Mapping[K, K | None]) -> tuple[K, ...]:
    """Those whose manager is not among the persons."""
    return tuple(
        person for person, manager in managers.items() if manager is not None and manager not in managers
    )


def cycles(managers: Mapping[K, K | None]) -> tuple[tuple[K, ...], ...]:
    """Every circle of persons who manage one another, each with all its members.

    A person who manages themselves is a circle of one.  Those who only report into a circle
    are not members of it.
    """
    found: list[tuple[K, ...]] = []
    walked: set[K] = set()
    for person in managers:
        path: dict[K, None] = {}
        current: K | None = person
        while current is not None and current not in walked:
            walked.add(current)
            path[current] = None
            current = managers.get(current)
        if current is not None and current in path:
            members = list(path)
            found.append(tuple(members[members.index(current) :]))
    return tuple(found)


def line_above(person: K, managers: Mapping[K, K | None]) -> tuple[K, ...]:
    """Everyone above a person, nearest first; in a circle, each once."""
    line: dict[K, None] = {}
    current = managers.get(person)
    while current is not None and current != person and current not in line:
        line[current] = None
        current = managers.get(current)
    return tuple(line)


def depths(managers: Mapping[K, K | None]) -> dict[K, int]:
    """How many of the persons stand above each; 0 at the top; in a circle, 0 where it is first met."""
    known: dict[K, int] = {}
    for person in managers:
        path: dict[K, None] = {}
        current: K | None = person
        while current is not None and current in managers and current not in known and current not in path:
            path[current] = None
            current = managers[current]
        above = known[current] + 1 if current is not None and current in known else 0
        for step in reversed(path):
            known[step] = above
            above += 1
    return known


def top_down(managers: Mapping[K, K | None]) -> list[K]:
    """The persons, every manager before those who report to them, else in the order given."""
    depth = depths(managers)
    return sorted(managers, key=depth.__getitem__)
