"""Files that commands send to a service: how they are read, and what a service says is wrong with them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.padding import Padding
from rich.table import Table

from deploy.asking import AskingFailedError
from deploy.console import err, out, plain

SHOWN: Final = 200
"""Problems of a file; --json prints all of them."""
WIDE: Final = 100
"""From so many columns on problems are a table, in fewer lines."""
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
    if out.width < WIDE:
        _told_in_lines(problems[:SHOWN])
    else:
        _told_in_table(problems[:SHOWN])
    more = len(problems) - SHOWN
    if more > 0:
        err.print(f"and {more} more; --json prints all of them", highlight=False)


def _told_in_table(problems: Sequence[Mapping[str, Any]]) -> None:
    table = Table("Line", "Column", "", "What is wrong", "How to mend it")
    for each in problems:
        cells = (each["line"], each["column"] or "", each["severity"], each["reason"], each["mend"])
        table.add_row(*map(plain, cells), style=COLOURS.get(str(each["severity"])))
    out.print(table)


def _told_in_lines(problems: Sequence[Mapping[str, Any]]) -> None:
    for each in problems:
        where = (f"line {each['line']}", each["column"])
        out.print(
            plain(", ".join(filter(None, where))),
            style=COLOURS.get(str(each["severity"]), ""),
            highlight=False,
        )
        told = plain(f"{each['severity']}: {each['reason']} {each['mend']}")
        out.print(Padding(told, (0, 0, 0, 4), expand=False), highlight=False)
