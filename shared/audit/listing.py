"""Which rows of an audit somebody wants to see; all lists have the newest first."""

import struct
from datetime import datetime
from typing import Any, Final, Literal

from bson import ObjectId
from pydantic import BaseModel, Field

from shared.clock import Instant
from shared.ids import PersonId

NEWEST_FIRST: Final = [("_id", -1)]
LONGEST: Final = 200
_CLOCKS_APART: Final = 2
"""Seconds by which the time in a row's id may differ from `at`."""
_LAST_SECOND: Final = 2**32 - 1


class RowsWanted(BaseModel):
    """Those of which all is so that is asked for; without anything, all."""

    person_id: PersonId | None = Field(
        default=None, max_length=LONGEST, description="What this person did and read."
    )
    about_id: str | None = Field(
        default=None,
        max_length=LONGEST,
        description="Who changed and read this, as collection/id, such as goals/goal_1.",
    )
    kind: Literal["change", "read"] | None = Field(default=None, description="Changes or reads only.")
    deed: str | None = Field(
        default=None,
        max_length=LONGEST,
        description="What was done: a use case, such as draft_goal, or a route, such as GET /goals/export.",
    )
    action: str | None = Field(
        default=None, max_length=LONGEST, description="Of reads, what the access table calls it."
    )
    since: Instant | None = Field(default=None, description="At this time or later only.")
    until: Instant | None = Field(default=None, description="Before this time only.")

    def filter(self) -> dict[str, Any]:
        """Matches the rows in the database."""
        asked = {
            "person_id": self.person_id,
            "about": self.about_id,
            "kind": self.kind,
            "deed": self.deed,
            "action": self.action,
        }
        found: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
        if self.since is not None:
            found["at"] = {"$gte": self.since}
            found["_id"] = {"$gte": _id_at(self.since, -_CLOCKS_APART)}
        if self.until is not None:
            found["at"] = {**found.get("at", {}), "$lt": self.until}
            found["_id"] = {**found.get("_id", {}), "$lt": _id_at(self.until, _CLOCKS_APART)}
        return found


def _id_at(at: datetime, seconds: int) -> ObjectId:
    """The first id of so many seconds later: no index has the time, and all have the id."""
    second = min(max(int(at.timestamp()) + seconds, 0), _LAST_SECOND)
    return ObjectId(struct.pack(">I", second) + bytes(8))
