"""How starting and stopping are told while they happen; who shows them is another's matter."""

from typing import Protocol


class Steps(Protocol):
    """Hears what is under way.  Every step begun is ended, or the whole start fails."""

    def began(self, step: str) -> None:
        """A step is under way."""
        ...

    def counted(self, step: str, done: int, of: int) -> None:
        """A step has done so many of all its parts."""
        ...

    def ended(self, step: str) -> None:
        """A step is done."""
        ...


class Silent:
    """Tells nobody."""

    def began(self, step: str) -> None:
        """Say nothing."""

    def counted(self, step: str, done: int, of: int) -> None:
        """Say nothing."""

    def ended(self, step: str) -> None:
        """Say nothing."""
