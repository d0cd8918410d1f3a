"""What a cell of a file of goals says: text, a word, a number or a day.  Knows no rows and no columns."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from shared.csv_files import armed, quoted
from shared.unseen import MEND, unseen_in

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_COMMA: Final = re.compile(r"[+-]?\d+,\d+")
_ITEM: Final = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,;]*))\s*(?:[,;]|\Z)')
_MUST_QUOTE: Final = re.compile(r'[,;"]')
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(\.\d{3})+")


class Unread(Exception):  # noqa: N818  house word: an answer about a cell, not a failure
    """The cell says nothing that its column can take."""

    def __init__(self, reason: str, *, mend: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.mend = mend


def text_of(cell: str) -> str:
    """The text, without blanks around it and the apostrophe that an export put in front; raises `Unread`."""
    return _seen(armed(cell.strip()))


def _seen(text: str) -> str:
    if (reason := unseen_in(text)) is not None:
        raise Unread(reason, mend=MEND)
    return text


def prose_of(cell: str) -> str:
    """The same with the blanks around it, which belong to it; raises `Unread`."""
    return _seen(armed(cell))


def word_of(cell: str) -> str:
    """One of a few words, as the API writes it: `Stay above` is stay_above."""
    return "_".join(text_of(cell).casefold().replace("-", " ").replace("_", " ").split())


def list_of(cell: str) -> tuple[str, ...]:
    """Words that commas or semicolons separate; in quotation marks one may have such.  Raises `Unread`."""
    found = (
        part if quoted_ is None else quoted_.replace('""', '"')
        for quoted_, part in ((each[1], each[2]) for each in _ITEM.finditer(text_of(cell)))
    )
    return tuple(part.strip() for part in found if part.strip())


def listed(words: Iterable[str]) -> str:
    """Words as `list_of` reads them."""
    return ", ".join(
        f'"{word.replace(chr(34), chr(34) * 2)}"' if _MUST_QUOTE.search(word) else word for word in words
    )


def day_of(cell: str) -> date:
    """A day as ISO 8601 writes it; raises `Unread`."""
    text = text_of(cell)
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise Unread(f"{quoted(text)} is in no calendar.", mend="Write a day that exists.") from error
    raise Unread(
        f"{quoted(text)} is not a day as ISO 8601 writes it.",
        mend="Write it as 2026-11-22: year, month and day with hyphens.",
    )


def number_of(cell: str, *, commas: bool) -> float:
    """A number; raises `Unread`, also for what can mean two."""
    return float(_digits(cell, commas=commas))


def amount_of(cell: str, *, commas: bool) -> Decimal:
    """An exact amount; raises `Unread`, also for what can mean two."""
    digits = _digits(cell, commas=commas)
    try:
        return Decimal(digits)
    except InvalidOperation as error:
        raise Unread(
            f"{quoted(digits)} has an exponent beyond all amounts.",
            mend="Write digits alone, such as 1250 or 99.5.",
        ) from error


def _digits(cell: str, *, commas: bool) -> str:
    """A number in digits; with `commas`, where cells are separated by semicolons, one may be decimal.

    Raises `Unread`, also for what can mean two numbers.
    """
    text = text_of(cell)
    if commas and _GROUPED.fullmatch(text):
        raise Unread(
            f"{quoted(text)} can mean two numbers.",
            mend="Write no separators of thousands, and a comma before decimals: 1234 or 1,234.",
        )
    if _COMMA.fullmatch(text):
        if not commas:
            raise Unread(
                f"{quoted(text)} has a comma where decimals begin.",
                mend="Write 1.5, or separate the columns by semicolons: then 1,5 is read.",
            )
        text = text.replace(",", ".")
    if not _NUMBER.fullmatch(text):
        raise Unread(
            f"{quoted(text)} is no number.",
            mend="Write digits alone, such as 1250 or 99.5.",
        )
    return text
