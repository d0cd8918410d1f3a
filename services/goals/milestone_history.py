"""What is kept of milestones when some of their history is told anew, for every use case that does so."""

from collections.abc import Sequence
from typing import Final

from services.goals.domain.history import Measurement
from services.goals.domain.milestones import Retold, told_anew
from services.goals.history_store import MeasurementStore
from services.goals.told_by import correction_by
from shared.ids import GoalId, KeyResultId
from shared.work import Transaction

MOST: Final = 500
"""So many measurements of a list of milestones are told anew, the newest."""


async def history_of(
    goal_id: GoalId, key_result_id: KeyResultId, tx: Transaction, *, but: str | None = None
) -> Sequence[Measurement]:
    """The measurements that count of a list of milestones, the oldest first and one left out."""
    newest = await MeasurementStore(tx).newest(goal_id, limit=MOST, of=key_result_id, but=but)
    return newest[::-1]


def keep_retold(retold: Retold, tx: Transaction, *, but: str, reason: str) -> None:
    """Put others in the place of those that say otherwise now; one is new, and is kept by who tells of it."""
    correction = correction_by(tx, reason=reason)
    for stale in retold.stale:
        if stale.measurement_id != but:
            for each in told_anew(retold, stale, correction):
                MeasurementStore(tx).save(each)
