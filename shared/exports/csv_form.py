"""CSV as RFC 4180 has it, in UTF-8, safe to open in a spreadsheet.

A text that a spreadsheet would take for a formula gets an apostrophe in front (see csv_files/formulas.py);
numbers, days and times are no texts and stay as they are.
"""

import csv
import io
from collections.abc import Sequence

from shared.csv_files import cell
from shared.exports.columns import Column, Row


class CsvWriter:
    """Rows to bytes; the first piece begins with the names of the columns."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._head = [[each.name for each in columns]]

    async def add(self, rows: Sequence[Row]) -> bytes:
        """The rows, ready to send."""
        piece = io.StringIO()
        writer = csv.writer(piece, lineterminator="\r\n")
        writer.writerows(self._head)
        self._head = []
        writer.writerows([cell(value) for value in row] for row in rows)
        return piece.getvalue().encode("utf-8", "replace")

    async def end(self) -> bytes:
        """What is left to send: the head of a table without rows."""
        return await self.add(()) if self._head else b""

    def close(self) -> None:
        """Nothing is open."""
