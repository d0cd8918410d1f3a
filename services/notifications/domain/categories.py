"""What notifications are sorted by: what a person can switch on and off, and what not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Category = Literal["goals", "feedback", "recognition", "reviews", "team"]
PersonalChannel = Literal["inbox", "email"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a category stands before anybody chooses; one that is `critical` always reaches the inbox."""

    email: bool = True
    inbox: bool = True
    critical: bool = False


CATEGORIES: Final[Mapping[Category, Standing]] = {
    "goals": Standing(),
    "feedback": Standing(),
    "recognition": Standing(),
    "reviews": Standing(critical=True),
    "team": Standing(email=False),
}
