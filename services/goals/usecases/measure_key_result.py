"""Take a new value of a key result.

When    owner, manager or a machine reports it
        (POST /goals/{goal_id}/key-results/{key_result_id}/measurements)
May     measure: self, manager, measuring system  (access.py)
Rule    Goal.measure, require_time
Emits   goals.KeyResultMeasured
Then    reviews.gather_evidence

The answer is the measurement and no word of the goal, which a machine may not read.
"""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import AfterValidator, Field

from services.goals.domain.goal import Goal, GoalNotInStage
from services.goals.domain.history import Measurement
from services.goals.domain.measured_in import Quantity
from services.goals.domain.measured_when import TIMES, require_time, with_report
from services.goals.history_store import MeasurementStore
from services.goals.periods import OF_PERIODS, require_period
from services.goals.store import GoalStore, look_soon
from services.goals.told_by import machine_of, person_of
from services.goals.views import MeasurementView
from shared.clock import Instant
from shared.contracts.base import Frozen
from shared.contracts.goals import KeyResultMeasured
from shared.http import Run
from shared.ids import GoalId, KeyResultId, mint
from shared.problem_docs import refusals
from shared.unseen import seen
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class NewMeasurement(Frozen):
    """A value in the key result's unit, and when it held; left out, now."""

    value: Quantity
    measured_at: Instant | None = None
    note: Annotated[str, Field(max_length=1000), AfterValidator(seen)] = ""


class MeasureKeyResult(NewMeasurement):
    """Which key result has which value; `measurement_id` is new."""

    goal_id: GoalId
    key_result_id: KeyResultId
    measurement_id: str


async def measure_key_result(command: MeasureKeyResult, tx: Transaction) -> Measurement:
    """The measurement; the goal's key result has its value unless it has a newer one."""
    goals = GoalStore(tx)
    goal = await goals.get(command.goal_id)
    await tx.require("measure", goal)
    await require_period(goal, "follow", tx)
    at = require_time(command.measured_at, goal, now=tx.now)
    goal = with_report(goal, now=tx.now)
    goal, measured = goal.measure(command.key_result_id, command.value, at=at)
    measurement = reported(measured, goal, tx, measurement_id=command.measurement_id, note=command.note)
    tx.publish(measured, goals.save(goal).state())
    look_soon(tx, goal.goal_id)
    return MeasurementStore(tx).save(measurement)


def reported(
    measured: KeyResultMeasured, goal: Goal, tx: Transaction, *, measurement_id: str, note: str
) -> Measurement:
    """What is kept of a value that whoever asks has reported, and the goal has been told of."""
    person_id = person_of(tx)
    return Measurement(
        measurement_id=measurement_id,
        goal_id=measured.goal_id,
        key_result_id=measured.key_result_id,
        value=measured.value,
        measured_at=measured.measured_at,
        by_person_id=person_id,
        source="person" if person_id else "machine",
        system=machine_of(tx),
        note=note,
        goal_progress=measured.goal_progress,
        taken_at=goal.told_at,
    )


@router.post(
    "/goals/{goal_id}/key-results/{key_result_id}/measurements",
    response_model=MeasurementView,
    status_code=201,
    summary="Measure a key result",
    responses=refusals(*OF_PERIODS, GoalNotInStage, *TIMES),
)
async def post_measurement(
    goal_id: GoalId, key_result_id: KeyResultId, new: NewMeasurement, run: Run
) -> Response:
    """Report a value; earlier ones stay in the history.  If-Match speaks of the goal."""
    command = MeasureKeyResult(
        goal_id=goal_id, key_result_id=key_result_id, measurement_id=mint("measurement"), **dict(new)
    )
    return await run(
        measure_key_result,
        command,
        key=goal_id,
        reply=MeasurementView.of,
        status=201,
        location=lambda made: f"/goals/{goal_id}/measurements/{made.measurement_id}",
        match=("goals", goal_id),
    )
