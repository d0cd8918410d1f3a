"""A notification in words, and how foreign text is made fit to stand among them."""

import unicodedata
from typing import Final, NamedTuple

LONGEST: Final = 160
"""Characters of a name or title that are shown."""


class Told(NamedTuple):
    """Plain text, one line each; whoever makes HTML of it escapes it."""

    headline: str
    detail: str


def clean(text: str) -> str:
    """One line without control and direction characters, cut where it is too long for a heading.

    So that a title cannot start a new header, hide itself or turn around the text beside it.
    """
    visible = "".join(" " if _breaks(char) else char for char in text if not _hides(char))
    line = " ".join(visible.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"


def sentence(text: str) -> str:
    """One line that starts with a capital letter."""
    line = " ".join(text.split())
    return line[:1].upper() + line[1:]


def _breaks(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Zl", "Zp"}


def _hides(char: str) -> bool:
    """Marks of direction and other formats, lone surrogates, private characters; emoji keep their joiner."""
    return unicodedata.category(char) in {"Cf", "Cs", "Co"} and char != "\u200d"
