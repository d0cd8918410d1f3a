"""The time of a request: the suite's clock, or in development what the request says."""

from datetime import datetime
from typing import Final

from fastapi import Request

from shared.clock import to_millisecond
from shared.errors import Malformed

TIME_TRAVEL: Final = "Cairn-Time"


def said_time(request: Request) -> datetime | None:
    """What the request says what time it is, so that a quarter passes in a minute; in development only."""
    time = request.headers.get(TIME_TRAVEL)
    if time is None:
        return None
    if not request.app.state.settings.development:
        raise Malformed(f"{TIME_TRAVEL} is for development only; leave the header out.")
    try:
        instant = datetime.fromisoformat(time)
    except ValueError as error:
        raise Malformed(f"{TIME_TRAVEL}: {time!r} is not an RFC 3339 time.") from error
    if instant.tzinfo is None:
        raise Malformed(f"{TIME_TRAVEL}: {time!r} has no time zone.")
    try:
        return to_millisecond(instant)
    except OverflowError as error:
        raise Malformed(f"{TIME_TRAVEL}: {time!r} is outside of the years 1 to 9999 in UTC.") from error
