"""What a service keeps of people and org units: two collections, their indexes, and how they read.

A person's document is their published state with `ancestors`, the line above them, and
`report_ids`, those who name them as their manager.  One with `known: false` stands for somebody
who is named so and of whom nothing else is known, yet or any more.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, Literal

from pymongo import ASCENDING, IndexModel

from shared.contracts.base import Frozen
from shared.ids import PersonId, UnitId

PEOPLE: Final = "directory_people"
UNITS: Final = "directory_units"
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    PEOPLE: [
        IndexModel([("ancestors", ASCENDING), ("_id", ASCENDING)], name="line"),
        IndexModel([("unit_id", ASCENDING), ("_id", ASCENDING)], name="unit"),
        IndexModel([("job_level", ASCENDING), ("_id", ASCENDING)], name="job_level"),
        IndexModel([("email", ASCENDING)], name="email"),
    ],
    UNITS: [
        IndexModel([("parent_id", ASCENDING)], name="parent"),
        IndexModel([("hr_partner_ids", ASCENDING)], name="hr_partners"),
    ],
}
"""What `mongo.ensure_collection` is given, by collection."""


class DirectoryPerson(Frozen):
    """A person as the local copy has them; `ancestors` is the line above, nearest first."""

    person_id: PersonId
    given_name: str
    family_name: str
    email: str | None
    job_title: str | None
    unit_id: UnitId | None
    manager_id: PersonId | None
    location: str | None
    time_zone: str
    language: str
    joined_on: date | None
    left_on: date | None
    status: Literal["active", "left"]
    job_level: str | None = None
    ancestors: tuple[PersonId, ...]

    @property
    def name(self) -> str:
        """Given and family name, as far as there are any."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def is_active(self) -> bool:
        """Whether they still work here."""
        return self.status == "active"


class DirectoryUnit(Frozen):
    """An org unit as the local copy has it."""

    unit_id: UnitId
    name: str
    kind: Literal["company", "department", "team"]
    parent_id: UnitId | None
    hr_partner_ids: tuple[PersonId, ...]


def to_person(doc: Mapping[str, Any] | None) -> DirectoryPerson | None:
    """The person in a document; None for a placeholder."""
    if doc is None or not doc["known"]:
        return None
    return DirectoryPerson.model_validate({**doc, "person_id": doc["_id"]})


def to_unit(doc: Mapping[str, Any] | None) -> DirectoryUnit | None:
    """The unit in a document."""
    return None if doc is None else DirectoryUnit.model_validate({**doc, "unit_id": doc["_id"]})
