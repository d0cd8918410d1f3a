"""Key results: what will be true, and how far along it is.

Progress of a result that moves is clamp((current - start) / (target - start), 0, 1), after Doerr's
objectives and key results; one that guards a threshold holds or does not; a baseline is done when
it has been measured.
"""

from datetime import datetime
from typing import Self

from pydantic import Field, model_validator

from shared.contracts.base import Frozen
from shared.contracts.goals import KeyResultFigures, KeyResultType
from shared.ids import KeyResultId


class KeyResult(Frozen):
    """One measurable part of a goal; values are in `unit`, weights are relative to each other."""

    key_result_id: KeyResultId
    title: str = Field(min_length=1, max_length=300)
    type: KeyResultType
    unit: str = Field(default="number", max_length=40)
    start: float = 0.0
    target: float
    current: float | None = None
    measured_at: datetime | None = None
    weight: float = Field(default=1.0, gt=0, le=100)

    @model_validator(mode="after")
    def _has_a_way_to_go(self) -> Self:
        moves = self.type in {"increase", "decrease", "milestone"}
        if moves and self.target == self.start:
            raise ValueError("target equals start: there would be nothing to achieve; change one of them")
        if self.type == "increase" and self.target < self.start:
            raise ValueError("an increase ends above its start; make it a decrease or change the target")
        if self.type == "decrease" and self.target > self.start:
            raise ValueError("a decrease ends below its start; make it an increase or change the target")
        return self

    @property
    def value(self) -> float:
        """The newest measured value, or where it started."""
        return self.start if self.current is None else self.current

    @property
    def progress(self) -> float | None:
        """Share of the way, 0 to 1; None while a threshold was never measured."""
        if self.type == "baseline":
            return 0.0 if self.current is None else 1.0
        if self.type in {"stay_above", "stay_below"}:
            return None if self.current is None else float(self._holds(self.current))
        return min(1.0, max(0.0, (self.value - self.start) / (self.target - self.start)))

    def _holds(self, value: float) -> bool:
        return value >= self.target if self.type == "stay_above" else value <= self.target

    def measured(self, value: float, *, at: datetime) -> "KeyResult":
        """With a new measurement; one that is older than the newest leaves the value as it is."""
        if self.measured_at is not None and at < self.measured_at:
            return self
        return self.model_copy(update={"current": value, "measured_at": at})

    def figures(self) -> KeyResultFigures:
        """Without its words."""
        return KeyResultFigures(
            key_result_id=self.key_result_id,
            type=self.type,
            unit=self.unit,
            start=self.start,
            target=self.target,
            current=self.value,
            weight=self.weight,
            progress=self.progress,
        )


def weighted_progress(key_results: tuple[KeyResult, ...]) -> float:
    """sum(weight x progress) / sum(weight) over the parts that can be told, 0 without any."""
    told = [(part.weight, part.progress) for part in key_results if part.progress is not None]
    total = sum(weight for weight, _ in told)
    return sum(weight * progress for weight, progress in told) / total if total else 0.0
