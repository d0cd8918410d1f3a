"""Dates as files write them, and what to make of those that can be read two ways.

A reading keeps both ways until the column's other rows, or its header, have settled the order.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Literal

Order = Literal["day first", "month first"]

_TIME: Final = re.compile(
    r"[T ]\s*\d{1,2}[:.]\d{2}([:.]\d{2}(\.\d+)?)?\s*([AaPp]\.?[Mm]\.?|Z|[+-]\d{2}:?\d{2})?$"
)
_YEAR_FIRST: Final = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})")
_DAY_MONTH_NAME: Final = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[-/. ]*([a-z]{3,9})\.?,?[-/. ]*(\d{4}|\d{2})")
_MONTH_NAME_DAY: Final = re.compile(
    r"([a-z]{3,9})\.?[-/. ]*(\d{1,2})(?:st|nd|rd|th)?(?:,\s*|[-/. ]+)(\d{4}|\d{2})"
)
_SERIAL: Final = re.compile(r"(\d{5})(?:\.\d+)?")
_SERIAL_ZERO: Final = date(1899, 12, 30)
_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_HEADER_DAY_FIRST: Final = re.compile(r"\bd{1,2}[-/. ]m{1,4}", re.IGNORECASE)
_HEADER_MONTH_FIRST: Final = re.compile(r"\bm{1,4}[-/. ]d{1,2}", re.IGNORECASE)
_YEARS: Final = range(1900, 2101)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says as a date when the day, or the month, comes first; None where it is none."""

    day_first: date | None
    month_first: date | None

    @property
    def impossible(self) -> bool:
        """No calendar has it, whichever way it is read."""
        return self.day_first is None and self.month_first is None

    @property
    def evidence(self) -> Order | None:
        """The order that this date proves, when only one way of reading it makes a date."""
        if self.impossible or (self.day_first and self.month_first):
            return None
        return "day first" if self.day_first else "month first"

    def settled(self, order: Order | None) -> date | None:
        """The date, or None when it can be read two ways and nothing says which."""
        if self.day_first == self.month_first:
            return self.day_first
        if order is not None and self.day_first and self.month_first:
            return self.day_first if order == "day first" else self.month_first
        return None if self.day_first and self.month_first else self.day_first or self.month_first


@lru_cache(maxsize=65_536)
def read_date(text: str, *, this_year: int) -> Reading:
    """Read a date; two-digit years up to next year are of this century, others of the last."""
    text = _TIME.sub("", text.strip()).strip().lower()
    if found := _YEAR_FIRST.fullmatch(text):
        return _certain(found[1], found[3], found[4])
    if found := _YEAR_LAST.fullmatch(text):
        year = _century(found[4], this_year=this_year)
        day_first, month_first = _date(year, found[3], found[1]), _date(year, found[1], found[3])
        dotted = found[2] == "." and day_first is not None
        return Reading(day_first=day_first, month_first=day_first if dotted else month_first)
    if found := _DAY_MONTH_NAME.fullmatch(text):
        return _certain(_century(found[3], this_year=this_year), _month(found[2]), found[1])
    if found := _MONTH_NAME_DAY.fullmatch(text):
        return _certain(_century(found[3], this_year=this_year), _month(found[1]), found[2])
    if found := _COMPACT.fullmatch(text):
        return _certain(found[1], found[2], found[3])
    if found := _SERIAL.fullmatch(text):
        day = _SERIAL_ZERO + timedelta(days=int(found[1]))
        return Reading(day_first=day, month_first=day)
    return Reading(day_first=None, month_first=None)


def order_of(readings: Iterable[Reading], *, header: str) -> Order | None:
    """The order that a column's dates or its header prove; None without proof or with contrary ones."""
    proofs: set[Order] = {reading.evidence for reading in readings if reading.evidence is not None}
    if len(proofs) == 1:
        return proofs.pop()
    if proofs:
        return None
    if _HEADER_DAY_FIRST.search(header):
        return "day first"
    return "month first" if _HEADER_MONTH_FIRST.search(header) else None


def _certain(year: str | int, month: str | int, day: str | int) -> Reading:
    read = _date(year, month, day)
    return Reading(day_first=read, month_first=read)


def _date(year: str | int, month: str | int, day: str | int) -> date | None:
    if int(year) not in _YEARS:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _month(name: str) -> int:
    """1 to 12, or 0 for a word that is no month; `sept` and the like count."""
    return next((number for number, month in enumerate(_MONTHS, 1) if month.startswith(name)), 0)


def _century(year: str, *, this_year: int) -> int:
    number = int(year)
    if len(year) == 4:
        return number
    return 2000 + number if 2000 + number <= this_year + 1 else 1900 + number
