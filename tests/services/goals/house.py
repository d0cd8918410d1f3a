"""The goals service in this process, and goals in each stage of their life."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.goals.store import LOOKS
from services.goals.usecases.look_at_goal import look_at_goal
from shared.due import DueWorker
from tests.services.house import StaffedHouse, clock_at

NOW = datetime(2026, 1, 12, 9, tzinfo=UTC)
REACH = {
    "key_result_id": "reach",
    "title": "Customers reached",
    "type": "increase",
    "unit": "customers",
    "start": 0,
    "target": 10,
}
STEPS: dict[str, Any] = {
    "key_result_id": "steps",
    "title": "Steps made",
    "type": "milestone",
    "unit_kind": "milestones",
    "milestones": [
        {"milestone_id": "plan", "title": "The plan is agreed"},
        {"milestone_id": "open", "title": "The office is open", "weight": 3},
    ],
}
WORDING: dict[str, Any] = {
    "title": "Reach more customers",
    "description": "Ten customers more know us by the end of the quarter.",
    "relevance": "Nothing grows without customers.",
    "starts_on": "2026-01-01",
    "due_on": "2026-03-31",
    "key_results": [REACH],
}


def wording(**changes: Any) -> dict[str, Any]:
    return {**WORDING, **changes}


@dataclass
class GoalsHouse(StaffedHouse):
    """Ids of goals, each as far on its way as its name says."""

    now: datetime | None = NOW

    async def with_all_callers(self) -> None:
        """Hire those whom test_access asks as, beside the staff: who has left, and a report of anna's."""
        await self.hire("gone", manager_id="manager", status="left")
        await self.hire("junior", manager_id="anna")

    async def drafted(self, owner_id: str = "anna", **changes: Any) -> str:
        goal = await self.as_(owner_id).does("/goals", wording(**changes))
        return goal["goal_id"]

    async def proposed(self, owner_id: str = "anna", *, to: str | None = None, **changes: Any) -> str:
        goal_id = await self.drafted(owner_id, **changes)
        await self.as_(owner_id).does(f"/goals/{goal_id}/proposal", {"to_person_id": to})
        return goal_id

    async def agreed(self, owner_id: str = "anna", *, by: str = "manager", **changes: Any) -> str:
        goal_id = await self.proposed(owner_id, to=by, **changes)
        await self.as_(by).does(f"/goals/{goal_id}/agreement")
        return goal_id

    async def amended(self, owner_id: str = "anna", **changes: Any) -> str:
        """Agreed, with a change that waits for the manager."""
        goal_id = await self.agreed(owner_id, **changes)
        change = {"due_on": "2026-06-30", "reason": "The market opens later."}
        await self.as_(owner_id).does(f"/goals/{goal_id}/amendment", change)
        return goal_id

    async def closed(self, owner_id: str = "anna", *, outcome: str = "achieved", **changes: Any) -> str:
        goal_id = await self.agreed(owner_id, **changes)
        await self.as_(owner_id).does(f"/goals/{goal_id}/closure", {"outcome": outcome})
        return goal_id

    async def goal(self, goal_id: str) -> dict[str, Any]:
        """As its owner sees it, or who audits."""
        return await self.as_("auditor", "auditor").read(f"/goals/{goal_id}")

    async def look(self, at: datetime | None = None, *, timers: bool = True) -> None:
        """Let the clock say that it is `at`, and take up what is due."""
        with clock_at(self.work, at or self.now or NOW):
            worker = DueWorker(self.work, LOOKS, look_at_goal, timers=timers)
            while await worker.turn():
                pass

    async def last(self, goal_id: str) -> dict[str, Any]:
        """Its newest event."""
        return (await self.published(subject=goal_id))[-1]
