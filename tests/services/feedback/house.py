"""The feedback service in this process, and the goals that feedback may be about."""

from dataclasses import dataclass
from datetime import date

from shared.contracts.goals import GoalState, Visibility
from shared.ids import GoalId, PersonId
from tests.services.house import House, StaffedHouse


@dataclass
class FeedbackHouse(StaffedHouse):
    """All that it is told is something it acts upon."""

    settled = House.settled

    async def know_goal(self, goal_id: str, *, owner_id: str, visibility: Visibility = "everyone") -> None:
        await self.publish(goal_state(goal_id, owner_id=owner_id, visibility=visibility))


def goal_state(goal_id: str, *, owner_id: str, visibility: Visibility) -> GoalState:
    return GoalState(
        goal_id=GoalId(goal_id),
        owner_id=PersonId(owner_id),
        title=None,
        kind="objective",
        level="person",
        status="agreed",
        outcome=None,
        visibility=visibility,
        parent_id=None,
        starts_on=date(2026, 1, 1),
        due_on=date(2026, 3, 31),
        weight=0,
        progress=0,
        key_results=(),
    )
