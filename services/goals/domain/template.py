"""Goal templates: wordings that HR keeps for others to begin with.

A template has no dates: it lasts so many days, or as long as the period that it is used in.  Title and
description may have placeholders for the owner's unit and job title, which are filled once it is known whose
goal it is.  Names of people are in the directory only, from which they can be erased.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import ClassVar, Final, Literal

from pydantic import Field

from services.goals.domain.key_result import KeyResultWording
from services.goals.domain.period import Period
from services.goals.domain.wording import EARLIEST, LATEST, Substance, Title, Wording
from shared.aggregate import Aggregate
from shared.contracts.base import Frozen
from shared.contracts.goals import Visibility
from shared.contracts.goals_templates import GoalTemplateArchived, GoalTemplateState, GoalTemplateWritten
from shared.errors import Invalid, Refusal
from shared.ids import GoalId, PeriodId, PersonId, TemplateId, derive
from shared.unseen import one_line

TemplateStatus = Literal["draft", "published", "archived"]
Placeholder = Literal["unit", "job_title"]
PLACEHOLDERS: Final[Sequence[Placeholder]] = ("job_title", "unit")
_NAMES: Final = frozenset({"name", "given_name", "family_name"})
LONGEST_TITLE: Final = 200
LONGEST_DESCRIPTION: Final = 4000
_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z_]+)\}")
_WORD: Final = re.compile(r"\w+")
_MOST_WORDS: Final = 500


class TemplateArchived(Refusal):
    """What is archived is neither changed nor used."""


class TemplateNotPublished(Refusal):
    """Only what is published is used for goals."""


class NothingToFillIn(Refusal):
    """A placeholder stands for something that the directory does not know of the owner."""

    status = 422


class TemplateWording(Substance):
    """What goals of it say.

    `days` is how long they last, null for as long as their period.  In title and description {unit} and
    {job_title} stand for what the directory says of the owner.
    """

    key_results: tuple[KeyResultWording, ...] = Field(default=(), max_length=20)
    days: int | None = Field(default=None, ge=1, le=1500)

    def require_sound(self) -> None:
        """Refuse placeholders that nothing is known for, and two key results of one id."""
        unknown = sorted({*_PLACEHOLDER.findall(f"{self.title} {self.description}")} - {*PLACEHOLDERS})
        if _NAMES & {*unknown}:
            raise Invalid(
                "Names of people are in the directory only, and a goal shows its owner; leave them out.",
                unknown=unknown,
            )
        if unknown:
            known = " and ".join(f"{{{each}}}" for each in PLACEHOLDERS)
            raise Invalid(f"There are {known}; correct the others.", unknown=unknown)
        ids = [part.key_result_id for part in self.key_results]
        if len(set(ids)) < len(ids):
            raise Invalid("Two key results have the same id; give each its own.")


class Overrides(Frozen):
    """What a goal says otherwise than its template; what is left out is the template's."""

    title: Title | None = None
    description: str | None = Field(default=None, max_length=4000)
    relevance: str | None = Field(default=None, max_length=1000)
    weight: float | None = Field(default=None, ge=0, le=100)
    visibility: Visibility | None = None
    key_results: tuple[KeyResultWording, ...] | None = Field(default=None, max_length=20)


class TemplateUse(Frozen):
    """Which template, for when, and what is to be otherwise.

    Without dates it lasts as long as the template says, or as `period_id` does; it begins with the period,
    or today.
    """

    template_id: TemplateId
    period_id: PeriodId | None = None
    parent_id: GoalId | None = None
    starts_on: date | None = Field(default=None, ge=EARLIEST, le=LATEST)
    due_on: date | None = Field(default=None, ge=EARLIEST, le=LATEST)
    overrides: Overrides = Overrides()


class GoalTemplate(Aggregate):
    """A template of the library; `edition` counts what it has said, from 1."""

    id_field: ClassVar[str] = "template_id"
    template_id: TemplateId
    wording: TemplateWording
    status: TemplateStatus
    edition: int = 1
    written_by: PersonId | None
    written_at: datetime

    @property
    def words(self) -> Sequence[str]:
        """The words that it is found by, each once."""
        said = (self.wording.title, self.wording.description, self.wording.category)
        parts = (part.title for part in self.wording.key_results)
        return list(dict.fromkeys(words_of(" ".join((*said, *parts)))))[:_MOST_WORDS]

    @classmethod
    def write(
        cls,
        wording: TemplateWording,
        *,
        template_id: TemplateId,
        published: bool,
        by: PersonId | None,
        at: datetime,
    ) -> "tuple[GoalTemplate, GoalTemplateWritten]":
        """Put a new one into the library."""
        wording.require_sound()
        status: TemplateStatus = "published" if published else "draft"
        new = cls(template_id=template_id, wording=wording, status=status, written_by=by, written_at=at)
        return new, new.written()

    def rewrite(
        self, wording: TemplateWording, *, published: bool, by: PersonId | None, at: datetime
    ) -> "tuple[GoalTemplate, TemplateEdition, GoalTemplateWritten]":
        """Let it say something else; goals that were begun with it stay as they are."""
        self._must_not_be_archived()
        wording.require_sound()
        said = {"wording": wording, "status": "published" if published else "draft"}
        new = self.model_copy(
            update={**said, "edition": self.edition + 1, "written_by": by, "written_at": at}
        )
        edition = TemplateEdition(
            edition_id=derive("template_edition", self.template_id, str(self.edition)),
            template_id=self.template_id,
            number=self.edition,
            published=self.status == "published",
            wording=self.wording,
            written_by=self.written_by,
            written_at=self.written_at,
        )
        return new, edition, new.written()

    def archive(self, *, by: PersonId | None) -> "tuple[GoalTemplate, GoalTemplateArchived]":
        """Take it out of use."""
        self._must_not_be_archived()
        event = GoalTemplateArchived(template_id=self.template_id, edition=self.edition, by_person_id=by)
        return self.model_copy(update={"status": "archived"}), event

    def require_usable(self) -> None:
        """Refuse one that is not published."""
        if self.status != "published":
            raise TemplateNotPublished(
                f"The template is {self.status}; use one that is published.", status=self.status
            )

    def wording_for(self, use: TemplateUse, *, period: Period | None, today: date) -> Wording:
        """What a goal of it says, with dates, and with placeholders that are still to be filled."""
        starts_on, due_on = self._dates(use, period, today)
        said = {**dict(self.wording), **use.overrides.model_dump(exclude_none=True)}
        placed = {"period_id": use.period_id, "parent_id": use.parent_id}
        return Wording.model_validate({**said, **placed, "starts_on": starts_on, "due_on": due_on})

    def _dates(self, use: TemplateUse, period: Period | None, today: date) -> tuple[date, date]:
        starts_on = use.starts_on or (period.starts_on if period else today)
        if use.due_on is not None:
            return starts_on, use.due_on
        if self.wording.days is None and period is None:
            raise Invalid("The template lasts as long as a period; send period_id, or due_on.")
        ends_on = period.ends_on if period else LATEST
        if self.wording.days is None:
            return starts_on, ends_on
        return starts_on, min(starts_on + timedelta(days=self.wording.days), ends_on)

    def _must_not_be_archived(self) -> None:
        if self.status == "archived":
            raise TemplateArchived("The template is archived; write a new one.")

    def state(self) -> GoalTemplateState:
        """What others may know; only one that is published shows its title and category."""
        shown = self.wording if self.status == "published" else None
        return GoalTemplateState(
            template_id=self.template_id,
            edition=self.edition,
            status=self.status,
            kind=self.wording.kind,
            perspective=self.wording.perspective,
            days=self.wording.days,
            title=shown.title if shown else None,
            category=shown.category if shown else None,
        )

    def written(self) -> GoalTemplateWritten:
        """The event that it says this now."""
        return GoalTemplateWritten(
            template_id=self.template_id,
            edition=self.edition,
            by_person_id=self.written_by,
            kind=self.wording.kind,
            published=self.status == "published",
        )


class TemplateEdition(Aggregate):
    """What a template said before it was rewritten; `number` counts from 1.

    `published` says whether it was read by everybody then.
    """

    id_field: ClassVar[str] = "edition_id"
    edition_id: str
    template_id: TemplateId
    number: int
    published: bool = False
    wording: TemplateWording
    written_by: PersonId | None
    written_at: datetime


def filled(wording: Wording, known: Mapping[Placeholder, str | None]) -> Wording:
    """The wording with what is known of its owner; raises `NothingToFillIn`."""
    title = _filled(wording.title, known)[:LONGEST_TITLE].rstrip()
    description = _filled(wording.description, known)[:LONGEST_DESCRIPTION]
    return wording.model_copy(update={"title": title, "description": description})


def placeholders_of(wording: Wording) -> Sequence[Placeholder]:
    """What a wording asks of the directory."""
    used = {*_PLACEHOLDER.findall(f"{wording.title} {wording.description}")}
    return [each for each in PLACEHOLDERS if each in used]


def words_of(text: str) -> Iterator[str]:
    """The words of a text as they are looked for: whatever their case."""
    return (match.group().casefold() for match in _WORD.finditer(text))


def _filled(text: str, known: Mapping[Placeholder, str | None]) -> str:
    def one(match: re.Match[str]) -> str:
        value = next((value for name, value in known.items() if name == match[1]), match[0])
        try:
            return one_line(value or "")
        except ValueError as error:
            raise NothingToFillIn(
                f"The directory does not know the {match[1].replace('_', ' ')} of the owner;"
                " say title and description yourself.",
                placeholder=match[1],
            ) from error

    return _PLACEHOLDER.sub(one, text)
