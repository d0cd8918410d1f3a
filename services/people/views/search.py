"""Which people a list is asked for, and the filters that find them by index."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from services.people.domain.identifiers import Identifier, identifier_key
from services.people.domain.names import searched_words
from services.people.store.people import IDENTIFIERS
from shared.access import NOTHING
from shared.directory import DirectoryReader
from shared.http import Viewer
from shared.ids import PersonId, UnitId

ManagerStatus = Literal["left", "none"]
Filter = Mapping[str, Any]


class PeopleWanted(BaseModel):
    """What a list is to hold; what is left out excludes nobody."""

    name: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Beginnings of words of the name, such as `ann sm`; without case and accents.",
    )
    email: str | None = Field(default=None, max_length=254, description="With this address.")
    employee_number: str | None = Field(
        default=None, max_length=200, description="With this number; finds those whose number one may know."
    )
    unit_id: UnitId | None = Field(default=None, description="In this unit itself.")
    within: UnitId | None = Field(default=None, description="In this unit or any below it.")
    job_level: str | None = Field(default=None, max_length=200, description="Of this job level, such as L3.")
    manager_id: PersonId | None = Field(default=None, description="Reporting to this person directly.")
    status: Literal["active", "left"] | None = Field(
        default=None, description="Working here, or not any more."
    )
    manager_status: ManagerStatus | None = Field(
        default=None,
        description="Working here, and `left`: whose manager is not any more; `none`: without a manager.",
    )

    async def filters(self, view: Viewer) -> Sequence[Filter]:
        """All of it, as MongoDB has it."""
        equal = self.model_dump(include={"unit_id", "job_level", "manager_id", "status"}, exclude_none=True)
        found: list[Filter] = [equal]
        if self.name is not None:
            found += named(self.name)
        if self.within is not None:
            units = await DirectoryReader(view.db).unit_ids_within([self.within])
            found.append({"unit_id": {"$in": list(units)}})
        if self.manager_status is not None:
            found.append(await _without_active_manager(self.manager_status, view))
        if self.email is not None:
            found.append(await _identified("email", self.email, view))
        if self.employee_number is not None:
            found.append(await _identified("employee_number", self.employee_number, view))
            found.append(await view.filter("read_numbers"))
        return found


def named(text: str) -> Sequence[Filter]:
    """Names with words that begin so, whatever their order."""
    words = searched_words(text)
    return [{"name_words": {"$regex": f"^{re.escape(word)}"}} for word in words] or [NOTHING]


async def _identified(kind: Identifier, text: str, view: Viewer) -> Filter:
    holder = await view.db[IDENTIFIERS].find_one({"_id": identifier_key(kind, text.strip())})
    return {"_id": holder["person_id"]} if holder else NOTHING


async def _without_active_manager(status: ManagerStatus, view: Viewer) -> Filter:
    """Two looks by index: whom the active name as their managers, and who of those has left."""
    if status == "none":
        return {"status": "active", "manager_id": None}
    people = view.db["people"]
    named_as_managers = await people.distinct("manager_id", {"status": "active"})
    left = await people.distinct("_id", {"_id": {"$in": named_as_managers}, "status": "left"})
    return {"status": "active", "manager_id": {"$in": left}}
