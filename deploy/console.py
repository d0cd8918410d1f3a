"""What a person at a terminal sees: progress and errors go to standard error, results to standard output."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 160
"""Columns where nobody watches: what reads a pipe or a file wants rows whole."""
out = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
err = Console(stderr=True, width=None if sys.stderr.isatty() else PIPED_WIDTH)


class ShownSteps:
    """Steps as lines with a spinner or a bar; where nobody watches, one plain line when each ends."""

    def __init__(self, console: Console = err) -> None:
        self._console = console
        self._tasks: dict[str, TaskID] = {}
        self._began: dict[str, float] = {}
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def began(self, step: str) -> None:
        """Show a step with a spinner."""
        self._began[step] = time.monotonic()
        self._tasks[step] = self._progress.add_task(step, total=None)

    def counted(self, step: str, done: int, of: int) -> None:
        """Show a step with a bar."""
        if step not in self._tasks:
            self.began(step)
        self._progress.update(self._tasks[step], completed=done, total=of)
        if done >= of:
            self.ended(step)

    def ended(self, step: str) -> None:
        """Show a step as done."""
        if step not in self._began:
            return
        seconds = time.monotonic() - self._began.pop(step)
        self._progress.update(self._tasks[step], total=1, completed=1)
        if not self._console.is_terminal:
            self._console.print(f"{step}: {seconds:.1f} s", highlight=False)


def plain(text: object) -> Text:
    """What files, headers and people say is shown, and never obeyed by the terminal or read as markup."""
    letters = (letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(text))
    return Text("".join(letters))


def show_rows(columns: Sequence[str], rows: Sequence[Mapping[str, str]], *, as_json: bool) -> None:
    """Show a table with whole cells, or `nothing`; or the rows as JSON."""
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table(show_lines=True)
    for name in columns:
        table.add_column(name.capitalize(), overflow="fold")
    for row in rows:
        table.add_row(*(escape(row[name]) for name in columns))
    out.print(table if rows else "nothing")
