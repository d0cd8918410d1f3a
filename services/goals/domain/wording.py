"""What is written down of a goal: the part that its owner and manager word together."""

from datetime import date
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    Field,
    HttpUrl,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from services.goals.domain.key_result import KeyResultWording
from shared.contracts.base import Frozen
from shared.contracts.goals import GoalKind, GoalLevel, Perspective, Visibility
from shared.errors import Invalid, Refusal
from shared.ids import GoalId, PeriodId
from shared.unseen import one_line

EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2999, 12, 31)
"""Within these everything can be reckoned with."""
_URL: Final = TypeAdapter[HttpUrl](HttpUrl)


def _low(tag: str) -> str:
    low = tag.lower()
    if len(low) > 40:
        raise ValueError("in lower case it is longer than 40 characters; shorten it")
    return low


def _each_once(tags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tags))


def _web_address(url: str) -> str:
    read = _URL.validate_python(url)
    if read.username is not None or read.password is not None:
        raise ValueError("the address has a user's name or password in it, which all who read it would see")
    return url


Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(one_line)
]
Category = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]
Tag = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40), AfterValidator(_low)
]
Tags = Annotated[tuple[Tag, ...], Field(max_length=20), AfterValidator(_each_once)]


class ReasonMissing(Refusal):
    """Who cancels what was agreed, grades in a manager's place or closes a period early says why."""

    status = 422


def why(error: ValidationError) -> str:
    """What is wrong first, in words for who said it."""
    return str(error.errors(include_url=False)[0]["msg"]).removeprefix("Value error, ")


class Link(Frozen):
    """A page that belongs to a goal, by its http or https address."""

    title: Title
    url: Annotated[str, Field(max_length=2000), AfterValidator(_web_address)]


class Substance(Frozen):
    """What it says of itself but for the key results; `weight` is out of 100 for all that the owner does.

    `perspective` is the balanced scorecard's; tags are lower case.
    """

    title: Title
    description: str = Field(default="", max_length=4000)
    kind: GoalKind = "objective"
    level: GoalLevel = "person"
    category: Category = ""
    perspective: Perspective | None = None
    tags: Tags = ()
    links: tuple[Link, ...] = Field(default=(), max_length=20)
    visibility: Visibility = "line"
    relevance: str = Field(default="", max_length=1000)
    weight: float = Field(default=0.0, ge=0, le=100)


class Terms(Substance):
    """The same with its place and time."""

    period_id: PeriodId | None = None
    parent_id: GoalId | None = None
    starts_on: date = Field(ge=EARLIEST, le=LATEST)
    due_on: date = Field(ge=EARLIEST, le=LATEST)


class Wording(Terms):
    """What a draft says."""

    key_results: tuple[KeyResultWording, ...] = Field(default=(), max_length=20)

    def require_sound(self) -> None:
        """Refuse a goal that ends before it starts, or has two key results of one id."""
        if self.due_on <= self.starts_on:
            raise Invalid(
                "The due date must lie after the start.", starts_on=self.starts_on, due_on=self.due_on
            )
        ids = [part.key_result_id for part in self.key_results]
        if len(set(ids)) < len(ids):
            raise Invalid("Two key results have the same id; give each its own.")
