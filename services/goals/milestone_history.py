"""What is kept of milestones when some of their history is told anew, for every use case that does so."""

from collections.abc import Sequence

from services.goals.domain.history import Measurement
from services.goals.domain.milestones import MOST, Retold, told_anew
from services.goals.history_store import MeasurementStore
from services.goals.store import GoalStore
from services.goals.told_by import correction_by
from shared.ids import GoalId, KeyResultId
from shared.work import Transaction


async def history_of(
    goal_id: GoalId, key_result_id: KeyResultId, tx: Transaction, *, but: str | None = None
) -> Sequence[Measurement]:
    """The measurements that count of a list of milestones, the oldest first and one left out.

    They are the newest `MOST`, and of what is older the last one that speaks of each milestone.
    """
    measurements = MeasurementStore(tx)
    newest = await measurements.newest(goal_id, limit=MOST, of=key_result_id, but=but)
    older: list[Measurement] = []
    if len(newest) == MOST:
        milestones = (await GoalStore(tx).get(goal_id)).part(key_result_id).milestones
        apart = {each.measurement_id for each in newest if each.measured_at == newest[-1].measured_at}
        for milestone_id in (None, *(each.milestone_id for each in milestones)):
            older += await measurements.last_said(
                newest[-1], milestone_id, but=[*apart, but] if but else [*apart]
            )
    return [*sorted(older, key=lambda each: (each.measured_at, each.known_at)), *newest[::-1]]


def keep_retold(retold: Retold, tx: Transaction, *, but: str, reason: str) -> None:
    """Put others in the place of those that say otherwise now; one is new, and is kept by who tells of it."""
    correction = correction_by(tx, reason=reason)
    for stale in retold.stale:
        if stale.measurement_id != but:
            for each in told_anew(retold, stale, correction):
                MeasurementStore(tx).save(each)
