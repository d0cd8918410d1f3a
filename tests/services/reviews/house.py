"""The reviews service in this process, reviews in each stage of their life, and what they rest on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from shared.contracts import feedback, goals
from shared.contracts.base import Message
from shared.contracts.people import PersonLeft
from shared.ids import FeedbackId, GoalId, KeyResultId, PersonId
from tests.services import house
from tests.services.asker import Asker
from tests.services.organisation import person_left

LAUNCHED_AT = datetime(2026, 4, 1, 9, tzinfo=UTC)
IN_PERIOD = datetime(2026, 2, 10, 9, tzinfo=UTC)
AFTER_SELF_DUE = datetime(2026, 4, 16, 9, tzinfo=UTC)
CYCLE = {
    "name": "First quarter",
    "period": {"starts_on": "2026-01-01", "ends_on": "2026-03-31"},
    "self_due_on": "2026-04-15",
    "manager_due_on": "2026-04-30",
    "population": {"everyone": True},
}


@dataclass
class House(house.StaffedHouse):
    """Reviews, each as far on its way as its name says; an event may wait for one before it."""

    settled: ClassVar[Collection[str]] = house.StaffedHouse.settled | {"held"}

    now: datetime | None = LAUNCHED_AT
    told_at: datetime = LAUNCHED_AT

    @property
    def admin(self) -> Asker:
        return self.as_("admin", "hr_admin")

    async def launch(self, **terms: Any) -> str:
        """A cycle whose reviews are all open."""
        cycle = await self.admin.does("/cycles", {**CYCLE, **terms})
        await self.expand()
        return cycle["cycle_id"]

    async def review_of(self, person_id: str, cycle_id: str | None = None) -> dict[str, Any]:
        wanted = {"person_id": person_id} | ({"cycle_id": cycle_id} if cycle_id else {})
        doc = await self.db["reviews"].find_one(wanted)
        assert doc is not None
        return doc

    async def opened(self, person_id: str = "anna") -> str:
        """The id of a person's review in a new cycle for everyone."""
        return (await self.review_of(person_id, await self.launch()))["_id"]

    async def assessed(self, person_id: str = "anna", *, by: str = "manager", rating: int = 4) -> str:
        """A review that is ready to share."""
        review_id = await self.opened(person_id)
        await self.as_(person_id).does(f"/reviews/{review_id}/self-assessment/submission", own_words())
        path = f"/reviews/{review_id}/manager-assessment/submission"
        await self.as_(by).does(path, manager_words(rating))
        return review_id


def own_words(text: str = "I shipped it", **more: Any) -> dict[str, Any]:
    return {"texts": {"achievements": text}, **more}


def manager_words(rating: int = 4, text: str = "She shipped it") -> dict[str, Any]:
    return {"texts": {"achievements": text}, "rating": rating}


def left(person_id: str) -> PersonLeft:
    """On the day after the launch."""
    return person_left(person_id, on=date(2026, 4, 2))


def feedback_given(
    feedback_id: str = "f1",
    *,
    receiver_id: str = "anna",
    giver_id: str = "peer",
    visibility: feedback.Visibility = "receiver_and_manager",
) -> feedback.FeedbackGiven:
    return feedback.FeedbackGiven(
        feedback_id=FeedbackId(feedback_id),
        giver_id=PersonId(giver_id),
        receiver_id=PersonId(receiver_id),
        kind="praise",
        visibility=visibility,
        goal_id=None,
        competency=None,
        request_id=None,
    )


def goal_life(
    goal_id: str = "g1", *, owner_id: str = "anna", visibility: goals.Visibility = "line"
) -> list[Message]:
    """A goal of the first quarter from draft to close, with a measurement and a check-in."""
    named: Any = {"goal_id": GoalId(goal_id), "owner_id": PersonId(owner_id), "visibility": visibility}
    dates: Any = {"starts_on": date(2026, 1, 1), "due_on": date(2026, 3, 31)}
    boss = PersonId("manager")
    return [
        goals.GoalDrafted(**named, **dates, kind="objective", level="person", parent_id=None),
        goals.GoalProposed(**named, by_person_id=PersonId(owner_id), to_person_id=boss),
        goals.GoalAgreed(**named, **dates, by_person_id=boss),
        goals.KeyResultMeasured(
            **named,
            key_result_id=KeyResultId("k1"),
            value=7,
            measured_at=IN_PERIOD,
            key_result_progress=0.7,
            goal_progress=0.7,
        ),
        goals.GoalCheckedIn(
            **named, by_person_id=PersonId(owner_id), confidence=0.8, blocker_kinds=(), goal_progress=0.7
        ),
        goals.GoalClosed(**named, by_person_id=boss, outcome="achieved", progress=1.0),
    ]
