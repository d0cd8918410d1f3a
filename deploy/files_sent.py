"""Files that commands send to a service: how they are read, and what a service says is wrong with them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from deploy.asking import AskingFailedError
from deploy.console import err, out, plain

SHOWN: Final = 200
"""Problems of a file; --json prints all of them."""
COLOURS: Final = {"fatal": "bold red", "error": "red", "warning": "yellow", "note": "dim"}


def content_of(file: Path) -> bytes:
    """What a CSV file holds; raises `AskingFailedError`."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise AskingFailedError(f"{file} cannot be read: {error.strerror}", mend="Name a CSV file") from error


def show_problems(problems: Sequence[Mapping[str, Any]]) -> None:
    """Print each line and column that is wrong, why, and how to mend it."""
    if not problems:
        return
    table = Table("Line", "Column", "", "What is wrong", "How to mend it")
    for each in problems[:SHOWN]:
        cells = (each["line"], each["column"] or "", each["severity"], each["reason"], each["mend"])
        table.add_row(*map(plain, cells), style=COLOURS.get(str(each["severity"])))
    out.print(table)
    more = len(problems) - SHOWN
    if more > 0:
        err.print(f"and {more} more; --json prints all of them", highlight=False)
