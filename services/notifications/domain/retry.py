"""How long to wait before something is sent again, and when to give up."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Patience:
    """Pauses that double from `first` up to `most`, for so many `attempts` in all."""

    first: timedelta
    most: timedelta
    attempts: int

    def pause(self, attempt: int, *, spread: float) -> timedelta:
        """The pause after the attempt of that number, counted from 1.

        `spread`, a random share from 0 to 1, moves it between 3/4 and 5/4, so that what failed
        together does not come back together.
        """
        plain = min(self.most, self.first * 2 ** min(attempt - 1, 30))
        return plain * (0.75 + spread / 2)

    def is_over(self, attempt: int) -> bool:
        """Whether the attempt of that number was the last."""
        return attempt >= self.attempts
