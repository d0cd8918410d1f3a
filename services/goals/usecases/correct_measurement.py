"""Correct a measurement that was wrong; it stays in the history and counts no more.

When    who may measure asks (POST /goals/{goal_id}/measurements/{measurement_id}/correction)
May     measure: self, manager, measuring system  (access.py)
Rule    Measurement.corrected, Goal.stand_corrected; what a machine has reported the owner does
        not correct, nor a machine what a person has; what was said of a milestone is withdrawn, or
        held at another time: milestones.retell tells anew what was reached after it
Emits   goals.MeasurementCorrected
Then    reviews.gather_evidence
"""

from datetime import datetime
from operator import itemgetter
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import StringConstraints

from services.goals.domain.goal import Goal, GoalNotInStage
from services.goals.domain.history import CorrectedAlready, Measurement
from services.goals.domain.measured_in import Quantity
from services.goals.domain.measured_when import TIMES, require_time, with_report
from services.goals.domain.milestones import in_place, retell
from services.goals.history_store import AT_ONE_TIME, MeasurementStore
from services.goals.milestone_history import history_of, keep_retold
from services.goals.periods import OF_PERIODS, require_period
from services.goals.store import GoalStore, look_soon
from services.goals.told_by import correction_by, person_of
from services.goals.usecases.measure_key_result import reported
from services.goals.views import MeasurementView
from shared.clock import Instant
from shared.contracts.base import Frozen
from shared.contracts.goals import KeyResultMeasured, MeasurementCorrected
from shared.directory import named_caller
from shared.errors import NotFound, Refusal
from shared.http import Run
from shared.ids import GoalId, mint
from shared.problem_docs import refusals
from shared.work import Transaction

router = APIRouter(tags=["goals"])


class NotYoursToCorrect(Refusal):
    """What a machine has reported the goal's owner does not correct, nor a machine what a person has."""

    status = 403


class RightMeasurement(Frozen):
    """What held in truth, or when, and why it was wrong; with neither value nor time it is withdrawn.

    What is left out stays as it was.  What was said of a milestone has no value.
    """

    value: Quantity | None = None
    measured_at: Instant | None = None
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class CorrectMeasurement(RightMeasurement):
    """Which measurement of which goal; `new_measurement_id` is new."""

    goal_id: GoalId
    measurement_id: str
    new_measurement_id: str


async def correct_measurement(command: CorrectMeasurement, tx: Transaction) -> Measurement:
    """The measurement in the place of the wrong one, or the wrong one if there is none."""
    measurements = MeasurementStore(tx)
    goal = await GoalStore(tx).get(command.goal_id)
    goal = with_report(goal, now=tx.now)
    await tx.require("measure", goal)
    await require_period(goal, "follow", tx)
    wrong = await measurements.find(command.measurement_id)
    if wrong is None or wrong.goal_id != goal.goal_id:
        raise NotFound("The goal has no measurement with this id.")
    _require_may_correct(wrong, goal, tx)
    part = goal.part(wrong.key_result_id)
    if part.unit_kind == "milestones" and command.value is None:
        return await _correct_milestone(command, goal, wrong, tx)
    part.require_suitable(wrong.value if command.value is None else command.value)
    value = wrong.value if command.value is None and command.measured_at else command.value
    new_id = None if value is None else command.new_measurement_id
    held = command.measured_at or wrong.measured_at
    at = wrong.measured_at if value is None else require_time(held, goal, now=tx.now)
    corrected = wrong.corrected(correction_by(tx, reason=command.reason, measurement_id=new_id))
    counting = await measurements.newest(
        goal.goal_id, limit=AT_ONE_TIME, of=wrong.key_result_id, but=wrong.measurement_id
    )
    values = [(each.measured_at, each.known_at, each.value) for each in counting]
    if value is not None:
        values.append((at, goal.told_at or tx.now, value))
    newest_at, _, newest = max(values, key=itemgetter(0, 1), default=(None, None, None))
    goal, _ = goal.stand_corrected(wrong.key_result_id, newest, at=newest_at)
    event = await _told(goal, wrong, tx, to_value=value, at=at)
    corrected = measurements.save(corrected)
    right = _in_its_place(wrong, event, goal, tx, new_id=new_id, reason=command.reason)
    return corrected if right is None else measurements.save(right)


async def _correct_milestone(
    command: CorrectMeasurement, goal: Goal, wrong: Measurement, tx: Transaction
) -> Measurement:
    """Withdraw what was said of a milestone, or let it have held at another time."""
    moved = command.measured_at is not None
    new_id = command.new_measurement_id if moved else None
    at = require_time(command.measured_at, goal, now=tx.now) if moved else wrong.measured_at
    corrected = wrong.corrected(correction_by(tx, reason=command.reason, measurement_id=new_id))
    right = wrong.model_copy(
        update={"measurement_id": command.new_measurement_id, "measured_at": at, "taken_at": goal.told_at}
    )
    others = await history_of(goal.goal_id, wrong.key_result_id, tx, but=wrong.measurement_id)
    retold = retell(goal.part(wrong.key_result_id), [*others, right] if moved else others)
    goal = goal.stand_retold(retold.part)
    right = in_place(right, retold, measurement_id=command.new_measurement_id) if moved else None
    await _told(goal, wrong, tx, to_value=right.value if right else None, at=at)
    keep_retold(retold, tx, but=command.new_measurement_id, reason=command.reason)
    corrected = MeasurementStore(tx).save(corrected)
    if right is None:
        return corrected
    own = {
        "by_person_id": person_of(tx),
        "note": command.reason,
        "noted_at": None,
        "goal_progress": goal.progress,
    }
    return MeasurementStore(tx).save(right.model_copy(update=own))


async def _told(
    goal: Goal, wrong: Measurement, tx: Transaction, *, to_value: float | None, at: datetime
) -> MeasurementCorrected:
    """The event of it, published with the goal as it stands."""
    part = goal.part(wrong.key_result_id)
    event = MeasurementCorrected(
        **goal.named(),
        key_result_id=wrong.key_result_id,
        measurement_id=wrong.measurement_id,
        by_person_id=await named_caller(tx),
        from_value=wrong.value,
        to_value=to_value,
        measured_at=at,
        current=part.current,
        current_at=part.measured_at,
        key_result_progress=part.progress,
        goal_progress=goal.progress,
    )
    tx.publish(event, GoalStore(tx).save(goal).state())
    look_soon(tx, goal.goal_id)
    return event


def _require_may_correct(wrong: Measurement, goal: Goal, tx: Transaction) -> None:
    by = person_of(tx)
    if wrong.source == "machine" and by == goal.owner_id:
        raise NotYoursToCorrect(
            "A machine has reported this of your goal; let the machine or your manager correct it."
        )
    if wrong.source == "person" and by is None:
        raise NotYoursToCorrect("A person has reported this; a machine corrects what machines reported.")


def _in_its_place(
    wrong: Measurement,
    event: MeasurementCorrected,
    goal: Goal,
    tx: Transaction,
    *,
    new_id: str | None,
    reason: str,
) -> Measurement | None:
    """What a machine has reported stays a machine's, so that its owner does not correct it back."""
    if new_id is None or event.to_value is None:
        return None
    measured = KeyResultMeasured(
        goal_id=event.goal_id,
        owner_id=event.owner_id,
        visibility=event.visibility,
        key_result_id=event.key_result_id,
        value=event.to_value,
        measured_at=event.measured_at,
        key_result_progress=event.key_result_progress,
        goal_progress=event.goal_progress,
    )
    right = reported(measured, goal, tx, measurement_id=new_id, note=reason)
    return right.model_copy(update={"source": wrong.source, "system": wrong.system})


async def _answer(told: Measurement, tx: Transaction) -> MeasurementView:
    """A machine may correct what a manager has put in the place of its own, and not read what they said."""
    return MeasurementView.of(told if person_of(tx) else told.without_words())


@router.post(
    "/goals/{goal_id}/measurements/{measurement_id}/correction",
    response_model=MeasurementView,
    summary="Correct a measurement",
    responses=refusals(*OF_PERIODS, GoalNotInStage, *TIMES, CorrectedAlready, NotYoursToCorrect),
)
async def post_correction(
    goal_id: GoalId, measurement_id: str, right: RightMeasurement, run: Run
) -> Response:
    """With a time alone, what it says held then; with neither value nor time it is withdrawn.

    All of it stays in the history.  If-Match speaks of the goal.
    """
    command = CorrectMeasurement(
        goal_id=goal_id,
        measurement_id=measurement_id,
        new_measurement_id=mint("measurement"),
        **dict(right),
    )
    return await run(correct_measurement, command, key=goal_id, answer=_answer, match=("goals", goal_id))
