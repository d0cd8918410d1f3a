"""What one side writes in a review: a draft that only its writer's side knows, then submitted.

It is kept apart from the review, so that whatever shows a review, its version included, tells
nothing of what is being written.  Who may write or read it is asked elsewhere.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from services.reviews.domain.cycle import Cycle
from shared.aggregate import Aggregate
from shared.contracts.base import Frozen
from shared.errors import Invalid, Refusal
from shared.ids import PersonId, ReviewId, derive

Side = Literal["self", "manager"]
TEXT_MAX = 10_000


class AssessmentSubmitted(Refusal):
    """A submitted assessment is not written on."""


class AssessmentIncomplete(Refusal):
    """An assessment says something and, if it is the manager's, rates."""

    status = 422


class Written(Frozen):
    """Texts by section, and a rating on the cycle's scale."""

    texts: Mapping[str, str] = Field(default_factory=dict[str, str], max_length=20)
    rating: int | None = None


class Assessment(Aggregate):
    """One side's part of a review; `by_person_id` wrote on it last."""

    id_field: ClassVar[str] = "assessment_id"
    assessment_id: str
    review_id: ReviewId
    side: Side
    texts: Mapping[str, str] = Field(default_factory=dict[str, str])
    rating: int | None = None
    by_person_id: PersonId | None = None
    written_at: datetime | None = None
    submitted_at: datetime | None = None

    @classmethod
    def blank(cls, review_id: ReviewId, side: Side) -> "Assessment":
        """What there is before anything was written."""
        return cls(assessment_id=assessment_id_of(review_id, side), review_id=review_id, side=side)

    def write(self, written: Written, *, cycle: Cycle, by: PersonId, at: datetime) -> "Assessment":
        """Replace the draft."""
        if self.submitted_at is not None:
            raise AssessmentSubmitted("The assessment is submitted and cannot be written on.")
        unknown = sorted(set(written.texts) - {section.section_id for section in cycle.sections})
        if unknown:
            raise Invalid("The cycle has no such sections; see its list of sections.", sections=unknown)
        if any(len(text) > TEXT_MAX for text in written.texts.values()):
            raise Invalid(f"Write at most {TEXT_MAX} characters in a section.", limit=TEXT_MAX)
        if written.rating is not None and not 1 <= written.rating <= cycle.scale_max:
            raise Invalid(f"Ratings go from 1 to {cycle.scale_max} in this cycle.", scale_max=cycle.scale_max)
        said = {"texts": dict(written.texts), "rating": written.rating, "by_person_id": by, "written_at": at}
        return self.model_copy(update=said)

    def submit(self, *, by: PersonId, at: datetime) -> "Assessment":
        """Hand it in; from here on it stays as it is."""
        if self.submitted_at is not None:
            raise AssessmentSubmitted("The assessment is submitted already.")
        missing: list[str] = []
        if not any(text.strip() for text in self.texts.values()):
            missing.append("texts")
        if self.side == "manager" and self.rating is None:
            missing.append("rating")
        if missing:
            raise AssessmentIncomplete(
                f"Before it is submitted the assessment needs: {', '.join(missing)}.", missing=missing
            )
        return self.model_copy(update={"by_person_id": by, "submitted_at": at})

    def reopen(self) -> "Assessment":
        """A draft again."""
        return self.model_copy(update={"submitted_at": None})


def assessment_id_of(review_id: ReviewId, side: Side) -> str:
    """The one assessment of that side."""
    return derive("assessment", review_id, side)
