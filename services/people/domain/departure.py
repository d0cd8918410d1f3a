"""When somebody has left, and how many people one departure may move."""

from datetime import date, datetime, timedelta
from typing import Final

from shared.errors import Invalid, Refusal

FURTHEST_EAST: Final = timedelta(hours=14)
"""Where the day begins first, it begins so long before it does at UTC."""


class LeavesLater(Invalid):
    """A departure is recorded when it has come, not before."""


class TooManyReports(Refusal):
    """More people report to the leaver than can be moved at once."""


def require_departed(left_on: date, *, now: datetime) -> None:
    """Refuse a last day that has not begun anywhere."""
    if left_on > (now + FURTHEST_EAST).date():
        raise LeavesLater("The leaving date lies ahead; record the departure on that day.", left_on=left_on)


def require_few(reports: int, *, most: int) -> None:
    """Refuse to move more people than fit in one change."""
    if reports > most:
        raise TooManyReports(
            f"More than {most} people report to this person; let them stay, and name their new managers"
            " with an import.",
            limit=most,
        )
