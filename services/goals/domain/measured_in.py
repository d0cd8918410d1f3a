"""What key results are measured in, and between which values.

A number, a percentage and an amount of money are measured by their value.  A yes or no is 0 or 1.
A list of milestones is measured by what is reached of it, each milestone by its weight.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Protocol, cast

from pydantic import Field, StringConstraints

from shared.contracts.base import Frozen
from shared.contracts.goals import KeyResultType, UnitKind
from shared.errors import Invalid
from shared.ids import mint
from shared.money import PLACES

Quantity = Annotated[float, Field(strict=True, ge=-1e15, le=1e15, allow_inf_nan=False)]
"""A value in some unit; within what a float tells apart from its neighbours."""
UNITS: Final = {"percent": "%", "yes_no": "yes or no", "milestones": "milestones"}
"""What a unit is called that can only be one."""


class Milestone(Frozen):
    """A step that is reached or is not; its weight is relative to the others'."""

    milestone_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = Field(
        default_factory=lambda: mint("milestone")
    )
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
    weight: float = Field(default=1.0, gt=0, le=100)


class Part(Protocol):
    """What is looked at of a key result."""

    @property
    def type(self) -> KeyResultType:
        """How it is measured."""
        ...

    @property
    def unit_kind(self) -> UnitKind:
        """What it is measured in."""
        ...

    @property
    def unit(self) -> str:
        """What that is called."""
        ...

    @property
    def start(self) -> float:
        """Where it begins."""
        ...

    @property
    def target(self) -> float:
        """Where it should end."""
        ...

    @property
    def commit(self) -> float | None:
        """What is surely to be reached."""
        ...

    @property
    def stretch(self) -> float | None:
        """More than what is asked for."""
        ...

    @property
    def milestones(self) -> Sequence[Milestone]:
        """Its steps."""
        ...


def filled_in(said: Any) -> Any:
    """What was said of a key result, with what follows from its unit where that was left out."""
    if not isinstance(said, dict):
        return said
    known = cast("dict[str, Any]", said)
    kind = str(known.get("unit_kind"))
    given = {name: value for name, value in known.items() if value is not None}
    if kind in UNITS and given.get("unit", "number") == "number":
        given["unit"] = UNITS[kind]
    if kind == "yes_no":
        given.setdefault("target", 1.0)
    if kind == "milestones" and "target" not in given:
        listed: Any = given.get("milestones")
        weights = (
            [_weight(each) for each in cast("list[Any]", listed)] if isinstance(listed, (list, tuple)) else []
        )
        if weights and None not in weights:
            given["target"] = sum(cast("list[float]", weights))
    return given


def _weight(milestone: Any) -> float | None:
    if isinstance(milestone, Milestone):
        return milestone.weight
    weight: Any = (
        cast("dict[str, Any]", milestone).get("weight", 1.0) if isinstance(milestone, dict) else None
    )
    return float(weight) if isinstance(weight, (int, float)) and abs(weight) <= 1e15 else None


def wrong_unit(part: Part) -> str:
    """What does not suit the unit, and how to mend it; empty if all does."""
    if part.milestones and part.unit_kind != "milestones":
        return "milestones belong to unit_kind milestones; choose it, or leave them out"
    if part.unit_kind == "money" and part.unit not in PLACES:
        return "an amount of money is in a currency: let unit be its ISO 4217 code, such as EUR"
    if part.unit_kind in {"yes_no", "milestones"} and part.type != "milestone":
        return f"a key result of unit_kind {part.unit_kind} is reached or not: let its type be milestone"
    if part.unit_kind == "yes_no" and (part.start, part.target) != (0.0, 1.0):
        return "a yes or no runs from 0 to 1: leave start and target out"
    return _wrong_milestones(part) if part.unit_kind == "milestones" else ""


def _wrong_milestones(part: Part) -> str:
    if not part.milestones:
        return "a list of milestones names at least one"
    if len({each.milestone_id for each in part.milestones}) < len(part.milestones):
        return "two milestones have the same id; give each its own"
    if part.start != 0.0 or part.target != sum(each.weight for each in part.milestones):
        return "a list of milestones runs from 0 to the weights of all: leave start and target out"
    return ""


def wrong_marks(part: Part, *, towards: int) -> str:
    """What is wrong with `commit` and `stretch`; empty if nothing is."""
    if part.commit is None and part.stretch is None:
        return ""
    if not towards or part.unit_kind == "yes_no":
        return "commit and stretch are for what can be reached in part; leave them out"
    if part.commit is not None and (part.target - part.commit) * towards < 0:
        return "commit is what is surely to be reached: it lies before the target, or is the target"
    moves = part.type not in {"stay_above", "stay_below"}
    if part.commit is not None and moves and (part.commit - part.start) * towards <= 0:
        return "commit lies beyond the start"
    if part.stretch is not None and (part.stretch - part.target) * towards <= 0:
        return "stretch is more than what is asked for: it lies beyond the target"
    if part.stretch is not None and part.unit_kind == "milestones":
        return "more than all milestones cannot be reached; leave stretch out"
    return ""


def require_suitable(part: Part, value: float) -> None:
    """Refuse a value that its unit does not have."""
    if part.unit_kind == "yes_no" and value not in {0.0, 1.0}:
        raise Invalid("The key result is a yes or no: send 1 or 0.")
    if part.unit_kind == "milestones":
        raise Invalid("The key result is measured by its milestones: say which of them is reached.")
