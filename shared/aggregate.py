"""What the domain of every service is made of: values with an identity."""

from typing import ClassVar

from shared.contracts.base import Frozen


class Aggregate(Frozen):
    """A thing with an identity, changed as a whole; `version` is 0 until it is first saved."""

    id_field: ClassVar[str] = ""
    version: int = 0

    @property
    def id(self) -> str:
        """Its own id."""
        return str(getattr(self, self.id_field))
