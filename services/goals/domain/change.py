"""What is to change of an agreed goal, and of what kind that is.

What is agreed on is what is to be reached, from where, by when, by whom and how much of it counts: such a
change is material, and the other side agrees to it.  Words, and who may read them, are not agreed on.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import Field, StringConstraints, model_validator

from services.goals.domain.key_result import KeyResult, KeyResultTitle, KeyResultWording
from services.goals.domain.measured_in import Milestone, Quantity
from services.goals.domain.wording import EARLIEST, LATEST, Category, Link, Tags, Title
from shared.contracts.base import Frozen
from shared.contracts.goals import GoalKind, Perspective, Visibility
from shared.errors import Invalid, NotFound
from shared.ids import KeyResultId, PersonId

Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_Emptied = Literal["category", "links", "perspective", "tags"]
_EMPTY: Final[Mapping[str, object]] = {"category": "", "links": (), "perspective": None, "tags": ()}
_PARTS: Final = frozenset({"add_key_results", "drop_key_results", "key_results"})


class KeyResultChange(Frozen):
    """What is to change of a key result; what is left out stays, and what `clears` names is taken away.

    `milestones` are all that there are to be; one whose id is known stays reached if it is.
    """

    key_result_id: KeyResultId
    title: KeyResultTitle | None = None
    start: Quantity | None = None
    target: Quantity | None = None
    commit: Quantity | None = None
    stretch: Quantity | None = None
    weight: float | None = Field(default=None, gt=0, le=100)
    milestones: tuple[Milestone, ...] | None = Field(default=None, min_length=1, max_length=50)
    clears: tuple[Literal["commit", "stretch"], ...] = Field(default=(), max_length=2)

    def said(self) -> dict[str, Any]:
        """What it says, by field; the target of a list of milestones follows from them."""
        said = {name: value for name, value in self if value is not None and name != "clears"}
        if self.milestones is not None:
            said.setdefault("target", None)
        return said | dict.fromkeys(self.clears)

    @model_validator(mode="after")
    def _says_or_clears(self) -> Self:
        return _one_or_the_other(self)


class Change(Frozen):
    """What is to change of an agreed goal; what is left out stays, and what `clears` names is emptied."""

    title: Title | None = None
    description: Annotated[Said, Field(max_length=4000)] | None = None
    relevance: Annotated[Said, Field(max_length=1000)] | None = None
    kind: GoalKind | None = None
    owner_id: PersonId | None = None
    weight: float | None = Field(default=None, ge=0, le=100)
    starts_on: date | None = Field(default=None, ge=EARLIEST, le=LATEST)
    due_on: date | None = Field(default=None, ge=EARLIEST, le=LATEST)
    category: Category | None = None
    perspective: Perspective | None = None
    tags: Tags | None = None
    links: tuple[Link, ...] | None = Field(default=None, max_length=20)
    visibility: Visibility | None = None
    key_results: tuple[KeyResultChange, ...] = Field(default=(), max_length=20)
    add_key_results: tuple[KeyResultWording, ...] = Field(default=(), max_length=20)
    drop_key_results: tuple[KeyResultId, ...] = Field(default=(), max_length=20)
    clears: tuple[_Emptied, ...] = Field(default=(), max_length=4)

    def fields(self) -> tuple[str, ...]:
        """The names of what is to change, in order; whatever changes of key results is one."""
        named = (
            "key_results" if name in _PARTS else name
            for name, value in self
            if name in self.clears or (value if name in {*_PARTS, "clears"} else value is not None)
        )
        return tuple(dict.fromkeys(name for name in named if name != "clears"))

    def said(self) -> dict[str, Any]:
        """What it says of the goal but for its key results, by field."""
        said = {name: value for name, value in self if value is not None and name not in {*_PARTS, "clears"}}
        return said | {name: _EMPTY[name] for name in self.clears}

    def parts_of(self, parts: Sequence[KeyResult]) -> list[dict[str, Any]]:
        """The key results as it would have them, to be validated.

        Raises:
            NotFound: it names one that there is not.
        """
        changes = {each.key_result_id: each for each in self.key_results}
        unknown = {*changes, *self.drop_key_results} - {part.key_result_id for part in parts}
        if unknown:
            raise NotFound("The goal has no key result with this id.", key_result_id=min(unknown))
        kept = [part for part in parts if part.key_result_id not in self.drop_key_results]
        wanted = [(part, changes.get(part.key_result_id)) for part in kept]
        as_wanted = [{**dict(part), **(change.said() if change else {})} for part, change in wanted]
        return as_wanted + [dict(part) for part in self.add_key_results]

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        ids = [each.key_result_id for each in (*self.key_results, *self.add_key_results)]
        ids += self.drop_key_results
        if len(set(ids)) < len(ids):
            raise ValueError("two changes are of the same key result; make them one")
        return _one_or_the_other(self)


C = TypeVar("C", Change, KeyResultChange)


def nulls_clear(said: C) -> C:
    """What somebody has sent, with what they sent as null named in `clears`.

    Raises:
        Invalid: it cannot be empty.
    """
    clearable = _EMPTY if isinstance(said, Change) else ("commit", "stretch")
    sent = {name for name in said.model_fields_set if getattr(said, name) is None}
    kept = sorted(sent.difference(clearable))
    if kept:
        raise Invalid(f"{kept[0]} cannot be emptied; leave it out to keep it as it is.", fields=kept)
    return said.model_copy(update={"clears": tuple(sorted({*said.clears, *sent}))})


def _one_or_the_other(said: C) -> C:
    both = [name for name in said.clears if getattr(said, name) is not None]
    if both:
        raise ValueError(f"{both[0]} is given and cleared; do one or the other")
    return said
