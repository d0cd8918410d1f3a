"""What the faults of one run work on, and what they leave behind."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from tests.faults.driver import Driver
from tests.faults.town import Town

BITE_SECONDS = 120.0
RECOVERY_SECONDS = 300.0


class NoBiteError(AssertionError):
    """A fault had no effect, so that surviving it proves nothing."""


class NotRecoveredError(AssertionError):
    """What was asked after a fault did not reach everybody."""


class Watch:
    """How long each part of a run took, in seconds."""

    def __init__(self) -> None:
        self.took: dict[str, float] = {}
        self._at = time.monotonic()
        self._ends: list[tuple[float, str]] = []

    def lap(self, name: str) -> None:
        """A part is over, and the next one begins."""
        before, self._at = self._at, time.monotonic()
        self.took[name] = round(self.took.get(name, 0.0) + self._at - before, 1)
        self._ends.append((self._at, name))

    def during(self, at: float) -> str:
        """The part in which a time of the monotonic clock lies."""
        return next((name for end, name in self._ends if at <= end), "afterwards")


@dataclass
class Run:
    """The town, those who use it, and the notes of what happened."""

    town: Town
    driver: Driver
    dice: random.Random
    watch: Watch = field(default_factory=Watch)
    bites: dict[str, int] = field(default_factory=dict[str, int])
    recoveries: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    kills: int = 0
    injected_bad: list[str] = field(default_factory=list[str])
    poisoned: str = ""
    skipped: dict[str, str] = field(default_factory=dict[str, str])
    toothless: dict[str, str] = field(default_factory=dict[str, str])
    """Faults that touched nothing, or came less often than they must: the run proves too little."""

    def bit(self, name: str, times: int = 1) -> None:
        """The fault took place; raises `NoBiteError` if it touched nothing."""
        if not times:
            raise NoBiteError(f"{name} touched nothing")
        self.bites[name] = self.bites.get(name, 0) + times

    async def bitten(self, what: str, times: int) -> bool:
        """Wait until the services have said so often that it has happened to them; False if they do not."""
        try:
            async with asyncio.timeout(BITE_SECONDS):
                while self.town.bites()[what] < times:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            return False
        return True

    async def recovered(self, *names: str) -> None:
        """Wait until a new command has reached other services, and note how long that took after these.

        Raises:
            NotRecoveredError: it does not come to all of them.
        """
        began, missing = time.monotonic(), ["the answers"]
        try:
            async with asyncio.timeout(RECOVERY_SECONDS):
                goal = await self.driver.new_goal()
                given = await self.driver.give_feedback()
                async with AsyncMongoClient[Any](self.town.database.url) as client:
                    while missing := await _missing(client, goal.goal_id, given):
                        await asyncio.sleep(0.1)
        except TimeoutError:
            told = f"{', '.join(missing)} did not come within {RECOVERY_SECONDS:.0f} s"
            raise NotRecoveredError(
                f"after {', '.join(names)}: {told}; logs: {self.town.data.logs}"
            ) from None
        took = time.monotonic() - began
        for name in names:
            self.recoveries.setdefault(name, []).append(took)


async def _missing(client: Any, goal_id: str, feedback_id: str) -> list[str]:
    """Where a new goal and new feedback have not come yet."""
    places = {
        "the goal in feedback": ("cairn_feedback", "known_goals", {"_id": goal_id}),
        "the notification of the goal": ("cairn_notifications", "notifications", {"about_id": goal_id}),
        "the feedback in reviews": ("cairn_reviews", "evidence_feedback", {"_id": feedback_id}),
    }
    try:
        found = {name: await client[db][each].find_one(query) for name, (db, each, query) in places.items()}
    except PyMongoError as error:  # the database may well be away
        return [f"an answer of the database ({type(error).__name__})"]
    return [name for name, doc in found.items() if doc is None]


Fault = Callable[[Run], Awaitable[None]]
Group = Mapping[str, Fault]
"""Faults that come at the same time, by name."""

__all__ = ["BITE_SECONDS", "Fault", "Group", "NoBiteError", "NotRecoveredError", "Run", "Watch"]
