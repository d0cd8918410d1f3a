"""Directory entries, as they are read."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from services.people.domain.person import Person
from services.people.views.search import Filter, PeopleWanted
from shared.http import View, Viewer
from shared.ids import PersonId, UnitId
from shared.paging import Asked, AskedPage, Page, Sort, read_page
from shared.preconditions import entity_tag
from shared.store import from_document

router = APIRouter(tags=["people"])
BY_NAME = Sort("sort_key")


class PersonView(BaseModel):
    """A directory entry."""

    person_id: PersonId
    name: str
    given_name: str
    family_name: str
    email: str | None
    job_title: str | None
    job_level: str | None
    unit_id: UnitId | None
    manager_id: PersonId | None
    location: str | None
    time_zone: str
    language: str
    joined_on: date | None
    left_on: date | None
    status: Literal["active", "left"]
    access_closed: bool = Field(
        description="Whether the identity provider has closed it: then imports do not take the person back."
    )
    employee_number: str | None = Field(
        description="Null, too, for those who may not know it: all but the person and HR."
    )
    external_id: str | None = Field(description="As `employee_number`.")
    version: int

    @classmethod
    def of(cls, person: Person, *, numbers: bool = True) -> "PersonView":
        """The view of a person; `numbers`: whether its reader may know what other systems call them."""
        hidden = {} if numbers else {"employee_number": None, "external_id": None}
        return cls.model_validate({**dict(person), "name": person.name, **hidden})


@router.get("/people", summary="List or search people")
async def list_people(
    view: View, page: AskedPage, wanted: Annotated[PeopleWanted, Query()]
) -> Page[PersonView]:
    """The people whom the caller may see, by family name."""
    return await _listed(view, await wanted.filters(view), asked=page)


@router.get("/people/{person_id}", summary="Read a directory entry")
async def get_person(person_id: PersonId, view: View, response: Response) -> PersonView:
    """One person; the ETag is what If-Match wants."""
    person = await view.one(Person, "people", person_id, action="read_person")
    response.headers["ETag"] = entity_tag(person.version)
    [shown] = await _shown(view, [person])
    return shown


@router.get("/people/{person_id}/reports", summary="List who reports to a person")
async def list_reports(person_id: PersonId, view: View, page: AskedPage) -> Page[PersonView]:
    """Those who name the person as their manager, by family name."""
    await view.one(Person, "people", person_id, action="read_person")
    return await _listed(view, [{"manager_id": person_id}], asked=page)


@router.get("/people/{person_id}/line", summary="List a person's managers")
async def list_line(person_id: PersonId, view: View) -> Page[PersonView]:
    """Everyone above the person, nearest first; who has left, only for those who may see them."""
    person = await view.one(Person, "people", person_id, action="read_person")
    line = await _line_above(person, view)
    visible = {"$and": [await view.filter("read_person"), {"_id": {"$in": line}}]}
    found = await view.db["people"].find(visible).to_list(None)
    by_id = {entry.person_id: entry for entry in await _shown(view, [_person(doc) for doc in found])}
    return Page(items=[by_id[above] for above in line if above in by_id])


async def _listed(view: Viewer, filters: Sequence[Filter], *, asked: Asked) -> Page[PersonView]:
    visible = {"$and": [await view.filter("read_person"), *filters]}
    page = await read_page(view.db["people"], visible, asked=asked, sort=BY_NAME, show=_person)
    return Page(items=await _shown(view, page.items), next=page.next)


async def _shown(view: Viewer, people: Sequence[Person]) -> list[PersonView]:
    """Their views, with numbers where the caller may know them."""
    asked: Filter = {"_id": {"$in": [person.person_id for person in people]}}
    visible = {"$and": [await view.filter("read_numbers"), asked]}
    numbered: set[str] = set(await view.db["people"].distinct("_id", visible))
    shown = [PersonView.of(person, numbers=person.person_id in numbered) for person in people]
    view.shown("people", *_with_numbers(shown, besides=view.caller.person_id), action="read_numbers")
    return shown


def _with_numbers(shown: Sequence[PersonView], *, besides: PersonId | None) -> Sequence[Filter]:
    return [
        {"_id": each.person_id}
        for each in shown
        if (each.employee_number or each.external_id) and each.person_id != besides
    ]


async def _line_above(person: Person, view: Viewer) -> Sequence[PersonId]:
    line: dict[PersonId, None] = {}
    next_id = person.manager_id
    while next_id is not None and next_id != person.person_id and next_id not in line:
        line[next_id] = None
        above = await view.db["people"].find_one({"_id": next_id}, {"manager_id": 1})
        next_id = above["manager_id"] if above else None
    return list(line)


def _person(doc: Mapping[str, Any]) -> Person:
    return from_document(Person, doc)
