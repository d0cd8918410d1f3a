"""Planning periods as everybody may read them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Self

from fastapi import APIRouter
from pydantic import BaseModel

from services.goals.domain.period import Period, PeriodChange
from services.goals.store import PERIODS
from shared.contracts.goals_periods import PeriodKind, PeriodStatus
from shared.http import View
from shared.ids import PeriodId
from shared.paging import AskedPage, Page, Sort, read_page
from shared.reading import as_stored
from shared.store import from_document

router = APIRouter(tags=["periods"])


class PeriodView(BaseModel):
    """A planning period; it closes from `ends_on` to `closes_on`.

    `changes` are corrections, early closures and reopenings: who, when, why, and what was said `before`.
    """

    period_id: PeriodId
    name: str
    kind: PeriodKind
    starts_on: date
    ends_on: date
    closes_on: date
    grace_days: int
    check_in_days: int
    status: PeriodStatus
    changes: Sequence[PeriodChange]
    version: int

    @classmethod
    def of(cls, period: Period) -> Self:
        """The view of a period."""
        return as_stored(cls, {**dict(period), "closes_on": period.closes_on})


@router.get("/periods", summary="List periods")
async def list_periods(view: View, page: AskedPage) -> Page[PeriodView]:
    """All periods, the latest first."""
    filter_ = await view.filter("read_period")
    latest = Sort("starts_on", descending=True)
    return await read_page(view.db[PERIODS], filter_, asked=page, sort=latest, show=_period)


@router.get("/periods/{period_id}", summary="Read a period")
async def get_period(period_id: PeriodId, view: View) -> PeriodView:
    """One period and how far it has gone."""
    return PeriodView.of(await view.one(Period, PERIODS, period_id, action="read_period"))


def _period(doc: Mapping[str, Any]) -> PeriodView:
    return PeriodView.of(from_document(Period, doc))
