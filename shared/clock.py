"""The suite's clock: what a command takes for now.

Only development mode may move it, so that a quarter can be lived in a minute.  Leases,
tokens and record timestamps never ask it: they use real time.
"""

from datetime import UTC, datetime
from typing import Annotated, Protocol

from pydantic import AfterValidator, AwareDatetime


class Clock(Protocol):
    """Tells the time that commands are given as `tx.now`."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC, to the millisecond that MongoDB keeps."""
        ...


def to_millisecond(instant: datetime) -> datetime:
    """The instant as MongoDB gives it back: UTC, whole milliseconds."""
    instant = instant.astimezone(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def in_utc(instant: datetime) -> datetime:
    """The aware instant in UTC; raises `ValueError` for one that UTC has no year for."""
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("lies outside of the years 1 to 9999 in UTC") from error


Instant = Annotated[AwareDatetime, AfterValidator(in_utc)]
"""A time as a request or a record gives it: with its offset, taken over in UTC."""


class SystemClock:
    """Real time."""

    def now(self) -> datetime:
        """The present instant."""
        return to_millisecond(datetime.now(UTC))
