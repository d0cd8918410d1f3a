"""How much one caller may ask for: so many requests a second, and a stock of them after a pause.

A token bucket for each caller (RFC 2697's committed rate and burst size), in the memory of one process: of
several processes each has its own, so that their rates add up.  What a script does by mistake it is told,
before it takes the service from others; no limit is fair to whoever asks for less than that.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from shared.errors import Refusal

MOST_CALLERS: Final = 10_000
"""Callers that are remembered; who asked longest ago is forgotten first, and has a full stock again."""


class TooManyRequests(Refusal):
    """The caller asks more often than is granted."""

    status: ClassVar[int] = 429

    @property
    def headers(self) -> Mapping[str, str]:
        """When to ask again."""
        return {"Retry-After": str(self.facts["retry_after_seconds"])}


class Rates:
    """The stocks of all callers; `rate` requests a second, `burst` at once, no limit at a rate of 0."""

    def __init__(self, *, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._stocks: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, subject: str) -> None:
        """Count one request; raises `TooManyRequests`, which costs nothing."""
        if not self._rate:
            return
        now = self._clock()
        left, at = self._stocks.get(subject, (float(self._burst), now))
        left = min(self._burst, left + (now - at) * self._rate)
        if left < 1:
            seconds = math.ceil((1 - left) / self._rate)
            raise TooManyRequests(
                f"You ask more than {self._rate:g} times a second. Wait {seconds} s; ask for more at once.",
                retry_after_seconds=seconds,
                rate_per_second=self._rate,
                burst=self._burst,
            )
        self._stocks[subject] = (left - 1, now)
        self._stocks.move_to_end(subject)
        if len(self._stocks) > MOST_CALLERS:
            self._stocks.popitem(last=False)


__all__ = ["Rates", "TooManyRequests"]
