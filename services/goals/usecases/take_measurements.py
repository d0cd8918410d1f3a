"""Take many measurements at once, from people or from the machines that have them.

When    somebody reports them (POST /measurements),
        or a system tells one on cairn.goals.measurements (goals.Measurement)
May     measure: self, manager, measuring system  (access.py)
Rule    measure_key_result; each by itself, and each once by the id that its sender gave it
Emits   goals.KeyResultMeasured
Then    reviews.gather_evidence

What is refused says why and keeps nothing else from being taken: over HTTP in the answer, on the topic
by being parked.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from services.goals.domain.measured_when import TIMES
from services.goals.history_store import MEASUREMENTS, MeasurementStore
from services.goals.store import GOALS
from services.goals.usecases.measure_key_result import (
    MeasureKeyResult,
    NewMeasurement,
    measure_key_result,
)
from shared.contracts.base import Frozen
from shared.contracts.goals import Measurement as ToldMeasurement
from shared.errors import Refusal
from shared.http import Run
from shared.ids import GoalId, KeyResultId, derive, mint
from shared.known_fields import NO_FIELD, what_was_meant
from shared.messaging.inbound import Told
from shared.problem_docs import refusals
from shared.unseen import seen
from shared.work import Transaction

router = APIRouter(tags=["goals"])
OwnId = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(seen)]


class OneOfMany(NewMeasurement):
    """A measurement and which key result it is of; `id` is the sender's own, by which it counts once."""

    model_config = ConfigDict(extra="forbid")

    goal_id: GoalId
    key_result_id: KeyResultId
    id: OwnId | None = None


class NotInForm(Frozen):
    """What cannot be read as a measurement, and why."""

    because: str


def _or_why_not(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    if isinstance(value, NotInForm):
        return value
    try:
        return read(value)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        first = next((each for each in errors if each["type"] == "extra_forbidden"), errors[0])
        place = ".".join(str(step)[:100] for step in first["loc"])
        reason = _unknown(place) if first["type"] == "extra_forbidden" else str(first["msg"])
        return NotInForm(because=f"{place}: {reason}" if place else reason)


def _unknown(name: str) -> str:
    meant = what_was_meant(name, OneOfMany.model_fields)
    return f"{NO_FIELD} Did you mean {meant}?" if meant else f"{NO_FIELD} Leave it out."


Item = Annotated[OneOfMany, WrapValidator(_or_why_not)]
"""One that is not in form is a `NotInForm`, so that it keeps no other from being taken."""


class Measurements(Frozen):
    """What was measured."""

    measurements: Annotated[tuple[Item, ...], Field(min_length=1, max_length=500)]


class TakeMeasurements(Measurements):
    """The same; `batch_id` is new and `sender` keeps the ids of senders apart."""

    batch_id: str
    sender: str


class TakenMeasurement(BaseModel):
    """What became of a measurement, in the order in which they were sent; a refusal says how to mend it."""

    status: Literal["taken", "known", "refused"]
    measurement_id: str | None = None
    rule: str | None = None
    detail: str | None = None


class TakenMeasurements(BaseModel):
    """What became of all of them."""

    taken: int
    known: int
    refused: int
    results: list[TakenMeasurement]


async def take_measurements(command: TakeMeasurements, tx: Transaction) -> TakenMeasurements:
    """Take each that no rule refuses."""
    ids = [
        measurement_id(command.sender, getattr(each, "id", None) or f"{command.batch_id} {number}")
        for number, each in enumerate(command.measurements)
    ]
    await tx.peek_many(GOALS, _goal_ids(command.measurements))
    await tx.peek_many(MEASUREMENTS, ids)
    results = [await _one(each, id_, tx) for each, id_ in zip(command.measurements, ids, strict=True)]
    counts = {status: sum(1 for each in results if each.status == status) for status in ("taken", "known")}
    return TakenMeasurements(**counts, refused=len(results) - sum(counts.values()), results=results)


async def take_told_measurement(told: Told[ToldMeasurement], tx: Transaction) -> None:
    """Take what a system tells; raises the `Refusal` for which it is parked."""
    said = told.message
    id_ = measurement_id(told.source, told.id)
    if await MeasurementStore(tx).find(id_) is None:
        command = MeasureKeyResult(
            goal_id=said.goal_id,
            key_result_id=said.key_result_id,
            measurement_id=id_,
            value=said.value,
            measured_at=said.measured_at or told.at,
            note=said.note,
        )
        await measure_key_result(command, tx)


def measurement_id(sender: str, own_id: str) -> str:
    """The same for what the same sender calls the same."""
    return derive("measurement", f"{len(sender)}:{sender}", own_id)


def _goal_ids(measurements: Sequence[OneOfMany | NotInForm]) -> set[GoalId]:
    return {each.goal_id for each in measurements if isinstance(each, OneOfMany)}


async def _one(each: OneOfMany | NotInForm, id_: str, tx: Transaction) -> TakenMeasurement:
    if isinstance(each, NotInForm):
        return TakenMeasurement(status="refused", rule="not-in-form", detail=each.because)
    if await MeasurementStore(tx).find(id_) is not None:
        return TakenMeasurement(status="known", measurement_id=id_)
    said = each.model_dump(exclude={"id"})
    try:
        await measure_key_result(MeasureKeyResult(**said, measurement_id=id_), tx)
    except Refusal as refusal:
        return TakenMeasurement(status="refused", rule=refusal.rule, detail=refusal.detail)
    return TakenMeasurement(status="taken", measurement_id=id_)


@router.post(
    "/measurements",
    response_model=TakenMeasurements,
    summary="Measure many key results",
    responses=refusals(*TIMES),
)
async def post_measurements(many: Measurements, run: Run) -> Response:
    """Report up to 500 values at once; each is taken or refused by itself, and sent again is known."""
    batch = mint("batch")
    command = TakeMeasurements(batch_id=batch, sender=run.caller.subject, **dict(many))
    return await run(take_measurements, command, key=batch, reply=lambda taken: taken)
