"""Everybody and every unit at once, as an import asks for them.

Read outside of any transaction: what the plan of an import rests on is looked at again when its
rows are imported, but for the tree of units, which `version` fences.
"""

import asyncio
from typing import NamedTuple

from services.people.domain.csv_import import Roster
from services.people.domain.person import Person
from services.people.domain.unit import OrgUnit
from services.people.store.guards import GUARDS, STRUCTURE
from shared import mongo
from shared.store import from_document


class Known(NamedTuple):
    """The roster, and the version of the tree of units that it has."""

    roster: Roster
    version: int


async def read_roster(db: mongo.Database) -> Known:
    """The directory as it is; for 100,000 people some seconds, on a thread."""
    guard = await db[GUARDS].find_one({"_id": STRUCTURE})
    units = await db["units"].find().to_list(None)
    people = await db["people"].find({}, {"name_words": 0, "sort_key": 0}).to_list(None)

    def roster() -> Roster:
        return Roster.of(
            (from_document(Person, doc) for doc in people), (from_document(OrgUnit, doc) for doc in units)
        )

    return Known(await asyncio.to_thread(roster), guard["version"] if guard else 0)
