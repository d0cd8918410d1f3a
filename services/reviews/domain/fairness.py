"""What a reviewer is told before sharing, so that no rating rests on nothing.

A low rating without documented feedback in the period is what appeals are won with: it is
flagged to the reviewer, never to the person, and stops nothing.  Check-ins are no feedback: most are
the person's own.
"""

from typing import Literal

from services.reviews.domain.evidence import Evidence

Flag = Literal["low_rating_without_evidence"]
LOW_SHARE = 0.25
"""Ratings in the lowest quarter of the way from 1 to the scale's end are low: up to 2 of 5."""


def is_low(rating: int, *, scale_max: int) -> bool:
    """Whether the rating says that somebody did badly."""
    return (rating - 1) / (scale_max - 1) <= LOW_SHARE


def flags_of(rating: int | None, *, scale_max: int, evidence: Evidence) -> tuple[Flag, ...]:
    """What stands against sharing this rating with this evidence, as the reviewer sees it."""
    if rating is None or not is_low(rating, scale_max=scale_max):
        return ()
    return () if evidence.feedback else ("low_rating_without_evidence",)
