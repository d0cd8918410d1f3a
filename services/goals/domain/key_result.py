"""Key results: what will be true, and how far along it is.

Progress of a result that moves is clamp((current - start) / (target - start), 0, 1), after Doerr's
objectives and key results; one that guards a threshold holds or does not; a baseline is done when
it has been measured.  What is in which unit, and between which values, is asked in measured_in.py.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from math import fsum
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from services.goals.domain.measured_in import MOVING, THRESHOLDS, Measure
from shared.contracts.goals import KeyResultFigures
from shared.errors import Invalid, NotFound
from shared.ids import KeyResultId, mint

KeyResultTitle = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Mark = Literal["commit", "target", "stretch"]
"""What has been reached: what was surely to be, what was aimed at, or more than was asked for."""
MARKS: Final[Sequence[Mark]] = ("commit", "target", "stretch")
"""In the order in which they are reached."""
PLACES: Final = 9
"""Of shares: what seven tenths come to in floats is to lie in the band that begins with 0.7."""


def _minted() -> KeyResultId:
    return KeyResultId(mint("key_result"))


class KeyResultWording(Measure):
    """What is written down of a key result; weights are relative to each other.

    The id is published; who chooses one keeps words out of it.
    """

    key_result_id: Annotated[KeyResultId, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = Field(
        default_factory=_minted
    )
    title: KeyResultTitle
    weight: float = Field(default=1.0, gt=0, le=100)


class KeyResult(KeyResultWording):
    """One measurable part of a goal: its wording, and the newest value that was measured.

    `reached` are the ids of its milestones that are reached, `dropped` those of milestones that it had.
    """

    current: float | None = None
    measured_at: datetime | None = None
    reached: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()

    @property
    def value(self) -> float:
        """The newest measured value, or where it started."""
        return self.start if self.current is None else self.current

    @property
    def progress(self) -> float | None:
        """Share of the way, 0 to 1; None while a threshold was never measured, and where there is no way.

        The latter is refused, but may have been stored before it was.
        """
        if self.type == "baseline":
            return 0.0 if self.current is None else 1.0
        if self.type in THRESHOLDS:
            return None if self.current is None else float(self._passes(self.target))
        if self.target == self.start:
            return None
        return self.share_at(self.value)

    @property
    def mark(self) -> Mark | None:
        """The highest of its marks that the newest value has reached."""
        marks: Sequence[tuple[Mark, float | None]] = (
            ("stretch", self.stretch),
            ("target", self.target if self.direction else None),
            ("commit", self.commit),
        )
        return next((mark for mark, at in marks if at is not None and self._passes(at)), None)

    def share_at(self, value: float) -> float:
        """Share of the way that a value is, 0 to 1; of a result that moves."""
        way = self.target - self.start
        return min(1.0, max(0.0, round((value - self.start) / way, PLACES))) if way else 0.0

    def _passes(self, mark: float) -> bool:
        """Whether the newest value is at the mark or beyond."""
        return self.current is not None and (self.current - mark) * self.direction >= 0

    def measured(self, value: float, *, at: datetime) -> "KeyResult":
        """With a new measurement; one that is older than the newest leaves the value as it is.

        Raises:
            Invalid: its unit has no such value.
        """
        self.require_suitable(value)
        if self.measured_at is not None and at < self.measured_at:
            return self
        return self.model_copy(update={"current": value, "measured_at": at})

    def standing_at(self, value: float | None, *, at: datetime | None) -> "KeyResult":
        """With this as its newest measurement, whatever it was before; None for none."""
        return self.model_copy(update={"current": value, "measured_at": at})

    def has_reached(self, milestone_id: str) -> bool:
        """Whether a milestone is reached; raises `NotFound` if it has no such milestone."""
        if all(each.milestone_id != milestone_id for each in self.milestones):
            raise NotFound("The key result has no milestone with this id.")
        return milestone_id in self.reached

    def with_milestone(self, milestone_id: str, *, reached: bool, at: datetime) -> "KeyResult":
        """With a milestone that is reached, or is not after all; its value are the weights of those reached.

        Raises:
            NotFound: it has no such milestone.
            Invalid: the milestone is so already.
        """
        if self.has_reached(milestone_id) == reached:
            raise Invalid(f"The milestone is {'' if reached else 'not '}reached already.")
        return self.with_reached({*self.reached} ^ {milestone_id}, at=at)

    def with_reached(self, milestone_ids: Collection[str], *, at: datetime | None) -> "KeyResult":
        """With these of its milestones reached, whatever was before; its value are their weights."""
        done = [each for each in self.milestones if each.milestone_id in milestone_ids]
        value = sum(each.weight for each in done) if len(done) < len(self.milestones) else self.target
        kept = tuple(each.milestone_id for each in done)
        return self.model_copy(update={"current": value, "measured_at": at, "reached": kept})

    def counted(self, value: float, reached: Collection[str]) -> float:
        """What a measurement is worth by the milestones that it has now, if it is measured by them."""
        if self.unit_kind != "milestones" or not reached:
            return value
        return self.with_reached(reached, at=None).value

    def refitted(self, before: "KeyResult") -> "KeyResult":
        """Standing as it did before its milestones were changed, by what was reached of those that stay.

        Raises:
            Invalid: a milestone comes back that was dropped, whose history it would seem to have.
        """
        if self.milestones == before.milestones:
            return self
        ids = {each.milestone_id for each in self.milestones}
        if ids.intersection(before.dropped):
            raise Invalid("A milestone with this id was dropped before; give the new one another id.")
        gone = tuple(each.milestone_id for each in before.milestones if each.milestone_id not in ids)
        part = self.model_copy(update={"dropped": (*before.dropped, *gone)})
        return part if part.current is None else part.with_reached(before.reached, at=part.measured_at)

    def agreed_on(self) -> tuple[object, ...]:
        """What both sides agree to of it: all but its words."""
        marks = self.start, self.target, self.commit, self.stretch
        return *marks, self.weight, {each.milestone_id: each.weight for each in self.milestones}

    def going_on(self) -> KeyResultWording:
        """What is still to be done of it, for a goal that goes on from here."""
        said: dict[str, Any] = self.model_dump(include=set(KeyResultWording.model_fields))
        if self.unit_kind == "milestones":
            said["milestones"] = [
                each for each in said["milestones"] if each["milestone_id"] not in self.reached
            ]
            said["target"] = None
            left = 0.0 if self.commit is None else self.commit - self.value
            said["commit"] = left if left > 0 else None
        elif self.unit_kind != "yes_no" and self.type in MOVING:
            said["start"] = self.value
        if self.type in MOVING and self.commit is not None and self._passes(self.commit):
            said["commit"] = None
        return KeyResultWording.model_validate(said)

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
            unit_kind=self.unit_kind,
            commit=self.commit,
            stretch=self.stretch,
        )


def weighted_progress(key_results: Sequence[KeyResult]) -> float | None:
    """The share of the way of all parts together; None if none can be told."""
    return weighted((part.weight, part.progress) for part in key_results)


def weighted(shares: Iterable[tuple[float, float | None]]) -> float | None:
    """sum(weight x share) / sum(weight) over the parts that can be told; None if none can."""
    told = [(weight, share) for weight, share in shares if share is not None]
    if not told:
        return None
    whole = fsum(weight for weight, _ in told)
    return round(fsum(weight * share for weight, share in told) / whole, PLACES)
