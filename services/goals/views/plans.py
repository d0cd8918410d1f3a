"""Which index serves a list of goals: chosen here where MongoDB, that tries plans on few rows, errs.

A list has two ways to go: by what is asked for, each row then checked for who may read it, or by whose
goals the caller may read, each row then checked for what is asked.  The first is right for what few goals
are like, and for who reads those of very many; the second for who reads those of few.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from shared.paging import Index, Sort

FEW: Final = 200
"""People whose goals MongoDB merges in order, each from its own place in the index."""
OF_ONE: Final[Mapping[str, str]] = {
    "owner_id": "by_owner",
    "asked_id": "by_asked",
    "parent_id": "by_parent",
    "origin_id": "by_origin",
}
"""Goals of one person or below one goal are few, in any order."""
RARE: Final[Mapping[str, str]] = {
    "neglect": "by_neglect",
    "silent": "by_silent",
    "overdue": "by_overdue",
    "tag": "by_tag",
    "template_id": "by_template",
    "category": "by_category",
}
"""What is rare among goals, the rarest first; of several that are asked for the first one is taken."""
COMMON: Final[Mapping[str, str]] = {
    "heading": "by_heading",
    "perspective": "by_perspective",
    "pace": "by_pace",
    "outcome": "by_outcome",
    "period_id": "by_period",
    "status": "by_status",
    "kind": "by_kind",
    "level": "by_level",
}
"""What many goals are like: for who reads those of more than `FEW` people."""
OF_WAYS: Final[Mapping[str, str]] = {
    "owner_id": "by_owner",
    "asked_id": "by_asked",
    "visibility": "by_everyone_or_private",
}
"""The index of each way in which goals are somebody's to read, where nothing is asked besides."""
ALL: Final = "_id_"
"""For who reads those of many and asks for nothing: behind a cursor MongoDB would sort all the rest."""
INITIATIVES_OF_WAYS: Final[Mapping[str, str]] = {
    "goal_owner_id": "by_goal_owner",
    "owner_id": "by_owner",
    "goal_id": "by_goal",
    "goal_visibility": "by_everyone",
}
"""The same of initiatives."""
TEAM: Final = "reporting_to_id"
"""So few people are found by `by_owner`, whatever else is asked."""
UNIT: Final = "unit_id"
"""As a team's where few work there; else each row that is found without it is checked for it."""
MEMBERS: Final = 1000
"""People of a unit whose goals are read and sorted rather than found among all."""
SORTED: Final[Mapping[str, str]] = {"due_on": "by_due", "progress": "by_percent"}
"""By what is asked for."""
_KEPT: Final = {"progress": "percent"}
"""The fields that are sorted by where they have another name."""


def order_of(asked: str) -> Sort:
    """The order of a list that is asked for by a name, with a minus the other way round."""
    name = asked.removeprefix("-")
    return Sort(_KEPT.get(name, name), descending=asked != name)


def index_for(
    asked: Mapping[str, Any], seen: Mapping[str, Any], sort: str | None, *, matching: Mapping[str, Any]
) -> Index:
    """The index for a list of what is asked for, among what is seen; None for the planner's.

    `asked` are the filters by name, with their values, and `matching` what MongoDB is asked for them; `seen`
    is the filter of all that the caller may read.
    """
    of_one = _first(OF_ONE, asked)
    if of_one is not None:
        return of_one
    if asked.get(TEAM):
        return None
    if asked.get(UNIT) and _members(matching) <= MEMBERS:
        return OF_ONE["owner_id"]
    if sort is not None:
        return SORTED[sort.removeprefix("-")]
    rare = _first(RARE, asked)
    if rare is not None:
        return rare
    if reads_of_many(seen):
        return _first(COMMON, asked) or (None if asked else ALL)
    return None if asked else OF_WAYS


def reads_of_many(
    seen: Mapping[str, Any], *, owner: str = "owner_id", visibility: str = "visibility"
) -> bool:
    """Whether a filter lets through what more people own than are merged, by the fields that say so."""
    ways: Sequence[Mapping[str, Any]] = seen.get("$or", [seen])
    people = [len(way[owner]["$in"]) for way in ways if isinstance(way.get(owner), Mapping)]
    everybody = any(not way or _shared(way, visibility) for way in ways)
    return everybody or sum(people) > FEW


def due_initiatives(asked: Mapping[str, Any], seen: Mapping[str, Any]) -> Index:
    """The index for a list of initiatives, as `index_for` of goals."""
    if asked:
        return None
    many = reads_of_many(seen, owner="goal_owner_id", visibility="goal_visibility")
    return "by_due" if many else INITIATIVES_OF_WAYS


def described() -> str:
    """The choice as a table in Markdown."""
    groups = (
        (OF_ONE, "whoever asks"),
        (SORTED, "`sort`, unless one of those above is asked for"),
        (RARE, "whoever asks; the first of these"),
        (COMMON, f"who reads the goals of more than {FEW} people; else as without a filter, or by this"),
    )
    rows = ["| Filter | Index | For |", "|---|---|---|"]
    rows.append(f"| `{TEAM}` | `by_owner` | whoever asks |")
    rows.append(f"| `{UNIT}` | `by_owner` | {MEMBERS:,} people at most; else as without it |")
    for group, whom in groups:
        rows += [f"| `{name}` | `{index}` | {whom} |" for name, index in group.items()]
    rows.append(f"| none of them | `_id` | who reads the goals of more than {FEW} people |")
    rows.append("| none of them | `by_owner` and `by_everyone_or_private`, merged by id | others |")
    return "\n".join(rows)


def _first(indexes: Mapping[str, str], asked: Mapping[str, Any]) -> str | None:
    # What is empty or false is what most goals are like, and in no index of the few that are not.
    return next((index for name, index in indexes.items() if asked.get(name)), None)


def _members(matching: Mapping[str, Any]) -> int:
    owners = matching.get("owner_id")
    return len(cast("Mapping[str, list[str]]", owners)["$in"]) if isinstance(owners, Mapping) else 0


def _shared(way: Mapping[str, Any], visibility: str) -> bool:
    return {*way} == {visibility} and isinstance(way[visibility], Mapping)


__all__ = ["described", "due_initiatives", "index_for", "order_of", "reads_of_many"]
