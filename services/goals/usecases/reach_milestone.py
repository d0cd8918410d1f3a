"""Say that a milestone of a key result is reached, or is not after all.

When    its owner, their manager or a machine asks
        (PUT /goals/{goal_id}/key-results/{key_result_id}/milestones/{milestone_id})
May     measure: self, manager, measuring system  (access.py)
Rule    Goal.reach_milestone; milestones.retell, if something later was told before
Emits   goals.KeyResultMeasured
Then    reviews.gather_evidence

It is kept as a measurement, whose value are the weights of all milestones that are reached by then.
"""

from fastapi import APIRouter, Response
from pydantic import Field

from services.goals.domain.goal import Goal, GoalNotInStage
from services.goals.domain.history import Measurement
from services.goals.domain.measured_when import TIMES, require_time, with_report
from services.goals.domain.milestones import in_place, retell
from services.goals.history_store import MeasurementStore
from services.goals.milestone_history import history_of, keep_retold
from services.goals.periods import OF_PERIODS, require_period
from services.goals.store import GoalStore, look_soon
from services.goals.told_by import person_of
from services.goals.usecases.measure_key_result import reported
from services.goals.views import MeasurementView
from shared.clock import Instant
from shared.contracts.base import Frozen
from shared.errors import Invalid
from shared.http import Run
from shared.ids import GoalId, KeyResultId, mint
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class MilestoneReached(Frozen):
    """Whether it is reached, and since when it is so; left out, since now."""

    reached: bool = True
    at: Instant | None = None
    note: str = Field(default="", max_length=1000)


class ReachMilestone(MilestoneReached):
    """Which milestone of which key result; `measurement_id` is new."""

    goal_id: GoalId
    key_result_id: KeyResultId
    milestone_id: str
    measurement_id: str


async def reach_milestone(command: ReachMilestone, tx: Transaction) -> Measurement:
    """The measurement that comes of it, or the newest one if the milestone is so already.

    What somebody said with the newest one is not for machines, which may measure what they may not read.
    """
    goals = GoalStore(tx)
    goal = await goals.get(command.goal_id)
    await tx.require("measure", goal)
    await require_period(goal, "follow", tx)
    part = goal.part(command.key_result_id)
    if goal.status == "agreed" and part.has_reached(command.milestone_id) == command.reached:
        for newest in await MeasurementStore(tx).newest(goal.goal_id, limit=1, of=part.key_result_id):
            await _require_after(command, tx)
            return newest if person_of(tx) else newest.without_words()
    at = require_time(command.at, goal, now=tx.now)
    goal = with_report(goal, now=tx.now)
    goal, measured = goal.reach_milestone(
        command.key_result_id, command.milestone_id, reached=command.reached, at=at
    )
    measurement = reported(measured, goal, tx, measurement_id=command.measurement_id, note=command.note)
    said = {"reached": goal.part(command.key_result_id).reached, "milestone_id": command.milestone_id}
    measurement = measurement.model_copy(update=said)
    if part.measured_at is not None and at < part.measured_at:
        goal, measurement = await _told_late(goal, measurement, command, tx)
        measured = goal.measurement_of(goal.part(part.key_result_id), at=at, value=measurement.value)
    tx.publish(measured, goals.save(goal).state())
    look_soon(tx, goal.goal_id)
    return MeasurementStore(tx).save(measurement)


async def _told_late(
    goal: Goal, told: Measurement, command: ReachMilestone, tx: Transaction
) -> tuple[Goal, Measurement]:
    """The goal as it stands, and the measurement with what was reached by its time."""
    await _require_after(command, tx)
    told = told.model_copy(update={"reached": (command.milestone_id,) if command.reached else ()})
    part = goal.part(command.key_result_id)
    retold = retell(part, [*await history_of(goal.goal_id, part.key_result_id, tx), told])
    keep_retold(retold, tx, but=told.measurement_id, reason="Another milestone was told of late.")
    goal = goal.stand_retold(retold.part)
    told = in_place(told, retold, measurement_id=told.measurement_id)
    return goal, told.model_copy(update={"goal_progress": goal.progress})


async def _require_after(command: ReachMilestone, tx: Transaction) -> None:
    """Refuse a time before what was last said of the milestone: that is corrected where it was said."""
    if command.at is None:
        return
    for each in await history_of(command.goal_id, command.key_result_id, tx):
        if each.milestone_id == command.milestone_id and command.at < each.measured_at:
            raise Invalid(
                "Something later was said of this milestone; correct that measurement, with its time.",
                measurement_id=each.measurement_id,
            )


@router.put(
    "/goals/{goal_id}/key-results/{key_result_id}/milestones/{milestone_id}",
    response_model=MeasurementView,
    summary="Reach a milestone",
    responses=refusals(*OF_PERIODS, GoalNotInStage, *TIMES),
)
async def put_milestone(
    goal_id: GoalId, key_result_id: KeyResultId, milestone_id: str, said: MilestoneReached, run: Run
) -> Response:
    """The answer is the measurement that comes of it; one `at` an earlier time tells those after it anew.

    If-Match speaks of the goal.
    """
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
