"""Goals as they were at some time, by those who may read them now."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.goals.domain.amendment import Edition
from services.goals.domain.as_of import GoalThen, Known, as_of
from services.goals.domain.goal import Goal
from services.goals.domain.wording import Link
from services.goals.history_store import EDITIONS, MEASUREMENTS
from services.goals.store import GOALS
from services.goals.views.earlier import hidden_until
from services.goals.views.goal_view import KeyResultView
from services.goals.views.judgements import readable
from shared import mongo
from shared.clock import Instant
from shared.contracts.goals import GoalKind, GoalLevel, GoalStatus, Outcome, Perspective, Visibility
from shared.errors import NotFound
from shared.http import View
from shared.http.viewing import Viewer
from shared.ids import GoalId, KeyResultId, PeriodId, PersonId
from shared.paging import AskedPage, Page, Sort, page_of
from shared.reading import as_stored
from shared.store import from_document

router = APIRouter(tags=["goals"])
At = Annotated[Instant, Query(description="The time, with its offset from UTC.")]
BY_ID: Final = Sort()


class GoalAsOf(BaseModel):
    """A goal as it was `at` a time, or is now if the time that was asked for is still to come.

    `progress` is a share from 0 to 1, null while it could not be told.  `edition` is the number of what it
    said then; its key results stand as was known then.  What it served then is named to those who may read
    that goal now.
    """

    goal_id: GoalId
    at: datetime
    status: GoalStatus
    outcome: Outcome | None
    edition: int
    owner_id: PersonId
    title: str
    description: str
    relevance: str
    kind: GoalKind
    level: GoalLevel
    category: str
    perspective: Perspective | None
    tags: list[str]
    links: list[Link]
    visibility: Visibility
    period_id: PeriodId | None
    parent_id: GoalId | None
    weight: float
    starts_on: date
    due_on: date
    progress: float | None
    key_results: list[KeyResultView]

    @classmethod
    def of(cls, goal_id: GoalId, at: datetime, then: GoalThen) -> Self:
        """The view of a goal at a time."""
        said = {**dict(then.wording), **then._asdict()}
        parts = [KeyResultView.of(part) for part in then.key_results]
        return as_stored(cls, {**said, "goal_id": goal_id, "at": at, "key_results": parts})

    def without_hidden(self, known: Collection[GoalId]) -> "GoalAsOf":
        """The same without a parent that is not among those that may be read."""
        return self if self.parent_id in known else self.model_copy(update={"parent_id": None})


@router.get("/goals/{goal_id}/as-of", summary="Read what a goal was")
async def get_as_of(goal_id: GoalId, at: At, view: View) -> GoalAsOf:
    """What it said at a time and how far it had come, as was known then."""
    goal = await view.one(Goal, GOALS, goal_id)
    [found] = await _then([goal], at, view)
    if found is None:
        raise NotFound("The goal was not agreed at that time, or was not for you to read.")
    return found


@router.get("/goals-as-of", summary="List what goals were")
async def list_as_of(owner_id: PersonId, at: At, view: View, page: AskedPage) -> Page[GoalAsOf]:
    """The goals that a person had at a time, of those that the caller may read now.

    A page may hold fewer than asked for, also none, and still have a next one.
    """
    before = await view.db[EDITIONS].distinct("goal_id", {"owner_id": owner_id, "until": {"$gt": at}})
    his = {"$or": [{"owner_id": owner_id}, {"_id": {"$in": before}}], "agreed_on": {"$ne": None}}
    wanted = page.narrow({"$and": [his, await view.filter()]}, sort=BY_ID)
    rows = await view.db[GOALS].find(wanted).sort(BY_ID.keys).limit(page.limit + 1).to_list(None)
    listed = page_of(rows, asked=page, sort=BY_ID, show=lambda doc: from_document(Goal, doc))
    found = await _then(listed.items, at, view)
    return Page(items=[each for each in found if each and each.owner_id == owner_id], next=listed.next)


async def _then(goals: Sequence[Goal], at: datetime, view: Viewer) -> Sequence[GoalAsOf | None]:
    ids = [goal.goal_id for goal in goals]
    editions: defaultdict[GoalId, list[Edition]] = defaultdict(list)
    async for doc in view.db[EDITIONS].find({"goal_id": {"$in": ids}, "until": {"$gt": at}}):
        editions[doc["goal_id"]].append(from_document(Edition, doc))
    known = await _known(ids, at, view.db)
    found = [(goal, as_of(goal, at, editions[goal.goal_id], known[goal.goal_id])) for goal in goals]
    shown = [
        GoalAsOf.of(goal.goal_id, at, then) if then and at > await hidden_until(goal, view) else None
        for goal, then in found
    ]
    told = [goal for goal, each in zip(goals, shown, strict=True) if each]
    view.shown(GOALS, *({"_id": goal.goal_id, "visibility": goal.visibility} for goal in told))
    readable_now = await readable([each.parent_id for each in shown if each], view)
    return [each and each.without_hidden(readable_now) for each in shown]


async def _known(
    goal_ids: Sequence[GoalId], at: datetime, db: mongo.Database
) -> Mapping[GoalId, Mapping[KeyResultId, Known]]:
    """Of each key result the newest value that was known then and counted then."""
    pipeline: list[dict[str, Any]] = [
        {
            "$match": {
                "goal_id": {"$in": [*goal_ids]},
                "$expr": {"$lte": [{"$ifNull": ["$taken_at", "$measured_at"]}, at]},
                "$or": [{"correction": None}, {"correction.at": {"$gt": at}}],
            }
        },
        # Documents are ordered by their fields in turn: the newest, and of those the last that was reported.
        {
            "$group": {
                "_id": {"goal": "$goal_id", "part": "$key_result_id"},
                "newest": {
                    "$max": {
                        "measured_at": "$measured_at",
                        "taken_at": {"$ifNull": ["$taken_at", "$measured_at"]},
                        "value": "$value",
                        "reached": {"$ifNull": ["$reached", []]},
                    }
                },
            }
        },
    ]
    known: defaultdict[GoalId, dict[KeyResultId, Known]] = defaultdict(dict)
    for row in await mongo.aggregate(db[MEASUREMENTS], pipeline):
        known[row["_id"]["goal"]][row["_id"]["part"]] = Known(
            row["newest"]["value"], row["newest"]["measured_at"], row["newest"]["reached"]
        )
    return known
