"""What key results are measured in, and between which values.

A number, a percentage and an amount of money are measured by their value.  A yes or no is 0 or 1.
A list of milestones is measured by what is reached of it, each milestone by its weight.
"""

from typing import Annotated, Any, Final, Self, cast

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from shared.contracts.base import Frozen
from shared.contracts.goals import KeyResultType, UnitKind
from shared.currencies import PLACES
from shared.errors import Invalid
from shared.ids import mint


def _without_sign_of_zero(value: float) -> float:
    return value + 0.0


Quantity = Annotated[
    float,
    Field(strict=True, ge=-1e15, le=1e15, allow_inf_nan=False),
    AfterValidator(_without_sign_of_zero),
]
"""A value in some unit; within what a float tells apart from its neighbours."""
MOVING: Final[frozenset[KeyResultType]] = frozenset({"increase", "decrease", "milestone"})
THRESHOLDS: Final[frozenset[KeyResultType]] = frozenset({"stay_above", "stay_below"})
UNITS: Final = {"percent": "%", "yes_no": "yes or no", "milestones": "milestones"}
"""What a unit is called that can only be one."""


class Milestone(Frozen):
    """A step that is reached or is not; its weight is relative to the others'."""

    milestone_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = Field(
        default_factory=lambda: mint("milestone")
    )
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
    weight: float = Field(default=1.0, gt=0, le=100)


def _without_required_target(schema: dict[str, Any]) -> None:
    """A yes or no and a list of milestones tell their target themselves."""
    schema["required"] = [name for name in schema.get("required", ()) if name != "target"]


class Measure(Frozen):
    """How something is measured, from where to where; values are in `unit`.

    `commit` is what is surely to be reached, `stretch` more than what is asked for.  A yes or no runs from 0
    to 1, a list of milestones from 0 to the weights of all; both are filled in.
    """

    type: KeyResultType
    unit_kind: UnitKind = "number"
    unit: str = Field(default="number", max_length=40)
    start: Quantity = 0.0
    target: Quantity
    commit: Quantity | None = None
    stretch: Quantity | None = None
    milestones: tuple[Milestone, ...] = Field(default=(), max_length=50)

    model_config = ConfigDict(json_schema_extra=_without_required_target)

    @model_validator(mode="before")
    @classmethod
    def _filled_in(cls, said: Any) -> Any:
        return filled_in(said)

    @model_validator(mode="after")
    def _has_a_way_to_go(self) -> Self:
        wrong = _wrong_way(self) or _wrong_unit(self) or _wrong_marks(self)
        if wrong:
            raise ValueError(wrong)
        return self

    @property
    def direction(self) -> int:
        """1 where more is better, -1 where less is, 0 where neither is."""
        if self.type in MOVING:
            return 1 if self.target > self.start else -1
        return {"stay_above": 1, "stay_below": -1}.get(self.type, 0)

    def require_suitable(self, value: float) -> None:
        """Refuse a value that its unit does not have."""
        if self.unit_kind == "yes_no" and value not in {0.0, 1.0}:
            raise Invalid("The key result is a yes or no: send 1 or 0.")
        if self.unit_kind == "milestones":
            raise Invalid("The key result is measured by its milestones: say which of them is reached.")


def filled_in(said: Any) -> Any:
    """What was said of a key result, with what follows from its unit where that was left out."""
    if not isinstance(said, dict):
        return said
    known = cast("dict[str, Any]", said)
    kind = str(known.get("unit_kind"))
    given = {name: value for name, value in known.items() if value is not None}
    if isinstance(unit := given.get("unit"), str):
        given["unit"] = unit.strip() or "number"
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


def _wrong_way(part: Measure) -> str:
    """What is wrong with start and target; empty if nothing is."""
    if part.type in MOVING and part.target == part.start:
        return "target equals start: there would be nothing to achieve; change one of them"
    if part.type == "increase" and part.target < part.start:
        return "an increase ends above its start; make it a decrease or change the target"
    if part.type == "decrease" and part.target > part.start:
        return "a decrease ends below its start; make it an increase or change the target"
    return ""


def _wrong_unit(part: Measure) -> str:
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


def _wrong_milestones(part: Measure) -> str:
    if not part.milestones:
        return "a list of milestones names at least one"
    if len({each.milestone_id for each in part.milestones}) < len(part.milestones):
        return "two milestones have the same id; give each its own"
    if part.start != 0.0 or part.target != sum(each.weight for each in part.milestones):
        return "a list of milestones runs from 0 to the weights of all: leave start and target out"
    return ""


def _wrong_marks(part: Measure) -> str:
    """What is wrong with `commit` and `stretch`; empty if nothing is."""
    towards = part.direction
    if part.commit is None and part.stretch is None:
        return ""
    if not towards or part.unit_kind == "yes_no":
        return "commit and stretch are for what can be reached in part; leave them out"
    if part.commit is not None and (part.target - part.commit) * towards < 0:
        return "commit is what is surely to be reached: it lies before the target, or is the target"
    if part.commit is not None and part.type in MOVING and (part.commit - part.start) * towards <= 0:
        return "commit lies beyond the start"
    if part.stretch is not None and (part.stretch - part.target) * towards <= 0:
        return "stretch is more than what is asked for: it lies beyond the target"
    if part.stretch is not None and part.unit_kind == "milestones":
        return "more than all milestones cannot be reached; leave stretch out"
    return ""
