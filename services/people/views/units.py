"""Org units, as they are read."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from services.people.domain.unit import OrgUnit, UnitKind
from services.people.views.search import Filter, named
from shared.http import View
from shared.ids import PersonId, UnitId
from shared.paging import AskedPage, Page, Sort, read_page
from shared.preconditions import entity_tag
from shared.store import from_document

router = APIRouter(tags=["units"])
BY_NAME = Sort("sort_key")


class UnitView(BaseModel):
    """A company, department or team.

    One without HR partners is looked after by those of the nearest unit above that lists any.
    """

    unit_id: UnitId
    name: str
    kind: UnitKind
    parent_id: UnitId | None
    hr_partner_ids: list[PersonId]
    version: int

    @classmethod
    def of(cls, unit: OrgUnit) -> "UnitView":
        """The view of a unit."""
        return cls.model_validate(dict(unit))


@router.get("/units", summary="List or search org units")
async def list_units(
    view: View,
    page: AskedPage,
    name: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Beginnings of words of the name.")
    ] = None,
    kind: Annotated[UnitKind | None, Query(description="Of this kind only.")] = None,
    parent_id: Annotated[UnitId | None, Query(description="Directly under this unit only.")] = None,
) -> Page[UnitView]:
    """The org units, by name."""
    equal: dict[str, Any] = {"kind": kind, "parent_id": parent_id}
    wanted: list[Filter] = [{field: value for field, value in equal.items() if value is not None}]
    wanted += named(name) if name is not None else []
    visible = {"$and": [await view.filter("read_unit"), *wanted]}
    return await read_page(view.db["units"], visible, asked=page, sort=BY_NAME, show=_show)


@router.get("/units/{unit_id}", summary="Read an org unit")
async def get_unit(unit_id: UnitId, view: View, response: Response) -> UnitView:
    """One unit; the ETag is what If-Match wants."""
    unit = await view.one(OrgUnit, "units", unit_id, action="read_unit")
    response.headers["ETag"] = entity_tag(unit.version)
    return UnitView.of(unit)


def _show(doc: Mapping[str, Any]) -> UnitView:
    return UnitView.of(from_document(OrgUnit, doc))
