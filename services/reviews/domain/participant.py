"""A person as reviews know them: whom they report to, whether they work here, which reviews they have.

A fold of the people events, and the one document on which opening a review and rerouting it meet:
both write it, so that neither can pass the other.  Names and units are the directory's.
"""

from collections.abc import Collection
from typing import ClassVar

from shared.aggregate import Aggregate
from shared.ids import PersonId, ReviewId


class Participant(Aggregate):
    """`assesses`: whether a review ever named them as its reviewer.  `review_ids` are their own."""

    id_field: ClassVar[str] = "person_id"
    person_id: PersonId
    manager_id: PersonId | None = None
    active: bool = True
    assesses: bool = False
    review_ids: tuple[ReviewId, ...] = ()

    def join(self, manager_id: PersonId | None) -> "Participant":
        """Come, or come back, below a manager."""
        return self.report_to(manager_id).model_copy(update={"active": True})

    def report_to(self, manager_id: PersonId | None) -> "Participant":
        """Have another manager; nobody is their own."""
        return self.model_copy(update={"manager_id": manager_id if manager_id != self.person_id else None})

    def leave(self) -> "Participant":
        """Work here no more."""
        return self.model_copy(update={"active": False})

    def forgotten(self) -> "Participant":
        """As one who was erased: gone, and without reviews."""
        return self.model_copy(update={"active": False, "manager_id": None, "review_ids": ()})

    def reviewed_in(self, review_id: ReviewId) -> "Participant":
        """With one more review."""
        return self.model_copy(update={"review_ids": (*self.review_ids, review_id)})

    def without(self, review_ids: Collection[ReviewId]) -> "Participant":
        """Without some reviews that are gone."""
        left = tuple(each for each in self.review_ids if each not in review_ids)
        return self.model_copy(update={"review_ids": left})

    def reviewing(self) -> "Participant":
        """As one who is somebody's reviewer."""
        return self.model_copy(update={"assesses": True})
