"""The titles of what a service owns, for other services that write to people about it.

Many at a time, each with the rights of the one who will read it: a mail to thousands must not cost
a request for each of them.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field

from shared.errors import Forbidden
from shared.http.viewing import View
from shared.ids import PersonId

MOST: Final = 500
"""Titles of one request."""
PATH: Final = "/titles"


class WantedTitle(BaseModel):
    """The title of what has this id, as this person may see it."""

    id: str
    reader_id: PersonId


class WantedTitles(BaseModel):
    """What is asked for."""

    wanted: Annotated[list[WantedTitle], Field(max_length=MOST)]


class FoundTitles(BaseModel):
    """The titles in the order in which they were asked for; null where there is none for the reader."""

    titles: list[str | None]


def titles_router(collection: str, title: str, *, action: str = "read") -> APIRouter:
    """The route: `title` is a field of the documents, `action` what is granted to their readers."""
    router = APIRouter(tags=["services"])

    @router.post(PATH, summary="Read titles for others")
    async def read_titles(asked: WantedTitles, view: View) -> FoundTitles:
        """Titles for those whom another service is about to tell; services only."""
        if not view.caller.is_service:
            raise Forbidden("Only services ask for titles on behalf of others.")
        ids = list({each.id for each in asked.wanted})
        docs: dict[Any, Any] = {
            doc["_id"]: doc for doc in await view.db[collection].find({"_id": {"$in": ids}}).to_list(None)
        }
        found = [each for each in asked.wanted if each.id in docs]
        seen = await view.seen(action, [(each.reader_id, docs[each.id]) for each in found])
        told = {
            (each.id, each.reader_id): docs[each.id][title]
            for each, sees in zip(found, seen, strict=True)
            if sees
        }
        return FoundTitles(titles=[told.get((each.id, each.reader_id)) for each in asked.wanted])

    return router
