"""Goals as the rows that `plan_goals` reads: what is planned, and nothing of how far that has come."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from services.goals.domain.csv_import.cells import listed
from services.goals.domain.csv_import.columns import COLUMN, COLUMNS, Of
from services.goals.domain.goal import Goal
from services.goals.domain.initiative import Initiative
from services.goals.domain.key_result import KeyResultWording
from shared.csv_files import cell
from shared.ids import GoalId

_GIVEN = {"yes_no", "milestones"}
"""Where start and target follow from the unit."""
Said = Mapping[str, Any]


class Written(NamedTuple):
    """A file, and how many rows it has below the header."""

    text: str
    rows: int


def write_goals(goals: Sequence[Goal], initiatives: Mapping[GoalId, Sequence[Initiative]]) -> Written:
    """The file; a goal's key is its id, and a goal that serves another of these names it by its key."""
    file = io.StringIO()
    rows = csv.DictWriter(file, [*COLUMNS], restval="", lineterminator="\r\n")
    rows.writeheader()
    known = {goal.goal_id for goal in goals}
    count = 0
    for goal in goals:
        for row in _rows(goal, initiatives.get(goal.goal_id, ()), known):
            rows.writerow({name: cell(value) for name, value in row.items()})
            count += 1
    return Written(file.getvalue(), count)


def _rows(goal: Goal, initiatives: Sequence[Initiative], known: set[GoalId]) -> Iterator[Said]:
    parts = [row for part in goal.key_results for row in _key_result(part)]
    links = [_columns("link", dict(each)) for each in goal.links]
    done = [_initiative(each, goal) for each in initiatives]
    own = [_goal(goal, known)]
    nothing: Said = {}
    for row in zip_longest(own, parts, links, done, fillvalue=nothing):
        yield {**{name: value for some in row for name, value in some.items()}, "import_id": goal.goal_id}


def _goal(goal: Goal, known: set[GoalId]) -> Said:
    among = goal.parent_id in known
    place = {
        "tags": listed(goal.tags),
        "parent_id": None if among else goal.parent_id,
        "parent_import_id": goal.parent_id if among else None,
        "contribution": None if goal.parent_id is None else goal.contribution,
    }
    return _columns("goal", {**dict(goal), **place})


def _key_result(part: KeyResultWording) -> Iterator[Said]:
    """Its row, beside its first milestone; the others have rows of their own."""
    said = {**dict(part), "unit": part.unit.strip() or "number"}
    if part.unit_kind in _GIVEN:
        said |= {"start": None, "target": None}
    first, *others = [_columns("milestone", dict(each)) for each in part.milestones] or [{}]
    yield {**_columns("key_result", said), **first}
    yield from others


def _initiative(initiative: Initiative, goal: Goal) -> Said:
    """Who does it is left out where that is the goal's owner, so that it goes along with the goal."""
    owner_id = None if initiative.owner_id == goal.owner_id else initiative.owner_id
    return _columns("initiative", {**dict(initiative), "owner_id": owner_id})


def _columns(of: Of, said: Said) -> Said:
    return {name: said.get(field) for (each, field), name in COLUMN.items() if each == of}


__all__ = ["Written", "write_goals"]
