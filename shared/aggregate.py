"""What the domain of every service is made of: values with an identity."""

import re
from typing import ClassVar

from shared.contracts.base import Frozen


class Aggregate(Frozen):
    """A thing with an identity, changed as a whole; `version` is 0 until it is first saved."""

    id_field: ClassVar[str] = ""
    version: int = 0

    @classmethod
    def noun(cls) -> str:
        """What it is called in an answer: a `FeedbackRequest` is a feedback request."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", cls.__name__).lower()

    @property
    def id(self) -> str:
        """Its own id."""
        return str(getattr(self, self.id_field))
