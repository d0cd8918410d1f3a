"""Everything that a service holds of one person, for themselves and for who answers them.

Source: GDPR (Regulation (EU) 2016/679), articles 15 and 20.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field

from shared.erasure import Held, personal_data
from shared.http.viewing import View
from shared.ids import PersonId

READ: Final = "read_personal_data"
"""The action in the access table."""
PATH: Final = "/personal-data/{person_id}"


class PersonalData(BaseModel):
    """What one service holds of a person; kinds of which it holds nothing are left out."""

    service: str
    person_id: PersonId
    at: datetime
    kinds: dict[str, list[dict[str, Any]]] = Field(
        description="By kind, the documents as they are kept, by id; times in UTC."
    )


def personal_data_router(service: str, held: Sequence[Held]) -> APIRouter:
    """The route; what others wrote of the person that they may not read is not in it."""
    router = APIRouter(tags=["privacy"])

    @router.get(PATH, summary="Read all that is held of a person")
    async def read_personal_data(person_id: PersonId, view: View) -> PersonalData:
        """For the person and the privacy officer; each reading is audited."""
        asked = {"_id": person_id, "person_id": person_id}
        await view.demand(READ, asked, about=f"person/{person_id}")
        found = await personal_data(view.db, held, person_id)
        kinds = {what: [dict(doc) for doc in docs] for what, docs in found.items()}
        return PersonalData(service=service, person_id=person_id, at=view.now, kinds=kinds)

    return router
