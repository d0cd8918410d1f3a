"""What is wrong with a file, said so that its owner can mend it.

Four severities: a `fatal` problem stops the whole file, an `error` keeps its row out, a
`warning` leaves something out of an imported row, a `note` changes nothing.
"""

from typing import Final, Literal

from shared.contracts.base import Frozen

Severity = Literal["fatal", "error", "warning", "note"]

_SHOWN: Final = 60


class Problem(Frozen):
    """One thing wrong: the physical line and the column as the file names them.

    `line` counts from 1 and includes the header; `column` is None when it is about the row or
    the file.  `reason` may quote the cell, so it is for whoever sent the file, not for logs.
    """

    line: int
    column: str | None
    severity: Severity
    reason: str
    mend: str


class Unusable(Exception):  # noqa: N818  house word: an answer about a file, not a failure
    """Nothing of the file can be imported."""

    def __init__(self, reason: str, *, mend: str, line: int = 1, column: str | None = None) -> None:
        super().__init__(reason)
        self.problem = Problem(line=line, column=column, severity="fatal", reason=reason, mend=mend)


def quoted(text: str) -> str:
    """A cell's text as a reason quotes it: in quotes, cut when it is long."""
    return f"'{text}'" if len(text) <= _SHOWN else f"'{text[:_SHOWN]}…'"
