"""One import of a file of people: what the file held, how far it is and what came of it.

Knows no rows: they are kept until they are imported and then forgotten.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import ClassVar, Literal, Self

from shared.aggregate import Aggregate
from shared.contracts.base import Frozen
from shared.csv_files import Problem, Severity
from shared.errors import Invalid, Malformed, Refusal
from shared.ids import PersonId

ImportState = Literal["planned", "importing", "done"]
Outcome = Literal["joined", "changed", "unchanged", "refused"]


class UnusableFile(Invalid):
    """Nothing of the file can be imported; `problems` tells why and how to mend it."""


class MappingMalformed(Malformed):
    """A `map` that is not written as field=column."""


class UnitsChanged(Refusal):
    """Org units were changed again and again while the file was read."""


class Tally(Frozen):
    """How many rows came to what; `failed` ones met an error of the service's own."""

    joined: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    failed: int = 0

    @property
    def rows(self) -> int:
        """How many rows are done with."""
        return self.joined + self.changed + self.unchanged + self.refused + self.failed

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Self:
        """The tally of some rows."""
        return cls(**Counter(outcomes))


class Import(Aggregate):
    """One import.  `planned` is a dry run: what would happen was counted and nothing else.

    `rows` counts what the file has below its header, `accepted` those that are or will be
    imported; `problems` counts what was wrong with the file, by severity.
    """

    id_field: ClassVar[str] = "import_id"
    import_id: str
    state: ImportState
    by: PersonId | None
    started_at: datetime
    on: date
    rows: int
    accepted: int
    chunks: int
    problems: Mapping[Severity, int]
    tally: Tally = Tally()
    expires_at: datetime

    def finish(self, tally: Tally) -> Self:
        """Every accepted row is done with."""
        return self.model_copy(update={"state": "done", "tally": tally})


def severities(problems: Iterable[Problem]) -> Mapping[Severity, int]:
    """How many problems of each severity."""
    return dict(Counter(problem.severity for problem in problems))
