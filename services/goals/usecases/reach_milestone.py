"""Say that a milestone of a key result is reached, or is not after all.

When    its owner, their manager or a machine asks
        (PUT /goals/{goal_id}/key-results/{key_result_id}/milestones/{milestone_id})
May     measure: self, manager, service           (access.py)
Rule    Goal.reach_milestone
Emits   goals.KeyResultMeasured
Then    reviews.gather_evidence

It is kept as a measurement, whose value are the weights of all milestones that are reached.
"""

from fastapi import APIRouter, Response
from pydantic import Field

from services.goals.domain.goal import GoalNotInStage
from services.goals.domain.history import Measurement
from services.goals.periods import OF_PERIODS, require_period
from services.goals.store import GoalStore, MeasurementStore, look_soon
from services.goals.usecases.measure_key_result import reported
from services.goals.views import MeasurementView
from shared.contracts.base import Frozen
from shared.http import Run
from shared.ids import GoalId, KeyResultId, mint
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class MilestoneReached(Frozen):
    """Whether it is reached."""

    reached: bool = True
    note: str = Field(default="", max_length=1000)


class ReachMilestone(MilestoneReached):
    """Which milestone of which key result; `measurement_id` is new."""

    goal_id: GoalId
    key_result_id: KeyResultId
    milestone_id: str
    measurement_id: str


async def reach_milestone(command: ReachMilestone, tx: Transaction) -> Measurement:
    """The measurement that comes of it, or the newest one if the milestone is so already."""
    goals = GoalStore(tx)
    goal = await goals.get(command.goal_id)
    await tx.require("measure", goal)
    await require_period(goal, "follow", tx)
    part = goal.part(command.key_result_id)
    if goal.status == "agreed" and (command.milestone_id in part.reached) == command.reached:
        for newest in await MeasurementStore(tx).newest(goal.goal_id, limit=1, of=part.key_result_id):
            return newest
    goal, measured = goal.reach_milestone(
        command.key_result_id, command.milestone_id, reached=command.reached, at=tx.now
    )
    measurement = reported(measured, tx, measurement_id=command.measurement_id, note=command.note)
    measurement = measurement.model_copy(update={"reached": goal.part(command.key_result_id).reached})
    tx.publish(measured, goals.save(goal).state())
    look_soon(tx, goal.goal_id)
    return MeasurementStore(tx).save(measurement)


@router.put(
    "/goals/{goal_id}/key-results/{key_result_id}/milestones/{milestone_id}",
    response_model=MeasurementView,
    summary="Reach a milestone",
    responses=refusals(*OF_PERIODS, GoalNotInStage),
)
async def put_milestone(
    goal_id: GoalId, key_result_id: KeyResultId, milestone_id: str, said: MilestoneReached, run: Run
) -> Response:
    """The answer is the measurement that comes of it.  If-Match speaks of the goal."""
    command = ReachMilestone(
        goal_id=goal_id,
        key_result_id=key_result_id,
        milestone_id=milestone_id,
        measurement_id=mint("measurement"),
        **dict(said),
    )
    return await run(
        reach_milestone, command, key=goal_id, reply=MeasurementView.of, match=("goals", goal_id)
    )
