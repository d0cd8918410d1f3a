"""Text that a spreadsheet would take for a formula, and how it is kept from running (OWASP).

A spreadsheet that separates by semicolons or tabs splits a cell that holds one, so that what follows it
would run too.
"""

import re
from typing import Final

DEFUSED: Final = "'"
_MARKS: Final = "=+@\uff1d\uff0b\uff20\\-\uff0d"
"""How formulas begin; those above U+FF00 are the full-width ones."""
# Of a run of blanks only its begin can begin a match, or a long one would be read again from each of them.
_SPLIT: Final = r"((?:(?<!\s)[^\S\t\r\n]*+[\t\r\n]|[;|])\s*+\"?)"
_STARTS: Final = re.compile(rf"{DEFUSED}*[{_MARKS}\t\r\n]")
_WITHIN: Final = re.compile(rf"{_SPLIT}({DEFUSED}*[{_MARKS}])")
_WITHIN_DEFUSED: Final = re.compile(rf"{_SPLIT}{DEFUSED}({DEFUSED}*[{_MARKS}])")


def defused(text: str) -> str:
    """The text, with an apostrophe in front of what a spreadsheet would run.

    What begins with such apostrophes already gets one more, so that `armed` gives every text back.
    """
    text = _WITHIN.sub(rf"\1{DEFUSED}\2", text)
    return DEFUSED + text if _STARTS.match(text) else text


def armed(text: str) -> str:
    """The text without the apostrophes that `defused` put there, and so as it was before."""
    text = text[1:] if text.startswith(DEFUSED) and _STARTS.match(text) else text
    return _WITHIN_DEFUSED.sub(r"\1\2", text)
