"""A goal set for many: one wording, and the people each of whom gets a goal of their own with it."""

from datetime import datetime
from typing import ClassVar

from services.goals.domain.goal import Goal
from services.goals.domain.wording import Wording
from shared.aggregate import Aggregate
from shared.contracts import goals as contract
from shared.contracts.goals import Visibility
from shared.errors import Invalid
from shared.ids import AssignmentId, GoalId, PersonId, TemplateId, derive
from shared.population import NamedPopulation


class Assignment(Aggregate):
    """What was set for whom, and by whom; it does not change.

    A wording from a template has placeholders that are filled for each of them.  `visibility` is the
    wording's: who may not read the goals may not read it here.
    """

    id_field: ClassVar[str] = "assignment_id"
    assignment_id: AssignmentId
    wording: Wording
    visibility: Visibility
    template_id: TemplateId | None = None
    population: NamedPopulation
    by_person_id: PersonId
    assigned_at: datetime

    @property
    def job_id(self) -> str:
        """The id of the fan-out that proposes its goals."""
        return derive("assigning", self.assignment_id)

    def goal_id_for(self, owner_id: PersonId) -> GoalId:
        """The id of a person's goal of this assignment."""
        return GoalId(derive("goal", self.assignment_id, owner_id))

    def goal_for(
        self, owner_id: PersonId, *, wording: Wording | None = None, asked_id: PersonId | None = None
    ) -> "tuple[Goal, tuple[contract.GoalDrafted, contract.GoalProposed]]":
        """A person's own goal, which they are asked to agree to; with `wording` if it says their own words.

        Who sets it for themselves, too, is agreed with by `asked_id`.

        Raises:
            Refusal: the wording is unsound or not SMART, which is so for everybody alike.
        """
        if self.wording.level != "person":
            raise Invalid(
                "What many are given are goals of persons; write a team's or the organisation's down as one"
                " goal, and let these serve it by parent_id.",
                level=self.wording.level,
            )
        goal, drafted = Goal.draft(
            wording or self.wording,
            goal_id=self.goal_id_for(owner_id),
            owner_id=owner_id,
            template_id=self.template_id,
        )
        goal = goal.model_copy(update={"assignment_id": self.assignment_id})
        goal, proposed = goal.propose(by=self.by_person_id, to=asked_id or owner_id)
        return goal, (drafted, proposed)
