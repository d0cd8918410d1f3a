"""Text that a spreadsheet would take for a formula, and how it is kept from running (OWASP)."""

from typing import Final

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How formulas begin; the last four are the full-width ones."""
DEFUSED: Final = "'"


def defused(text: str) -> str:
    """The text, with an apostrophe in front of what a spreadsheet would run."""
    return DEFUSED + text if text.startswith(FORMULA) else text


def armed(text: str) -> str:
    """The text without the apostrophe that `defused` put there."""
    return text[1:] if text.startswith(tuple(DEFUSED + mark for mark in FORMULA)) else text
