"""What the faults of one run work on, and what they leave behind."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from tests.faults.driver import Driver
from tests.faults.town import Town

BITE_SECONDS = 60.0
RECOVERY_SECONDS = 300.0


class NoBiteError(AssertionError):
    """A fault had no effect, so that surviving it proves nothing."""


@dataclass
class Run:
    """The town, those who use it, and the notes of what happened."""

    town: Town
    driver: Driver
    dice: random.Random
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

    async def recovered(self, name: str) -> None:
        """Wait until a new command has reached two other services, and note how long that took."""
        began = time.monotonic()
        async with asyncio.timeout(RECOVERY_SECONDS):
            goal = await self.driver.new_goal()
            given = await self.driver.give_feedback()
            async with AsyncMongoClient[Any](self.town.database.url) as client:
                while not await _arrived(client, goal.goal_id, given):
                    await asyncio.sleep(0.1)
        self.recoveries.setdefault(name, []).append(time.monotonic() - began)


async def _arrived(client: Any, goal_id: str, feedback_id: str) -> bool:
    try:
        copy = await client["cairn_feedback"]["known_goals"].find_one({"_id": goal_id})
        told = await client["cairn_notifications"]["notifications"].find_one({"about_id": goal_id})
        evidence = await client["cairn_reviews"]["evidence_feedback"].find_one({"_id": feedback_id})
    except PyMongoError:  # the database may well be away
        return False
    return None not in (copy, told, evidence)


Fault = Callable[[Run], Awaitable[None]]

__all__ = ["BITE_SECONDS", "Fault", "NoBiteError", "Run"]
