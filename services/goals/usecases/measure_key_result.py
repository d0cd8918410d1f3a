"""Take a new value of a key result.

When    owner, manager or a machine reports it (POST /goals/{goal_id}/key-results/{id}/measurements)
May     measure: self, manager, service           (access.py)
Rule    Goal.measure
Emits   goals.KeyResultMeasured
Then    reviews.gather_evidence
"""

from datetime import datetime, timedelta

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, Field

from services.goals.domain.goal import Goal
from services.goals.domain.history import Measurement
from services.goals.store import GoalStore, MeasurementStore
from services.goals.views import GoalView
from shared.contracts.base import Frozen
from shared.errors import Invalid
from shared.http import Run
from shared.ids import GoalId, KeyResultId, mint
from shared.work import Transaction

router = APIRouter(tags=["goals"])
CLOCK_TOLERANCE = timedelta(minutes=5)


class NewMeasurement(Frozen):
    """A value in the key result's unit, and when it held; left out, now."""

    value: float = Field(allow_inf_nan=False)
    measured_at: AwareDatetime | None = None
    note: str = Field(default="", max_length=1000)


class MeasureKeyResult(Frozen):
    """Which key result has which value."""

    goal_id: GoalId
    key_result_id: KeyResultId
    measurement_id: str
    value: float
    measured_at: datetime | None
    note: str


async def measure_key_result(command: MeasureKeyResult, tx: Transaction) -> Goal:
    """The goal with its new progress."""
    goals = GoalStore(tx)
    goal = await goals.get(command.goal_id)
    await tx.require("measure", goal)
    at = command.measured_at or tx.now
    if at > tx.now + CLOCK_TOLERANCE:
        raise Invalid("A measurement cannot lie in the future; send the time at which the value held.")
    goal, measured = goal.measure(command.key_result_id, command.value, at=at)
    person_id = tx.caller.person_id if tx.caller else None
    MeasurementStore(tx).save(
        Measurement(
            measurement_id=command.measurement_id,
            goal_id=command.goal_id,
            key_result_id=command.key_result_id,
            value=command.value,
            measured_at=at,
            by_person_id=person_id,
            source="person" if person_id else "machine",
            note=command.note,
        )
    )
    goal = goals.save(goal)
    tx.publish(measured, goal.state())
    return goal


@router.post(
    "/goals/{goal_id}/key-results/{key_result_id}/measurements",
    response_model=GoalView,
    status_code=201,
    summary="Measure a key result",
)
async def post_measurement(
    goal_id: GoalId, key_result_id: KeyResultId, new: NewMeasurement, run: Run
) -> Response:
    """Report a value; earlier ones stay in the history."""
    command = MeasureKeyResult(
        goal_id=goal_id, key_result_id=key_result_id, measurement_id=mint("measurement"), **dict(new)
    )
    return await run(
        measure_key_result,
        command,
        key=goal_id,
        reply=GoalView.of,
        status=201,
        match=("goals", goal_id),
    )
