"""Receipts of erasures and legal holds, as they are read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.people.domain.erasure import Erasure, Ground, Standing
from services.people.domain.legal_hold import LegalHold, hold_id_of
from services.people.store.erasures import ERASURES, HOLDS
from shared.errors import NotFound
from shared.http import View
from shared.ids import PersonId
from shared.paging import AskedPage, Page, Sort, read_page
from shared.store import from_document

router = APIRouter(tags=["privacy"])
NEWEST = Sort("asked_at", descending=True)


class ServiceForgot(BaseModel):
    """How far a service is.

    `swept_at` is when it had deleted all that was there, `checked_at` when a look later than anything could
    be under way had found nothing more; null for not yet.  `parked` records could not be taken and name the
    person: they keep the erasure open until an operator has them taken or puts them away.
    """

    service: str
    removed: int
    parked: int
    swept_at: datetime | None
    checked_at: datetime | None


class ErasureView(BaseModel):
    """The receipt of an erasure."""

    person_id: PersonId
    ground: Ground
    case: str
    asked_by: PersonId | None
    asked_at: datetime
    standing: Standing = Field(
        description="`erasing` until every service has looked and looked again, then `erased`; `finished`"
        " once `gone_by` has passed as well."
    )
    gone_by: datetime = Field(
        description="By when no copy is left in Kafka or in the rows that wait to be swept from an outbox."
    )
    logged: bool = Field(
        description="Whether it stands in the log of erasures, which is applied again after a restore."
    )
    services: list[ServiceForgot]

    @classmethod
    def of(cls, erasure: Erasure, *, now: datetime) -> "ErasureView":
        """The receipt as it is now."""
        services = [
            ServiceForgot(service=service, **dict(told)) for service, told in erasure.services.items()
        ]
        return cls.model_validate({**dict(erasure), "standing": erasure.standing(now), "services": services})


class LegalHoldView(BaseModel):
    """A legal hold."""

    person_id: PersonId
    case: str
    by: PersonId | None
    since: datetime

    @classmethod
    def of(cls, hold: LegalHold) -> "LegalHoldView":
        """The view of a hold."""
        return cls(**dict(hold))


@router.get("/people/{person_id}/erasure", summary="Read the receipt of an erasure")
async def get_erasure(person_id: PersonId, view: View) -> ErasureView:
    """How far it is, service by service, and by when the last copy is gone."""
    erasure = await view.one(Erasure, ERASURES, person_id, action="read_erasure")
    return ErasureView.of(erasure, now=view.now)


@router.get("/erasures", summary="List erasures")
async def list_erasures(view: View, page: AskedPage) -> Page[ErasureView]:
    """Every receipt, the newest first."""
    await view.demand("read_erasure", {})

    def shown(doc: Mapping[str, Any]) -> ErasureView:
        view.shown(ERASURES, doc, action="read_erasure")
        return ErasureView.of(from_document(Erasure, doc), now=view.now)

    return await read_page(view.db[ERASURES], {}, asked=page, sort=NEWEST, show=shown)


@router.get("/people/{person_id}/legal-hold", summary="Read a legal hold")
async def get_hold(person_id: PersonId, view: View) -> LegalHoldView:
    """Under which case what is kept of the person is held, and since when."""
    await view.demand("read_erasure", {})
    doc = await view.db[HOLDS].find_one({"_id": hold_id_of(person_id)})
    if doc is None:
        raise NotFound("There is no legal hold on this person.")
    view.shown(HOLDS, doc, action="read_erasure")
    return LegalHoldView.of(from_document(LegalHold, doc))


__all__ = ["ErasureView", "LegalHoldView", "ServiceForgot", "router"]
