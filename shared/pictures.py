"""Pictures as SVG: templates filled with text that nobody vouches for, scales, and how a picture is answered.

A picture is a document that a browser opens, so it is answered with a policy that lets nothing in it
run or load.  Colours are those of Okabe and Ito (2008), told apart without red and green; no picture
says a thing by colour alone.  Knows nothing of what is drawn.
"""

import math
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
VERMILION: Final = "#D55E00"
GREY: Final = "#595959"
POLICY: Final = (
    "default-src 'none'; script-src 'none'; style-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox"
)
_JOINERS: Final = "\u200c\u200d"
_DAY_STEPS: Final = (1, 2, 7, 14)
_TINY: Final = 1e-300
"""No step is smaller: powers of ten would become zero."""
_MONTH_STEPS: Final = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400)


class SvgResponse(Response):
    """A picture, of which nothing runs."""

    media_type = "image/svg+xml"

    def __init__(self, content: str, status_code: int = 200) -> None:
        super().__init__(content, status_code, {"Content-Security-Policy": POLICY})


def studio(directory: Path) -> Environment:
    """What fills the templates of a directory: all that they are given is escaped, none may be missing."""
    return Environment(
        loader=FileSystemLoader(directory),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def caption(text: str, *, most: int) -> str:
    """A line of text for a picture: what nobody can see is marked, what is too long is cut.

    `most` counts letters; wide ones, such as those of Chinese, count twice.
    """
    line = "".join(
        letter if letter.isprintable() or letter in _JOINERS else "\N{REPLACEMENT CHARACTER}"
        for letter in " ".join(text.split())
    )
    width = 0
    for place, letter in enumerate(line):
        width += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if width > most:
            return line[: max(0, place - 1)].rstrip() + "…"
    return line


class Scale(NamedTuple):
    """Maps values from `low` to `high` to places from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The place of a value, to a tenth of a point."""
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)


def thinned(places: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """The places of a line, four at most for each point of the width: the first, lowest, highest and last.

    At its own size the line looks the same as with all of them (M4: Jugel, Jerzak, Hackenbroich and Markl,
    2014).  The places are in the order in which the line goes to the right; those that are kept stay in it.
    """
    kept: list[tuple[float, float]] = []
    for _, column in groupby(enumerate(places), key=lambda each: math.floor(each[1][0])):
        spots = [*column]
        low = min(spots, key=lambda each: each[1][1])
        high = max(spots, key=lambda each: each[1][1])
        kept += [place for _, place in sorted({spots[0], low, high, spots[-1]})]
    return kept


def apart(tops: Sequence[float], *, least: float, low: float, high: float) -> Sequence[float]:
    """Places for lines of text, each `least` below the one before, as near as can be to where they were.

    `tops` ascend; all stay from `low` to `high` if they fit there.
    """
    down: list[float] = []
    for top in tops:
        down.append(max(top, low, down[-1] + least if down else low))
    up: list[float] = []
    for top in reversed(down):
        up.append(min(top, high, up[-1] - least if up else high))
    return [round(top, 1) for top in reversed(up)]


def nice_ticks(low: float, high: float, *, most: int = 6) -> Sequence[float]:
    """Round numbers that cover the range: steps of 1, 2 or 5 times a power of ten (Heckbert, 1990)."""
    raw = (high - low) / max(1, most - 1)
    if not _TINY < raw < math.inf or raw <= 1e-12 * max(abs(low), abs(high)):
        around = max(abs(low), abs(high), 1.0) / 2
        return [low - around, low + around] if high <= low else [low, low + 2 * around]
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, last + 1)]


def day_ticks(first: date, last: date, *, most: int = 8) -> Sequence[tuple[date, str]]:
    """Days to name between two, with their names: some days apart, else first days of months."""
    days = (last - first).days
    for step in _DAY_STEPS:
        if days / step < most:
            return [
                (first + timedelta(days=passed), f"{first + timedelta(days=passed):%d %b}")
                for passed in range(0, days + 1, step)
            ]
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next((step for step in _MONTH_STEPS if months / step < most), _MONTH_STEPS[-1])
    named = [_month(first, passed) for passed in range(months + 1)]
    form = "%Y" if step >= 12 else "%b %Y"
    return [
        (day, f"{day:{form}}")
        for day in named
        if first <= day <= last and (day.year * 12 + day.month - 1) % step == 0
    ]


def instant(on: date) -> float:
    """A day's beginning, in UTC, in seconds, for a scale."""
    return datetime.combine(on, time(), UTC).timestamp()


def _month(since: date, passed: int) -> date:
    number = since.year * 12 + since.month - 1 + passed
    return date(number // 12, number % 12 + 1, 1)


__all__ = [
    "BLUE",
    "GREY",
    "ORANGE",
    "POLICY",
    "VERMILION",
    "Scale",
    "SvgResponse",
    "apart",
    "caption",
    "day_ticks",
    "instant",
    "nice_ticks",
    "studio",
    "thinned",
]
