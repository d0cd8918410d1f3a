"""The library of goal templates: everybody reads what is published."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from services.goals.domain.template import (
    GoalTemplate,
    TemplateEdition,
    TemplateStatus,
    TemplateWording,
    words_of,
)
from services.goals.template_store import TEMPLATE_EDITIONS, TEMPLATES
from services.goals.views.tagged import KNOWN, tagged
from shared.contracts.goals import GoalKind
from shared.http import View
from shared.ids import PersonId, TemplateId
from shared.mongo import Doc
from shared.paging import AskedPage, Page, Sort, read_page
from shared.preconditions import IfNoneMatchHeader
from shared.reading import as_stored
from shared.store import from_document

router = APIRouter(tags=["goal templates"])


class TemplateView(BaseModel):
    """A template of the library; `edition` counts what it has said."""

    template_id: TemplateId
    wording: TemplateWording
    status: TemplateStatus
    edition: int
    written_by: PersonId | None
    written_at: datetime
    version: int

    @classmethod
    def of(cls, template: GoalTemplate) -> Self:
        """The view of a template."""
        return as_stored(cls, dict(template))


class TemplateEditionView(BaseModel):
    """What a template said before it was rewritten; `published` says whether everybody could read it."""

    number: int
    published: bool
    wording: TemplateWording
    written_by: PersonId | None
    written_at: datetime


class TemplatesWanted(BaseModel):
    """Which of the templates that the caller may see; all of what is asked must hold."""

    words: str | None = Field(
        default=None,
        max_length=200,
        description="With words that begin so in title, description, category or key results.",
    )
    category: str | None = Field(default=None, max_length=60, description="Of this category only.")
    kind: GoalKind | None = Field(default=None, description="Of this kind only.")
    status: TemplateStatus | None = Field(default=None, description="In this stage only.")

    def filter(self) -> Doc:
        """Matches the documents of these templates."""
        named = {"wording.category": self.category}
        named |= {"wording.kind": self.kind, "status": self.status}
        ways: list[Doc] = [{name: value} for name, value in named.items() if value is not None]
        ways += [{"words": {"$regex": f"^{re.escape(word)}"}} for word in words_of(self.words or "")]
        return {"$and": ways} if ways else {}


@router.get("/goal-templates", summary="List goal templates")
async def list_templates(
    view: View, page: AskedPage, wanted: Annotated[TemplatesWanted, Query()]
) -> Page[TemplateView]:
    """Those that the caller may see; drafts and what is archived are HR's."""
    filter_ = {"$and": [await view.filter("read_template"), wanted.filter()]}
    return await read_page(view.db[TEMPLATES], filter_, asked=page, show=_template)


@router.get(
    "/goal-templates/{template_id}",
    response_model=TemplateView,
    summary="Read a goal template",
    responses=KNOWN,
)
async def get_template(template_id: TemplateId, view: View, none_match: IfNoneMatchHeader = None) -> Response:
    """One template; its ETag is what If-Match wants."""
    template = await view.one(GoalTemplate, TEMPLATES, template_id, action="read_template")
    return tagged(TemplateView.of(template), template.version, none_match)


@router.get("/goal-templates/{template_id}/editions", summary="List what a goal template said before")
async def list_editions(template_id: TemplateId, view: View, page: AskedPage) -> Page[TemplateEditionView]:
    """What it said until each change, the newest first; what was not published then is HR's."""
    await view.one(GoalTemplate, TEMPLATES, template_id, action="read_template")
    seen = await view.filter("read_edition")
    newest, of = Sort("number", descending=True), {"$and": [{"template_id": template_id}, seen]}
    return await read_page(view.db[TEMPLATE_EDITIONS], of, asked=page, sort=newest, show=_edition)


def _template(doc: Mapping[str, Any]) -> TemplateView:
    return TemplateView.of(from_document(GoalTemplate, doc))


def _edition(doc: Mapping[str, Any]) -> TemplateEditionView:
    return as_stored(TemplateEditionView, dict(from_document(TemplateEdition, doc)))
