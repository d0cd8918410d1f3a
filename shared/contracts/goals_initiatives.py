"""What the goals service tells the others of initiatives: what is done for goals, by whom, at what cost."""

from datetime import date
from typing import ClassVar, Literal

from shared.contracts.base import Event, State
from shared.contracts.goals import Visibility
from shared.ids import GoalId, InitiativeId, PersonId
from shared.money import Amount, Currency, Days

InitiativeStatus = Literal["planned", "under_way", "done", "dropped"]
InitiativeEnd = Literal["done", "dropped"]


class _InitiativeEvent(Event):
    """`goal_owner_id` and `visibility` are those of the goal that it serves."""

    subject_field: ClassVar[str] = "initiative_id"
    initiative_id: InitiativeId
    goal_id: GoalId
    owner_id: PersonId
    goal_owner_id: PersonId
    visibility: Visibility


class _PlannedFigures(_InitiativeEvent):
    starts_on: date
    due_on: date
    planned_effort_days: Days | None
    planned_cost: Amount | None
    currency: Currency | None


class InitiativePlanned(_PlannedFigures):
    """Something is to be done for a goal, by `owner_id`; effort is in person-days."""

    by_person_id: PersonId


class InitiativeChanged(_PlannedFigures):
    """What is planned is another now; `changes` names what.

    `from_owner_id` is whose it was, if it is somebody else's now; `from_goal_id` the goal that it served, if
    that is carried over: then nobody did it by themselves.
    """

    by_person_id: PersonId | None
    changes: tuple[str, ...]
    from_owner_id: PersonId | None = None
    from_goal_id: GoalId | None = None


class InitiativeProgressed(_InitiativeEvent):
    """Somebody reported how far it is, 0 to 1, and what it has taken so far: person-days and money.

    A later one says it anew, and may say less.
    """

    by_person_id: PersonId
    status: InitiativeStatus
    share_done: float
    actual_effort_days: Days | None
    actual_cost: Amount | None
    currency: Currency | None


class InitiativeClosed(_InitiativeEvent):
    """It is done, or not done at all; without `by_person_id` it ended with its goal."""

    by_person_id: PersonId | None
    outcome: InitiativeEnd
    share_done: float


class InitiativeLeftAlone(_InitiativeEvent):
    """Its owner does not work here any more, and it is not done."""


class InitiativeTakenUp(_InitiativeEvent):
    """Its owner, who had left, works here again."""


class InitiativeFollowed(_InitiativeEvent):
    """Its goal has another owner, or may be read by others than before, and so may it."""


class InitiativeState(State):
    """An initiative as others may know it; only where everyone may read its goal it shows its title.

    `share_done` is from 0 to 1, effort in person-days; `owner_left` says that nobody works on it.
    """

    subject_field: ClassVar[str] = "initiative_id"
    initiative_id: InitiativeId
    goal_id: GoalId
    owner_id: PersonId
    goal_owner_id: PersonId
    visibility: Visibility
    title: str | None
    status: InitiativeStatus
    starts_on: date
    due_on: date
    share_done: float
    planned_effort_days: Days | None
    actual_effort_days: Days | None
    planned_cost: Amount | None
    actual_cost: Amount | None
    currency: Currency | None
    owner_left: bool
