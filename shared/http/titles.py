"""The titles of what a service owns, for other services that write to people about it.

Many at a time, each with the rights of the one who will read it: a mail to thousands must not cost
a request for each of them.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter
from pydantic import BaseModel, Field

from shared.errors import Forbidden
from shared.http.viewing import View, Viewer
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


class Titled(NamedTuple):
    """Documents that have a title: the field that holds it, and what is granted to its readers."""

    collection: str
    title: str
    action: str = "read"


def titles_router(*sources: Titled) -> APIRouter:
    """The route; an id is looked for in each of the sources."""
    router = APIRouter(tags=["services"])

    @router.post(PATH, summary="Read titles for others")
    async def read_titles(asked: WantedTitles, view: View) -> FoundTitles:
        """Titles for those whom another service is about to tell; services only."""
        if not view.caller.has("service"):
            raise Forbidden("Only services ask for titles that others will read.")
        told: dict[tuple[str, PersonId], str] = {}
        for source in sources:
            missing = [each for each in asked.wanted if (each.id, each.reader_id) not in told]
            told |= await _told(source, missing, view)
        return FoundTitles(titles=[told.get((each.id, each.reader_id)) for each in asked.wanted])

    return router


async def _told(
    source: Titled, wanted: Sequence[WantedTitle], view: Viewer
) -> dict[tuple[str, PersonId], str]:
    ids = list({each.id for each in wanted})
    docs: dict[Any, Any] = {
        doc["_id"]: doc for doc in await view.db[source.collection].find({"_id": {"$in": ids}}).to_list(None)
    }
    found = [each for each in wanted if each.id in docs]
    seen = await view.seen(source.action, [(each.reader_id, docs[each.id]) for each in found])
    return {
        (each.id, each.reader_id): docs[each.id][source.title]
        for each, sees in zip(found, seen, strict=True)
        if sees
    }
