"""Whom an assignment would reach, and whom it would not, before anybody is asked."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple, Self

from pydantic import BaseModel

from services.goals.domain.assignment import Assignment
from services.goals.domain.weights import has_room
from services.goals.store import GOALS
from shared.directory import departed_among, population, population_size
from shared.ids import PersonId, TemplateId
from shared.mongo import Database
from shared.population import NamedPopulation

MOST: Final = 2000
"""People whose goals are looked through; of more it is told only how many they are."""


class Reach(BaseModel):
    """How many people an assignment would reach, and how many of those named in person_ids have left.

    `have_it` already have an open goal of the same template, and get another; of `no_room` other goals
    leave not enough of 100 for its weight, and they get none.  Both are null for more than 2000 people.
    """

    people: int
    left: int
    have_it: int | None
    no_room: int | None


class Checked(BaseModel):
    """An assignment that passed all checks, without its words: what its reach depends on."""

    population: NamedPopulation
    template_id: TemplateId | None
    weight: float
    starts_on: date
    due_on: date

    @classmethod
    def of(cls, assignment: Assignment) -> Self:
        """What the reach of an assignment depends on."""
        wording = assignment.wording
        return cls(
            population=assignment.population,
            template_id=assignment.template_id,
            weight=wording.weight,
            starts_on=wording.starts_on,
            due_on=wording.due_on,
        )


class _Goal(NamedTuple):
    weight: float
    starts_on: date
    due_on: date


async def reach_of(assignment: Checked, db: Database) -> Reach:
    """What would come of an assignment that passed all checks."""
    people = await population_size(db, assignment.population)
    left = await departed_among(db, assignment.population)
    if people > MOST:
        return Reach(people=people, left=left, have_it=None, no_room=None)
    ids = await population(db, assignment.population, None, MOST)
    have_it = 0
    if assignment.template_id is not None:
        open_ = {"template_id": assignment.template_id, "status": {"$ne": "closed"}}
        have_it = len(await db[GOALS].distinct("owner_id", {**open_, "owner_id": {"$in": [*ids]}}))
    no_room = await _without_room(assignment, ids, db)
    return Reach(people=people, left=left, have_it=have_it, no_room=no_room)


async def _without_room(asked: Checked, owner_ids: Sequence[PersonId], db: Database) -> int:
    if not asked.weight:
        return 0
    wanted: dict[str, Any] = {
        "owner_id": {"$in": [*owner_ids]},
        "status": {"$in": ["proposed", "agreed"]},
        "weight": {"$gt": 0},
    }
    goals: defaultdict[PersonId, list[_Goal]] = defaultdict(list)
    fields = {"owner_id": 1, "weight": 1, "starts_on": 1, "due_on": 1}
    async for doc in db[GOALS].find(wanted, fields):
        days = (date.fromisoformat(doc[name]) for name in ("starts_on", "due_on"))
        goals[doc["owner_id"]].append(_Goal(doc["weight"], *days))
    return sum(not has_room(asked, beside=each) for each in goals.values())
