"""The notifications service in this process, and what other services tell it."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from services.notifications.usecases.open_outlets import open_from
from shared.contracts import feedback, goals, reviews
from shared.contracts.people import PersonState
from shared.settings import Settings
from tests.services import house
from tests.services.asker import Asker
from tests.services.organisation import person_state

AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
STAFF = (("cleo", None), ("mona", "cleo"), ("olga", "cleo"), ("anna", "mona"), ("ben", "mona"))
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Reader(Asker):
    """Somebody who is told things."""

    async def headlines(self, **params: Any) -> list[str]:
        return [item["headline"] for item in (await self.read("/notifications", **params))["items"]]

    async def kinds(self, **params: Any) -> list[str]:
        return [item["kind"] for item in (await self.read("/notifications", **params))["items"]]


@dataclass
class House(house.House):
    """Ways out that are opened, and what has come of what was told."""

    told_at: datetime = AT

    def as_(self, person_id: str, *roles: str, **claims: Any) -> Reader:
        return Reader(**vars(super().as_(person_id, *roles, **claims)))

    async def hire(self, *people: PersonState) -> None:
        await self.publish(*people)

    async def open_outlets(self, **fields: Any) -> Settings:
        """Open ways out as an operator would; the settings with them."""
        settings = self.settings.model_copy(update=fields)
        await open_from(settings, self.runtime.work)
        return settings

    async def make_due(self) -> None:
        """Let the pauses and claims of all open deliveries be over."""
        await self.db["deliveries"].update_many({"state": "due"}, {"$set": {"due_at": LONG_AGO}})

    async def told(self) -> list[tuple[str, str]]:
        """Who was told what: person and kind, in order."""
        docs = await self.db["notifications"].find().to_list(None)
        return sorted((doc["person_id"], doc["kind"]) for doc in docs)

    async def require_true_counts(self) -> None:
        """Every inbox counts what a recount finds."""
        unread = Counter[str]()
        raised = Counter[str]()
        async for doc in self.db["notifications"].find():
            unread[doc["person_id"]] += doc["unread"]
            raised[doc["person_id"]] += "inbox" in doc["channels"]
        inboxes = {doc["_id"]: doc async for doc in self.db["inboxes"].find()}
        for person_id in raised.keys() | inboxes.keys():
            inbox = inboxes.get(person_id, {"unread": 0, "raised": 0})
            assert (inbox["unread"], inbox["raised"]) == (unread[person_id], raised[person_id]), person_id


def person(person_id: str, **other: Any) -> PersonState:
    """In no unit."""
    return person_state(person_id, **{"unit_id": None, **other})


def proposal(goal_id: str, *, by: str = "anna", to: str = "mona") -> goals.GoalProposed:
    return goals.GoalProposed.model_validate(
        {"goal_id": goal_id, "owner_id": "anna", "visibility": "line", "by_person_id": by, "to_person_id": to}
    )


def checked_in(goal_id: str, *, confidence: float = 0.2, owner: str = "anna") -> goals.GoalCheckedIn:
    said = {"confidence": confidence, "blocker_kinds": ["process"], "goal_progress": 0.1}
    named = {"goal_id": goal_id, "owner_id": owner, "visibility": "line", "by_person_id": owner}
    return goals.GoalCheckedIn.model_validate(named | said)


def praise(
    feedback_id: str, *, to: str = "anna", by: str = "ben", visibility: feedback.Visibility = "receiver"
) -> feedback.FeedbackGiven:
    said = {
        "kind": "praise",
        "visibility": visibility,
        "goal_id": None,
        "competency": None,
        "request_id": None,
    }
    return feedback.FeedbackGiven.model_validate(
        {"feedback_id": feedback_id, "giver_id": by, "receiver_id": to, **said}
    )


def review_opened(review_id: str, *, of: str = "anna") -> reviews.ReviewOpened:
    due = {"self_due_on": "2026-04-01", "manager_due_on": "2026-04-15"}
    named = {"review_id": review_id, "cycle_id": "cycle_1", "person_id": of, "reviewer_id": "mona"}
    return reviews.ReviewOpened.model_validate(named | due)


async def until(holds: Callable[[], Awaitable[Any]], *, within: timedelta = timedelta(seconds=15)) -> Any:
    """The first true value of the condition; fails if there is none in time."""
    deadline = time.monotonic() + within.total_seconds()
    while True:
        value = await holds()
        if value:
            return value
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.02)


async def never(*args: Any, **options: Any) -> None:
    await asyncio.Event().wait()


async def dies(sender: Any, when: Callable[[], Any]) -> None:
    """Let a turn end in its midst, as the death of its process would."""

    async def it_is_time() -> bool:
        found = when()
        return bool(await found if isinstance(found, Awaitable) else found)

    turn = asyncio.create_task(sender.turn())
    await until(it_is_time)
    turn.cancel()
    await asyncio.gather(turn, return_exceptions=True)
