"""What a goal was at some time: what it said, how far it had come as it was known then, who owned it.

From when it was agreed: its editions tell what it said, and its measurements what was known.  What was
learned later, a late measurement or a correction, is not of that time.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from services.goals.domain.amendment import Edition
from services.goals.domain.goal import Goal
from services.goals.domain.key_result import KeyResult, KeyResultWording, weighted_progress
from services.goals.domain.pace import read_pace
from services.goals.domain.wording import Terms
from shared.contracts.goals import GoalStatus, Outcome, Pace
from shared.ids import KeyResultId, PersonId
from shared.reading import as_stored


class Known(NamedTuple):
    """The newest value of a key result that was known at a time, and when it held."""

    value: float
    measured_at: datetime
    reached: Sequence[str] = ()


class GoalThen(NamedTuple):
    """A goal at a time; `progress` is a share from 0 to 1, None while it could not be told.

    `terms` is what it said; its key results are those here, which stand as was known then.  `contribution`
    weighed it beside the others that served its parent; of changes of it that were made before editions kept
    it, the nearest later one that is known.
    """

    status: GoalStatus
    outcome: Outcome | None
    edition: int
    owner_id: PersonId
    terms: Terms
    contribution: float
    key_results: Sequence[KeyResult]
    progress: float | None

    @property
    def starts_on(self) -> date:
        """Its first day."""
        return self.terms.starts_on

    @property
    def due_on(self) -> date:
        """Its last day."""
        return self.terms.due_on

    def pace(self, *, on: date) -> Pace | None:
        """Whether it was where it should have been by a day; None once it was closed."""
        return read_pace(self, on=on).pace if self.status == "agreed" else None


def agreed_at(goal: Goal) -> datetime | None:
    """When it was agreed; of an old one that knows only the day, when that day began."""
    if goal.agreed_at is not None or goal.agreed_on is None:
        return goal.agreed_at
    return datetime.combine(goal.agreed_on, time(), UTC)


def as_of(
    goal: Goal, at: datetime, editions: Iterable[Edition], known: Mapping[KeyResultId, Known]
) -> GoalThen | None:
    """The goal at a time; None if it was not agreed then."""
    since = agreed_at(goal)
    if since is None or since > at:
        return None
    later = sorted((each for each in editions if each.until > at), key=lambda each: each.number)
    terms, said = (later[0].wording, later[0].wording.key_results) if later else (goal, goal.key_results)
    parts = [_standing(part, known) for part in said]
    closed = goal.closed_at is not None and goal.closed_at <= at
    weighed = (each.contribution for each in later if each.contribution is not None)
    return GoalThen(
        status="closed" if closed else "agreed",
        outcome=goal.outcome if closed else None,
        edition=later[0].number if later else goal.edition,
        owner_id=later[0].owner_id if later else goal.owner_id,
        terms=terms,
        contribution=next(weighed, goal.contribution),
        key_results=parts,
        progress=weighted_progress(parts),
    )


def _standing(part: KeyResultWording, known: Mapping[KeyResultId, Known]) -> KeyResult:
    stands = _unmeasured(part)
    found = known.get(stands.key_result_id)
    if found is None:
        return stands
    value, reached = stands.counted(found.value, found.reached), tuple(found.reached)
    return stands.standing_at(value, at=found.measured_at).model_copy(update={"reached": reached})


def _unmeasured(part: KeyResultWording) -> KeyResult:
    if isinstance(part, KeyResult):
        return part.model_copy(update={"current": None, "measured_at": None, "reached": (), "dropped": ()})
    return as_stored(KeyResult, part.model_dump())
