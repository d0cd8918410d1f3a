"""Text that a spreadsheet would take for a formula, and how it is kept from running (OWASP).

A spreadsheet that separates by semicolons or tabs splits a cell that holds one, so that what follows it
would run too.
"""

import re
from typing import Final

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How formulas begin; the last four are the full-width ones."""
DEFUSED: Final = "'"
_MARKS: Final = "=+@\uff1d\uff0b\uff20\\-\uff0d"
_WITHIN: Final = re.compile(rf"((?:(?!\A)[\t\r\n]|[;|])\s*\"?)([{_MARKS}])")
_WITHIN_DEFUSED: Final = re.compile(rf"((?:(?!\A)[\t\r\n]|[;|])\s*\"?){DEFUSED}([{_MARKS}])")


def defused(text: str) -> str:
    """The text, with an apostrophe in front of what a spreadsheet would run."""
    text = _WITHIN.sub(rf"\1{DEFUSED}\2", text)
    return DEFUSED + text if text.startswith(FORMULA) else text


def armed(text: str) -> str:
    """The text without the apostrophes that `defused` put there."""
    text = text[1:] if text.startswith(tuple(DEFUSED + mark for mark in FORMULA)) else text
    return _WITHIN_DEFUSED.sub(r"\1\2", text)
