"""What can be read of cycles and reviews as such: stages, dates and figures, never what was written.

A review's words, flags and evidence are `reading`'s.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, NamedTuple, Self, get_args

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from services.reviews.access import ACCESS
from services.reviews.domain.assessment import Assessment, Side
from services.reviews.domain.cycle import Cycle, Section
from services.reviews.domain.fairness import Flag
from services.reviews.domain.review import Review
from services.reviews.store import CYCLES, REVIEWS
from shared import mongo
from shared.contracts.reviews import ReviewStage
from shared.fan_out import FanOutProgress, progress_of
from shared.http import View
from shared.ids import CycleId, PersonId, ReviewId
from shared.paging import AskedPage, Page, Sort, read_page
from shared.population import NamedPopulation
from shared.preconditions import entity_tag
from shared.reading import as_stored
from shared.store import from_document

router = APIRouter(tags=["cycles", "reviews"])
STAGES: tuple[ReviewStage, ...] = get_args(ReviewStage)
MyRole = Literal["person", "reviewer"]


class CycleView(BaseModel):
    """A cycle; ratings go from 1 to `scale_max`."""

    cycle_id: CycleId
    name: str
    period_starts_on: date
    period_ends_on: date
    self_due_on: date
    manager_due_on: date
    scale_max: int
    sections: list[Section]
    status: Literal["open", "closed"]
    launched_at: datetime
    version: int

    @classmethod
    def of(cls, cycle: Cycle, **more: object) -> Self:
        """The view of a cycle."""
        period = {"period_starts_on": cycle.period.starts_on, "period_ends_on": cycle.period.ends_on}
        return as_stored(cls, {**dict(cycle), **period, **more})


class CycleProgress(CycleView):
    """A cycle, how many of the reviews that the caller may see are in which stage, and its launch."""

    reviews_by_stage: dict[ReviewStage, int]
    population: NamedPopulation | None
    opening: FanOutProgress | None


class ReviewView(BaseModel):
    """A review without its words; `rating` is null until it is shared.

    `goals_counted` and `feedback_counted` are of the last change of stage.
    """

    review_id: ReviewId
    cycle_id: CycleId
    person_id: PersonId
    reviewer_id: PersonId | None
    stage: ReviewStage
    period_starts_on: date
    period_ends_on: date
    self_due_on: date
    manager_due_on: date
    scale_max: int
    rating: int | None
    goals_counted: int | None
    feedback_counted: int | None
    opened_at: datetime
    self_submitted_at: datetime | None
    self_waived_at: datetime | None
    assessed_at: datetime | None
    shared_at: datetime | None
    acknowledged_at: datetime | None
    cancelled_at: datetime | None
    version: int

    @classmethod
    def of(cls, review: Review, **more: object) -> Self:
        """The view of a review."""
        period = {"period_starts_on": review.period.starts_on, "period_ends_on": review.period.ends_on}
        return as_stored(cls, {**dict(review), **period, **more})


class AssessedReviewView(ReviewView):
    """A review with what its reviewer should know before sharing it."""

    flags: list[Flag]


class AssessmentView(BaseModel):
    """What one side wrote; a draft until it is submitted, and blank while nothing was written."""

    side: Side
    texts: Mapping[str, str]
    rating: int | None
    by_person_id: PersonId | None
    written_at: datetime | None
    submitted_at: datetime | None
    version: int

    @classmethod
    def of(cls, assessment: Assessment) -> Self:
        """The view of an assessment."""
        return as_stored(cls, dict(assessment))


@router.get("/cycles", summary="List review cycles")
async def list_cycles(view: View, page: AskedPage) -> Page[CycleView]:
    """All cycles, the newest first."""
    filter_ = await view.filter("read_cycle")
    newest = Sort("launched_at", descending=True)
    return await read_page(view.db[CYCLES], filter_, asked=page, sort=newest, show=_show_cycle)


@router.get("/cycles/{cycle_id}", summary="Read a review cycle")
async def get_cycle(cycle_id: CycleId, view: View, response: Response) -> CycleProgress:
    """A cycle with the counts of those reviews that the caller may see."""
    cycle = await view.one(Cycle, CYCLES, cycle_id, action="read_cycle")
    response.headers["ETag"] = entity_tag(cycle.version)
    counts = await _count_by_stage(cycle_id, view)
    if not await ACCESS.decide(view.caller, "read_launch", cycle, view.db):
        return CycleProgress.of(cycle, reviews_by_stage=counts, population=None, opening=None)
    opening = await progress_of(view.db, cycle.opening_id)
    return CycleProgress.of(cycle, reviews_by_stage=counts, opening=opening)


class WantedReviews(NamedTuple):
    """A filter of reviews, and what the caller is in them."""

    filter: Mapping[str, Any]
    my_role: MyRole | None


async def wanted_reviews(
    my_role: Annotated[MyRole | None, Query(description="The caller's own, or those to assess.")] = None,
    cycle_id: Annotated[CycleId | None, Query(description="Of this cycle only.")] = None,
    person_id: Annotated[PersonId | None, Query(description="Of this person only.")] = None,
    reviewer_id: Annotated[PersonId | None, Query(description="Assessed by this person only.")] = None,
    stage: Annotated[list[ReviewStage] | None, Query(description="In these stages only.")] = None,
) -> WantedReviews:
    """What a list of reviews is asked for; a FastAPI dependency."""
    asked = {"cycle_id": cycle_id, "person_id": person_id, "reviewer_id": reviewer_id}
    wanted: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    # All stages rather than none: then an index on them gives every page in the order of the ids.
    wanted["stage"] = {"$in": stage or list(STAGES)}
    return WantedReviews(wanted, my_role)


@router.get("/reviews", summary="List reviews")
async def list_reviews(
    view: View, page: AskedPage, wanted: Annotated[WantedReviews, Depends(wanted_reviews)]
) -> Page[ReviewView]:
    """The reviews that the caller may see."""
    mine = {f"{wanted.my_role}_id": view.me()} if wanted.my_role else {}
    filter_ = {"$and": [await view.filter(), wanted.filter, mine]}
    return await view.page(REVIEWS, filter_, asked=page, show=_show_review)


async def _count_by_stage(cycle_id: CycleId, view: View) -> Mapping[ReviewStage, int]:
    rows = await mongo.aggregate(
        view.db[REVIEWS],
        [
            {"$match": {"$and": [{"cycle_id": cycle_id}, await view.filter()]}},
            {"$group": {"_id": "$stage", "reviews": {"$sum": 1}}},
        ],
    )
    found = {row["_id"]: row["reviews"] for row in rows}
    return {stage: found.get(stage, 0) for stage in STAGES}


def _show_cycle(doc: Mapping[str, Any]) -> CycleView:
    return CycleView.of(from_document(Cycle, doc))


def _show_review(doc: Mapping[str, Any]) -> ReviewView:
    return ReviewView.of(from_document(Review, doc))
