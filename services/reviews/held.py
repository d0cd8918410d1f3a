"""What the reviews service holds of people, and what an erasure makes of it.

Of a review the person gets what they may read: the manager's assessment once it is shared.
"""

from typing import Final

from services.reviews.domain.review import SHARED
from services.reviews.store import (
    ASSESSMENTS,
    CYCLES,
    EVIDENCE_FEEDBACK,
    EVIDENCE_GOALS,
    PARTICIPANTS,
    REVIEWS,
    SHARED_EVIDENCE,
)
from shared.erasure import COPY, Held

_THEIR_REVIEWS: Final = (REVIEWS, "person_id")

HELD: Final = (
    Held("review", REVIEWS, "person_id", "deleted", "With rating and acknowledgement."),
    Held(
        "self_assessment",
        ASSESSMENTS,
        "review_id",
        "deleted",
        "With the review.",
        part_of=_THEIR_REVIEWS,
        only={"side": "self"},
    ),
    Held(
        "manager_assessment",
        ASSESSMENTS,
        "review_id",
        "deleted",
        "With the review.",
        part_of=_THEIR_REVIEWS,
        only={"side": "manager"},
        whole={"stage": {"$in": [*SHARED]}},
    ),
    Held("goal_as_evidence", EVIDENCE_GOALS, "person_id", "deleted", "Figures of goals."),
    Held("feedback_as_evidence", EVIDENCE_FEEDBACK, "person_id", "deleted", "Which feedback, without words."),
    Held(
        "feedback_given_as_evidence",
        EVIDENCE_FEEDBACK,
        "giver_id",
        "kept",
        "It belongs to who got it; an id.",
        handed_out=False,
    ),
    Held("shared_evidence", SHARED_EVIDENCE, "_id", "deleted", "With the review.", part_of=_THEIR_REVIEWS),
    Held(
        "review_of_others",
        REVIEWS,
        "reviewer_id",
        "kept",
        "It belongs to who was reviewed; who reviewed is an id that names nobody.",
        hidden=("rating", "acknowledgement"),
    ),
    Held(
        "participant", PARTICIPANTS, "_id", "kept", "An id, and that they do not work here.", handed_out=False
    ),
    Held("cycle", CYCLES, "launched_by", "kept", "It belongs to the organisation.", handed_out=False),
    COPY,
)
