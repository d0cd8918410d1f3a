"""What was reached of a list of milestones at which time, by what is known now.

Each measurement of such a key result says of one milestone that it is reached, or is not after all, and keeps
all that were reached by then.  One that comes late, is withdrawn or held at another time changes what was
reached by then for those after it: they are told anew, and the old ones stay in the history.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from services.goals.domain.history import Correction, Measurement
from services.goals.domain.key_result import KeyResult
from shared.ids import derive

MOST: Final = 500
"""So many measurements of a list of milestones are told anew, the newest."""


class Retold(NamedTuple):
    """The key result as it stands, by measurement what was reached by then, and those that say otherwise."""

    part: KeyResult
    reached: Mapping[str, Sequence[str]]
    stale: Sequence[Measurement]


def retell(part: KeyResult, counting: Iterable[Measurement]) -> Retold:
    """Tell anew what was reached when; of some that hold at one time the last one tells.

    Of those that were reported at one time, too, the later of `counting` is the later one.  Of what is older
    than the newest `MOST`, it is enough to have what was said last of each milestone.
    """
    ordered = sorted(counting, key=lambda each: (each.measured_at, each.known_at))
    ids = {each.milestone_id for each in part.milestones}
    now, before = set[str](), set[str]()
    reached: dict[str, Sequence[str]] = {}
    for each in ordered:
        on, off = _said(each, before)
        before = {*each.reached} if each.milestone_id is None else before
        now = (now | on) - off
        reached[each.measurement_id] = tuple(sorted(now))
    last = {each.measured_at: each for each in ordered[-MOST:]}.values()
    stale = [each for each in last if ids & {*each.reached} != ids & {*reached[each.measurement_id]}]
    if not ordered:
        return Retold(part.model_copy(update={"current": None, "measured_at": None, "reached": ()}), {}, ())
    return Retold(part.with_reached(now, at=ordered[-1].measured_at), reached, stale)


def told_anew(retold: Retold, stale: Measurement, correction: Correction) -> tuple[Measurement, Measurement]:
    """One that says otherwise, counting no more, and the one in its place; both by who reported the first."""
    new_id = derive("measurement", stale.measurement_id, correction.at.isoformat())
    corrected = stale.corrected(correction.model_copy(update={"measurement_id": new_id}))
    return corrected, in_place(stale, retold, measurement_id=new_id).model_copy(
        update={
            "taken_at": correction.at,
            "noted_at": stale.noted_at or stale.known_at,
            "goal_progress": None,
        }
    )


def in_place(told: Measurement, retold: Retold, *, measurement_id: str) -> Measurement:
    """A new measurement that says the same of its milestone, with what was reached by then."""
    reached = tuple(retold.reached.get(measurement_id) or retold.reached[told.measurement_id])
    value = retold.part.with_reached(reached, at=None).value
    said = {"measurement_id": measurement_id, "version": 0, "value": value, "reached": reached}
    return told.model_copy(update=said)


def _said(told: Measurement, before: Collection[str]) -> tuple[set[str], set[str]]:
    """The milestones of which it says that they are reached, and that they are not.

    An old one names none: it says what differs from the old one `before` it.
    """
    if told.milestone_id is None:
        return {*told.reached} - {*before}, {*before} - {*told.reached}
    one = {told.milestone_id}
    return (one, set()) if told.milestone_id in told.reached else (set(), one)
