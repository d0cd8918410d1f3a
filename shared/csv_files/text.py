"""From bytes to records: encoding, delimiter, quoting, physical line numbers.

Knows CSV as it is met (byte order marks, cp1252, NULs, unclosed quotes), and nothing of what it is about.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from shared.csv_files.problems import Problem, Unusable

DELIMITERS: Final = (",", ";", "\t", "|")

_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_NOT_TEXT: Final = (
    (b"PK\x03\x04", "an Excel or zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip file"),
)
_DELIMITER_LINE: Final = re.compile(r"sep=(.)", re.IGNORECASE)
_END: Final = "\x00end of file"
_SAVE_AS_CSV: Final = "Save it as CSV (UTF-8) and import that."


class Layout(NamedTuple):
    """The index of the header's line, and what stands between cells."""

    first: int
    delimiter: str


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the physical lines it starts and ends on, from 1, and its cells as written."""

    line: int
    last_line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Broken:
    """A physical line of which no sense can be made, and why; reading goes on below it."""

    line: int
    reason: str
    mend: str

    @classmethod
    def at(cls, lines: Sequence[str], index: int) -> Self:
        """What is wrong where the record that begins at a line's index cannot be read."""
        if len(lines[index]) > csv.field_size_limit():
            return cls(
                index + 1,
                f"A cell on this line has more than {csv.field_size_limit():,} characters.",
                "Shorten it; look for rows that have lost their line breaks.",
            )
        return cls(
            index + 1,
            "A quotation mark on this line is not closed where its row ends.",
            "Close it, or write it twice if it belongs to the text.",
        )


def decode(content: bytes | str, *, problems: list[Problem]) -> str:
    """The text of a file: by its byte order mark, else UTF-8, else cp1252 with a warning."""
    text = content if isinstance(content, str) else _decode_bytes(content, problems=problems)
    text = text.removeprefix("\ufeff")
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        problems.append(
            Problem(
                line=line,
                column=None,
                severity="warning",
                reason="The file holds NUL characters, here for the first time; they were left out.",
                mend="Export the file again; NULs are a sign of a damaged copy.",
            )
        )
        text = text.replace("\x00", "")
    if not text.strip():
        raise Unusable("The file is empty.", mend="Export it again; it needs a header and rows.")
    return text


def _decode_bytes(content: bytes, *, problems: list[Problem]) -> str:
    for start, what in _NOT_TEXT:
        if content.startswith(start):
            raise Unusable(f"The file is {what}, not CSV.", mend=_SAVE_AS_CSV)
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), _unmarked(content))
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise Unusable(f"The file says that it is {encoding} and is not.", mend=_SAVE_AS_CSV) from error
        problems.append(
            Problem(
                line=content.count(b"\n", 0, error.start) + 1,
                column=None,
                severity="warning",
                reason="The file is not UTF-8, here for the first time; it was read as Windows-1252.",
                mend="Look at names with accents; if they are wrong, save the file as CSV UTF-8.",
            )
        )
        return content.decode("cp1252", errors="replace")


def _unmarked(content: bytes) -> str:
    head = content[:400]
    if len(head) >= 4 and head.count(0) * 3 > len(head):
        return "utf-16-be" if head[0] == 0 else "utf-16-le"
    return "utf-8"


def physical_lines(text: str) -> list[str]:
    """Lines with their ends, as an editor counts them: split at LF, CRLF and CR only."""
    lines = list(io.StringIO(text, newline=""))
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += "\n"
    return lines


def layout_of(lines: Sequence[str], *, worth: Callable[[str], int]) -> Layout:
    """Where the header is and what its delimiter is: as a first line `sep=;` says, else as found.

    Raises Unusable when there is no header.
    """
    first = next(index for index, line in enumerate(lines) if line.strip())
    if said := _DELIMITER_LINE.fullmatch(lines[first].strip("\r\n")):
        if first + 1 == len(lines):
            raise Unusable("The file has no header.", mend="Export it again, with a header and rows.")
        return Layout(first + 1, said[1])
    return Layout(first, find_delimiter(lines, first=first, worth=worth))


def find_delimiter(lines: Sequence[str], *, first: int, worth: Callable[[str], int]) -> str:
    """The delimiter whose header row is worth most; `worth` counts for a single header cell."""

    def score(delimiter: str) -> tuple[int, int]:
        header = next(read_records(lines[: first + 50], delimiter=delimiter, first=first), None)
        cells = header.cells if isinstance(header, Record) else []
        return sum(worth(cell) for cell in cells), len(cells)

    return max(DELIMITERS, key=score)


def read_records(
    lines: Sequence[str], *, delimiter: str, first: int, width: int | None = None
) -> Iterator[Record | Broken]:
    """The records from line index `first` on.

    A record that runs over several lines and then has not `width` cells, or that never ends, is
    taken for a quotation mark that was not closed: its first line is broken, and reading goes on
    with the next, so that one stray mark costs one row.  Linear in the text: what is read again
    is bounded by the csv module's limit on a cell.
    """
    start = first
    while start < len(lines):
        for record in _run(lines, start=start, delimiter=delimiter):
            if record is None or _runaway(record, width=width):
                yield Broken.at(lines, start)
                start += 1
                break
            yield record
            start = record.last_line


def _run(lines: Sequence[str], *, start: int, delimiter: str) -> Iterator[Record | None]:
    """Each record from a line on; None in place of one that cannot be read, and no more after it."""
    reader = csv.reader(_from(lines, start), delimiter=delimiter)
    line = start + 1
    try:
        for cells in reader:
            if cells == [_END]:
                return
            if cells and cells[-1].endswith(_END):
                break
            yield Record(line=line, last_line=start + reader.line_num, cells=cells)
            line = start + reader.line_num + 1
    except csv.Error:
        pass
    yield None


def _from(lines: Sequence[str], start: int) -> Iterator[str]:
    for index in range(start, len(lines)):
        yield lines[index]
    yield _END


def _runaway(record: Record, *, width: int | None) -> bool:
    if width is None or record.last_line == record.line:
        return False
    return len(record.cells) < width or any(cell.strip() for cell in record.cells[width:])
