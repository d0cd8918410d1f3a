"""What the goals service tells the others of planning periods: when they open, close and are corrected."""

from datetime import date
from typing import ClassVar, Literal

from shared.contracts.base import Event
from shared.ids import PeriodId, PersonId

PeriodKind = Literal["quarter", "half_year", "year", "custom"]
PeriodStatus = Literal["open", "closing", "closed"]


class _PeriodEvent(Event):
    subject_field: ClassVar[str] = "period_id"
    period_id: PeriodId


class PeriodOpened(_PeriodEvent):
    """Goals can be planned in a period; it ends with `ends_on` and is closed after `closes_on`."""

    kind: PeriodKind
    starts_on: date
    ends_on: date
    closes_on: date


class PeriodCorrected(_PeriodEvent):
    """HR has written something of a period anew, while it was not closed; `changed` names the fields."""

    kind: PeriodKind
    starts_on: date
    ends_on: date
    closes_on: date
    changed: tuple[str, ...]
    by_person_id: PersonId | None


class PeriodTurned(_PeriodEvent):
    """A period closes, so that nothing new is planned in it, or is closed, so that its goals are only read.

    It goes back when it is reopened, or its last day is put off.

    Without `by_person_id` its time has come, or somebody closed it who is not in the directory.
    """

    from_status: PeriodStatus
    to_status: PeriodStatus
    by_person_id: PersonId | None
