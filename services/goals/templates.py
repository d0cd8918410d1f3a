"""From a template of the library to the wording of somebody's goal."""

from datetime import date
from typing import Final

from services.goals.domain.period import NoSuchPeriod
from services.goals.domain.template import (
    GoalTemplate,
    NothingToFillIn,
    Placeholder,
    TemplateNotPublished,
    TemplateUse,
    filled,
)
from services.goals.domain.wording import Wording
from services.goals.periods import period_named
from services.goals.template_store import TemplateStore
from shared.directory import Directory
from shared.errors import NotFound
from shared.ids import PersonId
from shared.work import Transaction

OF_TEMPLATES: Final = (TemplateNotPublished, NothingToFillIn, NoSuchPeriod)
"""Why a template refuses."""


async def usable_template(use: TemplateUse, tx: Transaction) -> GoalTemplate:
    """The template, if it is published; one that the caller may not read is not there."""
    template = await TemplateStore(tx).find(use.template_id)
    if template is None:
        raise NotFound("There is no goal template with this id.")
    await tx.require("read_template", template)
    template.require_usable()
    return template


async def wording_of(use: TemplateUse, template: GoalTemplate, *, today: date, tx: Transaction) -> Wording:
    """What goals of it say, with placeholders that are still to be filled."""
    period = await period_named(use.period_id, tx) if use.period_id is not None else None
    return template.wording_for(use, period=period, today=today)


async def filled_for(owner_id: PersonId, wording: Wording, tx: Transaction) -> Wording:
    """The wording with what the directory says of its owner."""
    directory = Directory(tx)
    owner, unit = await directory.require(owner_id), await directory.unit_of(owner_id)
    known: dict[Placeholder, str | None] = {
        "unit": unit.name if unit else None,
        "job_title": owner.job_title,
    }
    return filled(wording, known)
