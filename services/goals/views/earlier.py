"""What was said of a goal while it was for fewer to read: it stays theirs when the goal is shown to more."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from services.goals.domain.beside import Narrower
from services.goals.domain.goal import Goal
from shared.http.viewing import Viewer
from shared.mongo import Doc

ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
"""Before anything was said."""


FIELDS: Final = ("asked_id", "narrower", "owner_id")
"""Of a goal's document, what it takes."""


async def hidden_until(goal: Goal, view: Viewer) -> datetime:
    """Until when words about the goal are not for who asks, who may read it now."""
    return await hidden_of({name: getattr(goal, name) for name in FIELDS}, view)


async def hidden_of(doc: Mapping[str, Any], view: Viewer) -> datetime:
    """The same of a goal's document."""
    hidden = ALWAYS
    for each in map(Narrower.model_validate, doc.get("narrower") or ()):
        if each.until > hidden and await _hides(each, doc, view):
            hidden = each.until
    return hidden


async def hidden_at(goal: Goal, at: datetime, view: Viewer) -> bool:
    """Whether what the goal was at a time is not for who asks, who may read it now."""
    doc = {name: getattr(goal, name) for name in FIELDS}
    for each in goal.narrower:
        if each.until >= at and await _hides(each, doc, view):
            return True
    return False


async def _hides(earlier: Narrower, doc: Mapping[str, Any], view: Viewer) -> bool:
    """Whether who asks, had the goal stayed for so few, could not read it."""
    return not await view.may("read", {**doc, "visibility": earlier.visibility})


def figures_of(measured: Doc, hidden: datetime) -> Doc:
    """A measurement's document, of what was said until then with the figures alone."""
    correction = measured.get("correction")
    if correction is not None and correction["at"] <= hidden:
        correction = {**correction, "reason": ""}
    noted_at = measured.get("noted_at") or measured.get("taken_at") or measured["measured_at"]
    note = "" if noted_at <= hidden else measured.get("note", "")
    return {**measured, "note": note, "correction": correction}
