"""Key results: what will be true, and how far along it is.

Progress of a result that moves is clamp((current - start) / (target - start), 0, 1), after Doerr's
objectives and key results; one that guards a threshold holds or does not; a baseline is done when
it has been measured.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, model_validator

from shared.contracts.base import Frozen
from shared.contracts.goals import KeyResultFigures, KeyResultType
from shared.ids import KeyResultId, mint

Quantity = Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]
"""A value in some unit; within what a float tells apart from its neighbours."""
MOVING: Final[frozenset[KeyResultType]] = frozenset({"increase", "decrease", "milestone"})
THRESHOLDS: Final[frozenset[KeyResultType]] = frozenset({"stay_above", "stay_below"})


def _minted() -> KeyResultId:
    return KeyResultId(mint("key_result"))


class KeyResultWording(Frozen):
    """What is written down of a key result; values are in `unit`, weights are relative to each other.

    The id is published; who chooses one keeps words out of it.
    """

    key_result_id: Annotated[KeyResultId, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = Field(
        default_factory=_minted
    )
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
    type: KeyResultType
    unit: str = Field(default="number", max_length=40)
    start: Quantity = 0.0
    target: Quantity
    weight: float = Field(default=1.0, gt=0, le=100)

    @model_validator(mode="after")
    def _has_a_way_to_go(self) -> Self:
        if self.type in MOVING and self.target == self.start:
            raise ValueError("target equals start: there would be nothing to achieve; change one of them")
        if self.type == "increase" and self.target < self.start:
            raise ValueError("an increase ends above its start; make it a decrease or change the target")
        if self.type == "decrease" and self.target > self.start:
            raise ValueError("a decrease ends below its start; make it an increase or change the target")
        return self


class KeyResult(KeyResultWording):
    """One measurable part of a goal: its wording, and the newest value that was measured."""

    current: float | None = None
    measured_at: datetime | None = None

    @property
    def value(self) -> float:
        """The newest measured value, or where it started."""
        return self.start if self.current is None else self.current

    @property
    def progress(self) -> float | None:
        """Share of the way, 0 to 1; None while a threshold was never measured."""
        if self.type == "baseline":
            return 0.0 if self.current is None else 1.0
        if self.type in THRESHOLDS:
            return None if self.current is None else float(self._holds(self.current))
        return self.share_at(self.value)

    def share_at(self, value: float) -> float:
        """Share of the way that a value is, 0 to 1; of a result that moves."""
        return min(1.0, max(0.0, (value - self.start) / (self.target - self.start)))

    def _holds(self, value: float) -> bool:
        return value >= self.target if self.type == "stay_above" else value <= self.target

    def measured(self, value: float, *, at: datetime) -> "KeyResult":
        """With a new measurement; one that is older than the newest leaves the value as it is."""
        if self.measured_at is not None and at < self.measured_at:
            return self
        return self.model_copy(update={"current": value, "measured_at": at})

    def figures(self, *, confidential: bool = False) -> KeyResultFigures:
        """Without its words; the unit is one if the goal is confidential."""
        return KeyResultFigures(
            key_result_id=self.key_result_id,
            type=self.type,
            unit=None if confidential else self.unit,
            start=self.start,
            target=self.target,
            current=self.value,
            weight=self.weight,
            progress=self.progress,
        )


def weighted_progress(key_results: Sequence[KeyResult]) -> float | None:
    """The share of the way of all parts together; None if none can be told."""
    return weighted((part.weight, part.progress) for part in key_results)


def weighted(shares: Iterable[tuple[float, float | None]]) -> float | None:
    """sum(weight x share) / sum(weight) over the parts that can be told; None if none can."""
    told = [(weight, share) for weight, share in shares if share is not None]
    if not told:
        return None
    return sum(weight * share for weight, share in told) / sum(weight for weight, _ in told)
