"""What feedback knows of a goal: whose it is and who may know of it.

A goal that its owner shares, with their line or with everyone, may be named in feedback by whoever
was told its id.  A private one is known to its owner and the owner's manager alone, so only they
name it, only to each other, and only where nobody else reads it.
"""

from typing import ClassVar

from shared.aggregate import Aggregate
from shared.contracts.feedback import Visibility
from shared.contracts.goals import Visibility as GoalVisibility
from shared.errors import NotFound, Refusal
from shared.ids import GoalId, PersonId


class PrivateGoalShown(Refusal):
    """Naming a private goal would tell somebody of it who may not know it."""

    status = 422


class KnownGoal(Aggregate):
    """A goal as far as feedback needs it."""

    id_field: ClassVar[str] = "goal_id"
    goal_id: GoalId
    owner_id: PersonId
    visibility: GoalVisibility

    def require_nameable(
        self,
        *,
        owners_manager_id: PersonId | None,
        by: PersonId,
        to: PersonId,
        visibility: Visibility = "receiver",
    ) -> None:
        """Refuse to name a goal to those who may not know of it; to strangers it does not exist."""
        if self.visibility != "private":
            return
        knowing = {self.owner_id, owners_manager_id}
        if by not in knowing:
            raise no_such_goal()
        manager_reads_it = visibility == "receiver_and_manager" and to != self.owner_id
        if to not in knowing or visibility == "public" or manager_reads_it:
            raise PrivateGoalShown(
                "The goal is private: name it only between its owner and their manager, or leave it out."
            )


def no_such_goal() -> NotFound:
    """The answer to naming a goal that is not there or hidden."""
    return NotFound("There is no goal with this id that you may name.")
