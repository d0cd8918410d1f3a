"""The suite's clock: what a command takes for now.

Only development mode may move it, so that a quarter can be lived in a minute.  Leases,
tokens and record timestamps never ask it: they use real time.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Protocol

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


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


def spelt_out(value: Any) -> Any:
    """The same; raises `ValueError` for a number, which would be taken for seconds since 1970."""
    if isinstance(value, (int, float)) or (isinstance(value, str) and not _DAY.match(value)):
        raise ValueError("write a time such as 2026-11-22T09:00:00Z")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(spelt_out), AfterValidator(in_utc)]
"""A time as a request or a record gives it: with its offset, taken over in UTC."""


class SystemClock:
    """Real time."""

    def now(self) -> datetime:
        """The present instant."""
        return to_millisecond(datetime.now(UTC))
