"""Whom an assignment would reach, and whom it would not, before anybody is asked."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from time import monotonic
from typing import Any, Final, NamedTuple, Self

from pydantic import BaseModel

from services.goals.domain.assignment import Assignment
from services.goals.domain.template import Placeholder, placeholders_of
from services.goals.domain.weights import has_room
from services.goals.store import GOALS
from shared.directory import (
    UNITS,
    DirectoryPerson,
    DirectoryReader,
    departed_among,
    population,
    population_size,
)
from shared.http.viewing import Viewer
from shared.ids import PersonId, TemplateId
from shared.mongo import Database
from shared.population import NamedPopulation

AT_ONCE: Final = 2000
"""People whose goals are looked through together."""
LONGEST_S: Final = 15.0
"""How long people are looked through; if there are more, it is told only how many they are."""


class AssignmentPreview(BaseModel):
    """How many people an assignment would reach, and how many of those named in person_ids have left.

    `have_it` already have an open goal of the same template, and get another.  Those get none: of `no_room`
    other goals leave not enough of 100 for its weight; of `nothing_to_fill_in` the directory does not know
    what a placeholder stands for.  All three are null where there are more people than can be looked through
    in 15 seconds.  The first two are of goals that the caller may read: a private one may leave less room
    than is told.
    """

    people: int
    left: int
    have_it: int | None = None
    no_room: int | None = None
    nothing_to_fill_in: int | None = None


class Checked(BaseModel):
    """An assignment that passed all checks, without its words: what its preview depends on."""

    population: NamedPopulation
    template_id: TemplateId | None
    placeholders: Sequence[Placeholder]
    weight: float
    starts_on: date
    due_on: date

    @classmethod
    def of(cls, assignment: Assignment) -> Self:
        """What the preview of an assignment depends on."""
        wording = assignment.wording
        return cls(
            population=assignment.population,
            template_id=assignment.template_id,
            placeholders=placeholders_of(wording) if assignment.template_id else (),
            weight=wording.weight,
            starts_on=wording.starts_on,
            due_on=wording.due_on,
        )


class _Goal(NamedTuple):
    weight: float
    starts_on: date
    due_on: date


async def preview_of(assignment: Checked, view: Viewer) -> AssignmentPreview:
    """What would come of an assignment that passed all checks, as far as the caller may know."""
    db, seen = view.db, await view.filter()
    people = await population_size(db, assignment.population)
    left = await departed_among(db, assignment.population)
    have_it, no_room, blank = 0, 0, 0
    until, last = monotonic() + LONGEST_S, None
    while ids := await population(db, assignment.population, last, AT_ONCE):
        if monotonic() > until:
            return AssignmentPreview(people=people, left=left)
        have_it += await _with_it(assignment, ids, seen, db)
        no_room += await _without_room(assignment, ids, seen, db)
        blank += await _without_words(assignment.placeholders, ids, db)
        last = ids[-1]
    return AssignmentPreview(
        people=people, left=left, have_it=have_it, no_room=no_room, nothing_to_fill_in=blank
    )


async def _with_it(
    asked: Checked, owner_ids: Sequence[PersonId], seen: Mapping[str, Any], db: Database
) -> int:
    if asked.template_id is None:
        return 0
    open_ = {"template_id": asked.template_id, "status": {"$ne": "closed"}}
    theirs = {**open_, "owner_id": {"$in": [*owner_ids]}}
    return len(await db[GOALS].distinct("owner_id", {"$and": [theirs, seen]}))


async def _without_words(placeholders: Sequence[Placeholder], ids: Sequence[PersonId], db: Database) -> int:
    if not placeholders:
        return 0
    people = (await DirectoryReader(db).people(ids)).values()
    asked: list[Callable[[DirectoryPerson], bool]] = []
    if "job_title" in placeholders:
        asked.append(lambda person: bool(person.job_title))
    if "unit" in placeholders:
        wanted = {"_id": {"$in": [*{person.unit_id for person in people}]}, "name": {"$nin": ["", None]}}
        units = await db[UNITS].distinct("_id", wanted)
        asked.append(lambda person: person.unit_id in units)
    return sum(not all(known(person) for known in asked) for person in people)


async def _without_room(
    asked: Checked, owner_ids: Sequence[PersonId], seen: Mapping[str, Any], db: Database
) -> int:
    if not asked.weight:
        return 0
    wanted: dict[str, Any] = {
        "owner_id": {"$in": [*owner_ids]},
        "status": {"$in": ["proposed", "agreed"]},
        "weight": {"$gt": 0},
        "starts_on": {"$lte": asked.due_on.isoformat()},
        "due_on": {"$gte": asked.starts_on.isoformat()},
    }
    goals: defaultdict[PersonId, list[_Goal]] = defaultdict(list)
    fields = {"owner_id": 1, "weight": 1, "starts_on": 1, "due_on": 1}
    async for doc in db[GOALS].find({"$and": [wanted, seen]}, fields):
        days = (date.fromisoformat(doc[name]) for name in ("starts_on", "due_on"))
        goals[doc["owner_id"]].append(_Goal(doc["weight"], *days))
    return sum(not has_room(asked, beside=each) for each in goals.values())
