"""The line above a person, nearest first, and what becomes of it when somebody in it moves.

A line is the walk from manager to manager.  It ends at a person without a known manager, and
where it would meet somebody for the second time: while moves arrive out of order, two people
can for a moment be each other's manager.  Pure; knows ids and nothing else.
"""

from collections.abc import Iterable, Sequence


def line_above(person_id: str, manager_id: str | None, manager_line: Sequence[str]) -> list[str]:
    """The line of a person, from that of their manager."""
    return [] if manager_id is None else _cut(person_id, (manager_id, *manager_line))


def relined(person_id: str, line: Sequence[str], *, head_id: str, head_line: Sequence[str]) -> list[str]:
    """The line of somebody below `head_id` once that person's own line is `head_line`.

    `line` has the head in it; up to there it stays, since only the head's manager changed.
    """
    return _cut(person_id, (*line[: line.index(head_id) + 1], *head_line))


def _cut(person_id: str, walk: Iterable[str]) -> list[str]:
    met: dict[str, None] = {}
    for above in walk:
        if above == person_id or above in met:
            break
        met[above] = None
    return list(met)
