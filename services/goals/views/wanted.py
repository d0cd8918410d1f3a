"""Which goals somebody asks for: the filters of lists, counts and files, the same for all of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from pydantic import BaseModel, Field

from services.goals.views.judgements import readable
from shared.contracts.goals import (
    GoalKind,
    GoalLevel,
    GoalStatus,
    Heading,
    Neglect,
    Outcome,
    Pace,
    Perspective,
)
from shared.directory import DirectoryReader
from shared.http.viewing import Viewer
from shared.ids import GoalId, PeriodId, PersonId, TemplateId, UnitId
from shared.mongo import Doc

STANDING: Final = frozenset({"pace", "heading", "overdue", "silent", "neglect"})
BY_OTHERS: Final = frozenset({"runs_from", "runs_to", "aligned", "tag", "reporting_to_id", "unit_id"})
"""What is not asked of a field of the same name."""
ME: Final = "me"
"""In the place of a person's id: whoever asks, whose id not every token tells them."""
PEOPLE: Final = frozenset({"owner_id", "asked_id", "reporting_to_id"})
NONE: Final[Doc] = {"_id": {"$in": []}}
"""Matches no goal."""
ALIGNED: Final[Doc] = {"parent_id": {"$ne": None}, "orphaned": {"$ne": True}}
UNALIGNED: Final[Doc] = {"$or": [{"parent_id": None}, {"orphaned": True}]}
"""Each part of it is found by an index of its own."""


class SaidWanted(BaseModel):
    """Which of the goals that the caller may see, by what they say and whose they are.

    All of what is asked must hold.  `me` in the place of a person's id is the caller's.
    """

    owner_id: PersonId | None = Field(default=None, description="Of this person only; `me` is the caller.")
    parent_id: GoalId | None = Field(default=None, description="Serving this goal only.")
    period_id: PeriodId | None = Field(default=None, description="Of this period only.")
    kind: GoalKind | None = Field(default=None, description="Of this kind only.")
    level: GoalLevel | None = Field(default=None, description="Of a person, a team or the organisation only.")
    category: str | None = Field(default=None, max_length=60, description="In this category only.")
    perspective: Perspective | None = Field(default=None, description="In this perspective only.")
    tag: str | None = Field(default=None, max_length=40, description="With this tag only.")
    reporting_to_id: PersonId | None = Field(
        default=None, description="Of those who report to this person only: a team's goals."
    )
    unit_id: UnitId | None = Field(
        default=None, description="Of those who work in this unit or one below it only, as it is now."
    )

    def asked(self) -> Mapping[str, Any]:
        """What they are asked to say, by name."""
        return self.model_dump(exclude_none=True, include={*SaidWanted.model_fields})

    async def said(self, view: Viewer) -> Doc:
        """Matches the documents of goals that say so."""
        named = _by_name(self.asked(), view)
        wanted = {**_equal(named), **await _of_owners(named, view)}
        return await unless_hidden(wanted, (self.parent_id,), view)


class GoalsWanted(SaidWanted):
    """The same, and by how they stand."""

    asked_id: PersonId | None = Field(default=None, description="Waiting for this person's answer only.")
    origin_id: GoalId | None = Field(default=None, description="Carried over from this goal only.")
    template_id: TemplateId | None = Field(default=None, description="From this template only.")
    status: GoalStatus | None = Field(default=None, description="In this stage only.")
    outcome: Outcome | None = Field(default=None, description="Closed so only.")
    pace: Pace | None = Field(default=None, description="Where they should be by now, or not, so only.")
    heading: Heading | None = Field(default=None, description="By their trend heading there only.")
    overdue: bool | None = Field(default=None, description="Overdue only, or those that are not.")
    silent: bool | None = Field(default=None, description="With two missed check-ins only, or those without.")
    neglect: Neglect | None = Field(default=None, description="That nobody works on for this reason only.")
    aligned: bool | None = Field(
        default=None, description="Serving another goal that is open only, or serving none."
    )
    runs_from: date | None = Field(default=None, description="Due on this day or later.")
    runs_to: date | None = Field(default=None, description="Starting on this day or earlier.")

    def named(self) -> Mapping[str, Any]:
        """What is asked for, by name."""
        return self.model_dump(exclude_none=True, include={*GoalsWanted.model_fields})

    async def matching(self, view: Viewer) -> Doc:
        """Matches the documents of these goals."""
        named = _by_name(self.named(), view)
        wanted = {**self._of_fields(named), **await _of_owners(named, view)}
        return await unless_hidden(wanted, (self.parent_id, self.origin_id), view)

    def _of_fields(self, named: Mapping[str, Any]) -> Doc:
        equal = _equal(named)
        if self.aligned is not None:
            equal["$and"] = [ALIGNED if self.aligned else UNALIGNED]
        due = {"due_on": {"$gte": self.runs_from}} if self.runs_from else {}
        start = {"starts_on": {"$lte": self.runs_to}} if self.runs_to else {}
        return {**equal, **due, **start}


def _by_name(asked: Mapping[str, Any], view: Viewer) -> Mapping[str, Any]:
    return {name: view.me() if name in PEOPLE and value == ME else value for name, value in asked.items()}


def _equal(named: Mapping[str, Any]) -> Doc:
    """What is asked of a field, by where that is in documents."""
    asked = {name: value for name, value in named.items() if name not in BY_OTHERS}
    equal = {f"standing.{name}" if name in STANDING else name: value for name, value in asked.items()}
    return equal | ({"tags": named["tag"].strip().lower()} if "tag" in named else {})


async def _of_owners(named: Mapping[str, Any], view: Viewer) -> Doc:
    directory, groups = DirectoryReader(view.db), list[Sequence[PersonId]]()
    if "reporting_to_id" in named:
        groups.append(await directory.person_ids_reporting_to(named["reporting_to_id"]))
    if "unit_id" in named:
        groups.append(await directory.person_ids_working_in(named["unit_id"]))
    if not groups:
        return {}
    owners = set(groups[0]).intersection(*groups[1:])
    if "owner_id" not in named:
        return {"owner_id": {"$in": sorted(owners)}}
    return {} if named["owner_id"] in owners else NONE


async def unless_hidden(wanted: Doc, named: Iterable[GoalId | None], view: Viewer) -> Doc:
    """The same goals, or none if one that is named is not for the caller to read.

    Whoever may not read a goal is not told by a list what serves it, or goes on from it.
    """
    asked = {id_ for id_ in named if id_ is not None}
    return wanted if asked <= {*await readable(asked, view)} else {**wanted, **NONE}
